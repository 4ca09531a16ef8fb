"""`invoke reset` puts everything back, and nothing of the learner's is lost."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Checkout, copy_repository
from workshop import exercises, places
from workshop.learning import resetting

CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.chmod")
"""What Python tells its audit hooks of changes of the disk, besides opening files for writing."""


@pytest.fixture
def copy(tmp_path: Path) -> Checkout:
    """Give a copy of the repository; no engine is needed to reset files."""
    copy_repository(tmp_path / "a copy")
    return Checkout(tmp_path / "a copy")


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_changed_exercise_goes_back_and_the_work_is_kept(copy: Checkout) -> None:
    folder = copy.root / "exercises" / "exercise-1"
    given = _contents(folder)
    (folder / "Dockerfile").write_bytes(b"FROM busybox\r\n")
    (folder / "index.html").unlink()
    (folder / "my notes").mkdir()
    (folder / "my notes" / "ideas.txt").write_text("a blue page")
    mine = _contents(folder)
    done = copy.invoke("reset", "exercise-1")
    assert done.returncode == 0, done.stderr
    assert _contents(folder) == given
    backup = next((copy.root / ".workshop" / "backups").iterdir())
    assert _contents(backup) == mine
    assert backup.name in done.stdout


def test_undo_brings_back_how_far_the_learner_was_too(copy: Checkout) -> None:
    (copy.root / "exercises" / "exercise-1" / "Dockerfile").write_text("FROM busybox\n")
    kept = {"version": 2, "exercises": {"exercise-1": {"attempts": 4, "opened": True, "seen": ["a"], "passed": "b"}}}
    (copy.root / ".workshop").mkdir()
    (copy.root / ".workshop" / "progress.json").write_text(json.dumps(kept))
    before = _listed(copy)
    assert "passed, changed since" in before
    copy.invoke("reset", "exercise-1")
    assert "not begun" in _listed(copy)
    copy.invoke("reset", "exercise-1", "--undo")
    assert _listed(copy) == before


def _listed(copy: Checkout) -> str:
    return next(line for line in copy.invoke("exercises").stdout.splitlines() if line.startswith("exercise-1 "))


def test_an_untouched_exercise_needs_no_backup(copy: Checkout) -> None:
    assert "was at its start" in copy.invoke("reset", "exercise-1").stdout
    assert not (copy.root / ".workshop" / "backups").exists()


def test_two_resets_keep_two_backups(copy: Checkout) -> None:
    dockerfile = copy.root / "exercises" / "exercise-1" / "Dockerfile"
    for text in ("FROM busybox\n", "FROM scratch\n"):
        dockerfile.write_text(text)
        copy.invoke("reset", "exercise-1")
    kept = {(one / "Dockerfile").read_text() for one in (copy.root / ".workshop" / "backups").iterdir()}
    assert kept == {"FROM busybox\n", "FROM scratch\n"}


def test_a_deleted_folder_comes_back(copy: Checkout) -> None:
    folder = copy.root / "exercises" / "exercise-1"
    given = _contents(folder)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert copy.invoke("reset", "exercise-1").returncode == 0
    assert _contents(folder) == given


def test_the_lesson_goes_back_and_its_text_stays(copy: Checkout) -> None:
    lesson = copy.root / "docker-101"
    (lesson / "README.md").write_text("my notes in the text")
    (lesson / "Dockerfile").write_text("FROM busybox\n")
    assert copy.invoke("reset", "docker-101").returncode == 0
    assert (lesson / "Dockerfile").read_text() == "FROM nginx:mainline-alpine\n"
    assert (lesson / "README.md").read_text() == "my notes in the text"


def test_all_resets_all(copy: Checkout) -> None:
    (copy.root / "docker-101" / "Dockerfile").write_text("FROM busybox\n")
    (copy.root / "exercises" / "exercise-1" / "Dockerfile").write_text("FROM busybox\n")
    done = copy.invoke("reset", "all")
    assert done.returncode == 0
    assert len(list((copy.root / ".workshop" / "backups").glob("2*"))) == 2


def test_a_link_is_put_back_without_touching_what_it_points_to(copy: Checkout, tmp_path: Path) -> None:
    outside = tmp_path / "precious.txt"
    outside.write_text("keep me")
    page = copy.root / "exercises" / "exercise-1" / "index.html"
    page.unlink()
    page.symlink_to(outside)
    assert copy.invoke("reset", "exercise-1").returncode == 0
    assert outside.read_text() == "keep me"
    assert not page.is_symlink()


def test_an_unknown_exercise_changes_nothing(copy: Checkout) -> None:
    before = _contents(copy.root / "exercises")
    done = copy.invoke("reset", "exercise-77")
    assert done.returncode == 2
    assert _contents(copy.root / "exercises") == before


def test_what_reset_takes_is_named_where_it_gets_something_else(copy: Checkout) -> None:
    for word in ("docker101", "lesson"):
        said = copy.invoke("reset", word).stderr
        assert said.startswith(f"There is no exercise called '{word}'. Did you mean docker-101?\n")
        assert "\nreset takes exercise-1 … exercise-14, docker-101, or all.\n" in said
    assert "Did you mean exercise-1?\nreset takes" in copy.invoke("reset", "exercise-l").stderr
    assert "'exercise-77'.\nreset takes" in copy.invoke("reset", "exercise-77").stderr


def test_what_is_put_back_may_be_named_by_its_folder_or_number(copy: Checkout) -> None:
    assert copy.invoke("reset", "docker-101/").stdout.startswith("docker-101 was at its start\n")
    assert copy.invoke("reset", "3").stdout.startswith("exercise-3 was at its start\n")


@pytest.mark.parametrize(
    ("folders", "made", "asked"),
    [
        (["exercise-1"], 0, "Put back exercise-1 (yours goes to a backup)?"),
        ([], 2, "Remove what is listed above?"),
        (["a", "b"], 1, "Put back a, b (yours go to a backup), and remove what is listed above?"),
    ],
)
def test_one_question_is_asked_of_all_that_goes(folders: list[str], made: int, asked: str) -> None:
    assert resetting.question(folders, made) == asked


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_costs_nothing_and_is_told_as_the_machines(copy: Checkout) -> None:
    """The backups' place is a device that is always full."""
    folder = copy.root / "exercises" / "exercise-1"
    (folder / "Dockerfile").write_text("FROM busybox\n")
    mine = _contents(folder)
    (copy.root / ".workshop").mkdir()
    (copy.root / ".workshop" / "backups").symlink_to("/dev/full")
    done = copy.invoke("reset", "exercise-1")
    assert done.returncode == 3
    assert "could not be read or written" in done.stderr or "disk is full" in done.stderr
    assert _contents(folder) == mine


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_what_no_backup_can_hold_is_named_and_leaves_no_half_of_one(copy: Checkout) -> None:
    folder = copy.root / "exercises" / "exercise-1"
    (folder / "Dockerfile").write_text("FROM busybox\n")
    os.mkfifo(folder / "pipe")
    done = copy.invoke("reset", "exercise-1")
    assert done.returncode == 3
    assert f"`{folder / 'pipe'}` is a named pipe\n" in done.stderr
    assert "[(" not in done.stderr
    assert (folder / "Dockerfile").read_text() == "FROM busybox\n"
    assert not list((copy.root / ".workshop" / "backups").iterdir())


