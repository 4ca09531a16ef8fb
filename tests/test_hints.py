"""Hints say where to look, sharper with each attempt; the solution opens after the pass."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT, Checkout, copy_repository
from workshop import exercises, places
from workshop.judging import checking
from workshop.judging.verdict import Finding, Outcome, Result, Verdict, Where
from workshop.learning import helping, progress
from workshop.learning.progress import Said


@pytest.fixture
def copy(tmp_path: Path) -> Checkout:
    """Give a copy of the repository, and no engine: what is written needs none."""
    copy_repository(tmp_path / "copy")
    return Checkout(tmp_path / "copy", {"DOCKER_HOST": "unix:///no/such/engine.sock"})


@pytest.mark.parametrize("exercise", exercises.every(), ids=lambda one: one.name)
def test_each_exercise_has_three_hints_and_a_model_answer(exercise: exercises.Exercise) -> None:
    assert len(helping.hints(exercise)) == helping.LEVELS
    assert exercise.model_files()[0].name == "Dockerfile"
    known = {checking.id_of(one) for one in checking.load(exercise)}
    assert {name for one in helping.hints(exercise) for name in one.checks} <= known
    assert not any("<!--" in one.text for one in helping.hints(exercise))


def test_a_hint_about_another_check_than_the_one_that_fails_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "STATE", tmp_path)
    monkeypatch.setattr(progress, "attempts", lambda _: 3)
    named, styled = (Said(check="x", id=one) for one in ("page-names-its-container", "stylesheet-arrives"))
    exercise = exercises.find("exercise-2")
    assert helping.advice(exercise, named)[-1] == "(there is no further hint for this)"
    tried = Said(check="x", id="page-names-its-container", hint="compare")
    assert helping.advice(exercise, tried)[-1] == "(there is no further hint for this: see “try”)"
    assert helping.advice(exercise, styled)[-1].startswith("hint 3 of 3")
    assert "about another check" in helping.advice(exercise, named, 3)[-1], "it was asked for by its number"
    monkeypatch.setattr(progress, "attempts", lambda _: 1)
    missing = helping.advice(exercises.find("exercise-1"), Said(check="x", id="page-is-styled"))
    assert missing[-1] == "(the next hint about this: with your next attempt, or invoke hint exercise-1 --level 2)"


def test_a_hint_has_the_number_with_which_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "STATE", tmp_path)
    exercise = exercises.find("exercise-1")
    styled, built = (Said(check="x", id=one) for one in ("page-is-styled", "image-builds"))
    monkeypatch.setattr(progress, "attempts", lambda _: 2)
    *_, hint, further = helping.advice(exercise, styled)
    assert hint.startswith("hint 2 of 3: ")
    assert further == "(the next hint: with your next attempt, or invoke hint exercise-1 --level 3)"
    monkeypatch.setattr(progress, "attempts", lambda _: 3)
    assert any(line.startswith("hint 2 of 3: ") for line in helping.advice(exercise, built)), "3 is about other checks"
    assert any(line.startswith("hint 2 of 3: ") for line in helping.advice(exercise, styled, 2))
    assert any(line.startswith("hint 2 of 3: ") for line in helping.advice(exercise, styled, 2, sharper="press h"))


def test_a_hint_that_the_next_attempt_does_not_bring_is_not_promised_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "STATE", tmp_path)
    only_the_last = Said(check="x", id="lib-comes-from-the-build")
    for attempts, when in ((1, "a later"), (2, "your next")):
        monkeypatch.setattr(progress, "attempts", lambda _, number=attempts: number)
        said = helping.advice(exercises.find("exercise-9"), only_the_last)[-1]
        assert said.startswith(f"(the next hint about this: with {when} attempt, or ")


def test_without_an_engine_there_is_what_was_written(copy: Checkout) -> None:
    done = copy.invoke("hint", "exercise-1")
    assert done.returncode == 0
    assert "hint 1 of 3" in done.stdout
    assert "could not be judged just now" in done.stdout


def test_a_hint_speaks_of_the_files_as_they_are_and_gets_sharper_with_real_attempts(checkout: Checkout) -> None:
    key, folder = checkout.root / "solutions" / "exercise-1", checkout.root / "exercises" / "exercise-1"
    wrong = ROOT / "solutions" / "exercise-1" / "wrong" / "page-elsewhere--one-folder-too-high"
    for _ in "ab":
        assert "hint 1 of 3" in checkout.invoke("hint", "exercise-1").stdout, "asking again is no attempt"
    shutil.copytree(wrong, folder, dirs_exist_ok=True)
    tried = checkout.invoke("hint", "exercise-1").stdout
    assert tried.index("is in the image, at /usr/share/nginx/index.html") < tried.index("hint 2 of 3")
    assert checkout.invoke("hint", "exercise-1").stdout == tried
    shutil.copy(key / "Dockerfile", folder)
    passed = checkout.invoke("hint", "exercise-1").stdout
    assert "nothing to hint at" in passed
    assert checkout.invoke("solution", "exercise-1").returncode == 0, "it was judged, and passed"


def test_a_hint_types_paths_from_where_one_stands_now(checkout: Checkout) -> None:
    folder = checkout.root / "exercises" / "exercise-1"
    (folder / "Dockerfile").rename(folder / "dockerfile.txt")
    assert "exercise-1/dockerfile.txt" in checkout.invoke("verify", "exercise-1").stdout
    there = checkout.invoke("hint", cwd=folder).stdout
    assert "try       Rename it: mv dockerfile.txt Dockerfile\n" in there
    assert "mv dock" not in checkout.invoke("hint", "exercise-1", "--level", "1").stdout, "that was not judged anew"
    here = checkout.invoke("hint", "exercise-1").stdout
    assert "mv exercises/exercise-1/dockerfile.txt exercises/exercise-1/Dockerfile\n" in here


def test_each_attempt_makes_the_hint_sharper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "STATE", tmp_path)
    exercise = exercises.find("exercise-1")
    where = Where("Dockerfile", 2, "COPY index.html /usr/share")
    found = Finding("page-elsewhere", why="One folder too high.", hint="compare", look="docker run", where=where)
    verdict = Verdict(exercise.name, "", (Result("x", "The page is yours", Outcome.FAILED, finding=found),))
    for number, expected in ((1, 1), (2, 2), (3, 3), (4, 3)):
        progress.record(verdict, f"files {number}")
        said = Said(check="The page is yours", why=found.why, hint=found.hint, look=found.look, where="Dockerfile:2")
        lines = helping.advice(exercise, said)
        assert lines[1] == "not yet   The page is yours", "what is there now comes first"
        assert ("where     Dockerfile:2" in lines) == (expected > 1)
        assert any(line.startswith(f"hint {expected} of 3") for line in lines)


def test_a_hint_before_the_first_attempt_is_followed_by_a_closer_one_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "STATE", tmp_path)
    exercise = exercises.find("exercise-1")
    progress.hinted(exercise)
    failed = (Result("x", "x", Outcome.FAILED, finding=Finding("x", why="x")),)
    for number, expected in ((0, 1), (1, 2), (2, 3), (3, 3)):
        progress.record(Verdict(exercise.name, "", failed), f"files {number}", untouched=not number)
        assert helping.first_level(exercise, None) == expected
        progress.hinted(exercise)
    progress.forget(exercise.name, keep=None)
    progress.record(Verdict(exercise.name, "", failed), "files")
    progress.hinted(exercise)
    assert helping.first_level(exercise, None) == 1, "the first one is not skipped"


@pytest.mark.parametrize("level", ["1", "2", "3"])
def test_a_level_can_be_asked_for(copy: Checkout, level: str) -> None:
    assert f"hint {level} of 3" in copy.invoke("hint", "exercise-1", "--level", level).stdout


@pytest.mark.parametrize("level", ["4", "-1", "x"])
def test_a_level_that_is_not_there_is_wrong_usage(copy: Checkout, level: str) -> None:
    assert copy.invoke("hint", "exercise-1", f"--level={level}").returncode == 2


def test_in_an_exercises_folder_its_name_may_be_left_out(copy: Checkout) -> None:
    folder = copy.root / "exercises" / "exercise-4"
    for words in (["hint", "--level", "1"], ["solution", "--now"]):
        assert copy.invoke(*words, cwd=folder / "www").stdout.startswith("exercise-4  Knock, knock\n")
    assert "banana-smith-exercise-4 ." in copy.invoke("--dry", "verify", cwd=folder).stdout
    assert "banana-smith-exercise-4 ." in copy.invoke("--dry", "watch", cwd=folder).stdout
    assert copy.invoke("explain", cwd=folder).stdout.startswith("Dockerfile\n\n   1 | FROM busybox\n")
    assert copy.invoke("hint", "exercise-1", "--level", "1", cwd=folder).stdout.startswith("exercise-1")
    elsewhere = copy.invoke("verify", cwd=copy.root / "exercises")
    assert elsewhere.returncode == 2
    assert "Which exercise? Such as: invoke verify exercise-1" in elsewhere.stderr


def test_the_solution_opens_with_now_and_shows_the_difference(copy: Checkout) -> None:
    locked = copy.invoke("solution", "exercise-1")
    assert locked.returncode == 1
    assert "--now" in locked.stderr
    shown = copy.invoke("solution", "exercise-1", "--now")
    assert shown.returncode == 0
    assert "+COPY index.html style.css /usr/share/nginx/html/" in shown.stdout
    assert "Another way" in shown.stdout


def test_the_solution_tells_windows_line_ends_from_the_same_file(copy: Checkout) -> None:
    mine, theirs = (copy.root / place / "exercise-1" / "Dockerfile" for place in ("exercises", "solutions"))
    mine.write_bytes(theirs.read_bytes())
    assert "Dockerfile: yours is the same" in copy.invoke("solution", "exercise-1", "--now").stdout
    mine.write_bytes(theirs.read_bytes().replace(b"\n", b"\r\n"))
    assert "Windows line ends (CRLF)" in copy.invoke("solution", "exercise-1", "--now").stdout