def test_undo_of_all_leaves_alone_what_that_reset_did_not_replace(copy: Checkout) -> None:
    one, two = (copy.root / "exercises" / name / "Dockerfile" for name in ("exercise-1", "exercise-2"))
    given = one.read_text()
    one.write_text("FROM busybox\n")
    assert copy.invoke("reset", "exercise-1").returncode == 0
    two.write_text("FROM busybox\n")
    assert copy.invoke("reset", "all").returncode == 0
    done = copy.invoke("reset", "all", "--undo")
    assert (done.returncode, one.read_text(), two.read_text()) == (0, given, "FROM busybox\n")
    assert "exercise-1 " not in done.stdout
    assert copy.invoke("reset", "all", "--undo").returncode == 0
    assert one.read_text() == given
    assert two.read_text() != "FROM busybox\n"


def test_undo_brings_back_what_a_reset_replaced(copy: Checkout) -> None:
    folder = copy.root / "exercises" / "exercise-1"
    given = _contents(folder)
    (folder / "Dockerfile").write_bytes(b"FROM busybox\r\n")
    (folder / "extra.txt").write_text("mine")
    mine = _contents(folder)
    assert copy.invoke("reset", "exercise-1", "--undo").returncode == 1, "nothing was replaced yet"
    copy.invoke("reset", "exercise-1")
    done = copy.invoke("reset", "exercise-1", "--undo")
    assert done.returncode == 0, done.stderr
    assert _contents(folder) == mine
    copy.invoke("reset", "exercise-1", "--undo")
    assert _contents(folder) == given, "an undo can be undone"


def test_catching_up_solves_what_comes_before_and_keeps_the_learners_files(copy: Checkout) -> None:
    mine, untouched = (copy.root / "exercises" / name / "Dockerfile" for name in ("exercise-2", "exercise-4"))
    before = untouched.read_bytes()
    mine.write_text("FROM busybox\n")
    done = copy.invoke("catchup", "exercise-4")
    assert done.returncode == 0, done.stderr
    for number in (1, 2, 3):
        solved = exercises.find(str(number))
        with solved.context_of(solved.key) as model:
            assert _contents(copy.root / "exercises" / solved.name) == _contents(model)
    assert untouched.read_bytes() == before
    assert "go on with exercise-4" in done.stdout
    backups = copy.root / ".workshop" / "backups"
    kept = {one.name[18:]: (one / "Dockerfile").read_text() for one in backups.iterdir()}
    assert kept["exercise-2"] == "FROM busybox\n"


def test_each_replacement_names_the_way_back_and_a_bare_undo_the_last_one(copy: Checkout) -> None:
    for name in ("exercise-3", "exercise-2"):
        (copy.root / "exercises" / name / "Dockerfile").write_text("FROM busybox\n")
        assert f"; back: invoke reset {name} --undo\n" in copy.invoke("reset", name).stdout
    bare = copy.invoke("reset", "--undo")
    assert bare.returncode == 2
    assert "comes back with: invoke reset exercise-2 --undo" in bare.stderr


def test_what_was_solved_for_one_is_not_to_do_any_more_until_it_is_taken_back(copy: Checkout) -> None:
    assert "nothing comes before exercise-1" in copy.invoke("catchup", "exercise-1").stdout
    copy.invoke("catchup", "exercise-4")
    shown = copy.invoke("exercises").stdout
    assert shown.count("solved for you\n") == 3
    assert "next  read exercises/exercise-4/README.md" in shown
    assert "comes back with: invoke reset exercise-1 --undo" in shown
    copy.invoke("reset", "exercise-2", "--undo")
    shown = copy.invoke("exercises").stdout
    assert shown.count("solved for you\n") == 2
    assert "next  read exercises/exercise-2/README.md" in shown


def _killed_at(change: int) -> bool:
    """Reset in a process of its own that ends, without a word, at the change of the disk with this number."""
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) != 0
    left = change

    def count(event: str, args: tuple[object, ...]) -> None:
        nonlocal left
        if event in CHANGES or (event == "open" and set("wax+") & set(str(args[1]))):
            left -= 1
            if not left:
                os._exit(9)

    sys.addaudithook(count)
    resetting.reset("exercise-3")
    os._exit(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="ends a process of its own")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_reset_that_is_killed_anywhere_loses_nothing(copy: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed at its 1st, 2nd, 3rd … change of the disk, then run again, and taken back."""
    for name in ("ROOT", "EXERCISES", "SOLUTIONS", "STATE", "BACKUPS"):
        monkeypatch.setattr(places, name, copy.root / getattr(places, name).relative_to(ROOT))
    folder = copy.root / "exercises" / "exercise-3"
    given = _contents(folder)
    (folder / "Dockerfile").write_text("FROM busybox\n")
    (folder / "notes" / "todo.txt").unlink()
    (folder / "mine").mkdir()
    (folder / "mine" / "page.html").write_text("<h1>mine</h1>")
    mine = _contents(folder)
    change = 1
    while _killed_at(change):
        resetting.reset("exercise-3")
        assert _contents(folder) == given
        resetting.undo("exercise-3")
        assert _contents(folder) == mine, f"killed at change {change}"
        change += 1
        assert change < 500, "it is never let through"
    assert change > 20
