"""`invoke grade` on the real engine: each content once, a killed run goes on, the machine's trouble is no grade."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.conftest import Checkout
from tests.cutting_proxy import CuttingProxy
from workshop import exercises, places
from workshop.classroom import grading, slots, workers
from workshop.engine import labels
from workshop.engine.limits import Limits
from workshop.judging.running import until
from workshop.judging.verdict import Outcome
from workshop.trouble import Usage

QUICK = exercises.find("exercise-6")


def _wait_until(so: Callable[[], bool]) -> None:
    assert until(lambda: so() or None, 60), "did not become true within a minute"


def _hand_in(folder: Path, exercise: exercises.Exercise, answer: Path) -> None:
    with exercise.context_of(answer) as context:
        shutil.copytree(context, folder / "exercises" / exercise.name)


@pytest.fixture
def here(engine: docker.DockerClient) -> Checkout:
    """Give this copy of the repository itself: what is graded lies elsewhere, and so does the report."""
    return Checkout(places.ROOT)


@pytest.fixture
def class_(tmp_path: Path) -> Path:
    """Give a class: three equal answers in three forms, one not begun, a hostile one, and an archive that is none."""
    folder = tmp_path / "class"
    _hand_in(folder / "alice", QUICK, QUICK.key)
    _hand_in(folder / "bob", QUICK, QUICK.key)
    _hand_in(folder / "chidi", QUICK, QUICK.starter)
    _hand_in(folder / "dana", QUICK, QUICK.key)
    with zipfile.ZipFile(folder / "bob.zip", "w") as archive:
        for path in sorted((folder / "bob").rglob("*")):
            archive.write(path, path.relative_to(folder / "bob"))
    with tarfile.open(folder / "dana.tar.gz", "w:gz") as tar:
        tar.add(folder / "dana", "dana")
    for name in ("bob", "dana"):
        shutil.rmtree(folder / name)
    hostile = folder / "mallory" / "exercise-6"
    hostile.mkdir(parents=True)
    (hostile / "Dockerfile").write_text("FROM busybox\nRUN yes mallory\n")
    (folder / "eve.zip").write_bytes(b"not a zip")
    return folder


def _grades(folder: Path) -> dict[str, dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "results.jsonl").read_text("utf-8").splitlines()]
    return {str(line["learner"]): line for line in lines}


@pytest.fixture
def verified(here: Checkout, tmp_path: Path) -> Callable[[], set[str]]:
    """Note each `docker build` on its way to the real one; give the verifications, each with a word of its own."""
    real, log = shutil.which("docker"), tmp_path / "builds"
    shim = tmp_path / "shim" / "docker"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\necho "$@" >> "{log}"\nexec "{real}" "$@"\n')
    shim.chmod(0o755)
    here.env["PATH"] = f"{shim.parent}{os.pathsep}{os.environ['PATH']}"

    def read() -> set[str]:
        said = log.read_text("utf-8") if log.exists() else ""
        log.unlink(missing_ok=True)
        return set(re.findall(r" -t docker-101-lab:(exercise-\d+-\w+)-", said))

    return read


def test_a_class_is_graded_each_content_once(
    here: Checkout, class_: Path, tmp_path: Path, verified: Callable[[], set[str]]
) -> None:
    out = tmp_path / "report"
    done = here.invoke("grade", str(class_), "--report", str(out), "--jobs", "4")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\nlearners 6, answers 5, 3 of them different\n" in done.stdout
    got = _grades(out)
    assert {name: (one["outcome"], one["reason"]) for name, one in got.items()} == {
        "alice": ("passed", None),
        "bob": ("passed", None),
        "chidi": ("failed", "words-ignored"),
        "dana": ("passed", None),
        "eve": ("failed", "archive-damaged"),
        "mallory": ("failed", "prints-without-end"),
    }
    assert got["chidi"]["untouched"]
    assert len({got[name]["fingerprint"] for name in ("alice", "bob", "dana")}) == 1
    assert len(verified()) == 3, "equal content is judged once"
    assert "alice" in done.stdout
    for file in ("report.html", "results.csv", "junit.xml", "gradescope/alice/results.json"):
        assert (out / file).is_file()

    network = here.docker("network", "ls", "-q", "-f", f"label={labels.STARTED}={labels.checkout_id(here.root)}")
    assert not network
    assert not here.containers()


def test_a_killed_run_goes_on_where_it_was(here: Checkout, tmp_path: Path, verified: Callable[[], set[str]]) -> None:
    folder = tmp_path / "class"
    out = folder / "report"
    _hand_in(folder / "alice", QUICK, QUICK.key)
    _hand_in(folder / "bob", QUICK, QUICK.starter)
    with _started(here, "grade", str(folder), "--jobs", "1", "--report", str(out)) as process:
        journal = out / "journal.jsonl"
        _wait_until(lambda: journal.is_file() and journal.read_bytes().count(b"\n") > 0)
        process.kill()
    before = journal.read_bytes()
    journal.write_bytes(before + before[: len(before) // 3])
    done = here.invoke("grade", str(folder), "--report", str(out))
    assert done.returncode == 0, done.stdout
    assert "1 passed, 1 failed, 0 broken, of 2." in done.stdout, "the report's own folder is no learner's"
    whole = before.count(b"\n")
    assert f"before   {whole} " in done.stdout
    assert len(verified()) <= 2 + 1, "the one that was under way is judged again, no other"


def test_ctrl_c_ends_it_cleanly(here: Checkout, tmp_path: Path) -> None:
    hangs = tmp_path / "class" / "alice" / "exercise-6"
    hangs.mkdir(parents=True)
    mark = f"sleep 52{os.getpid() % 1000:03}"
    (hangs / "Dockerfile").write_text(f"FROM busybox\nRUN {mark}\n")

    def under_way() -> bool:
        return subprocess.run(["pgrep", "-f", f"^{mark}"], capture_output=True, check=False).returncode == 0

    with _started(here, "grade", str(tmp_path / "class"), "--report", str(tmp_path / "report")) as process:
        _wait_until(under_way)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said[1]
    _wait_until(lambda: not under_way())
    assert not here.containers()


class _started:  # noqa: N801 - used as one uses a function
    """A task that runs beside the test, and is gone with it."""

    def __init__(self, here: Checkout, *words: str) -> None:
        program = Path(sys.executable).with_name("invoke")
        self._process = subprocess.Popen(
            [sys.executable, program, "--search-root", here.root, *words],
            cwd=here.root,
            env={**os.environ, "PYTHONUTF8": "1", **here.env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> subprocess.Popen[str]:
        return self._process

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


def test_an_engine_that_comes_back_costs_nobody_a_grade(here: Checkout, tmp_path: Path) -> None:
    _hand_in(tmp_path / "class" / "alice", QUICK, QUICK.key)
    address = tmp_path / "engine.sock"
    with CuttingProxy(address, cut_at=b"/build") as proxy:
        here.env["DOCKER_HOST"] = proxy.url
        with _started(here, "grade", str(tmp_path / "class"), "--report", str(tmp_path / "report")) as process:
            _wait_until(lambda: proxy.was_cut)
            with CuttingProxy(address, cut_at=b"nothing that anybody says"):
                said, errors = process.communicate(timeout=120)
        del here.env["DOCKER_HOST"]
    assert process.returncode == 0, said + errors
    assert "1 passed, 0 failed, 0 broken, of 1." in said
    assert "alice  exercise-6  passed" in said


def test_an_engine_that_stays_away_is_no_grade_either(here: Checkout, tmp_path: Path) -> None:
    for name, answer in (("alice", QUICK.key), ("bob", QUICK.starter)):
        _hand_in(tmp_path / "class" / name, QUICK, answer)
    script = (
        "import sys; from workshop.classroom import grading, ground; ground.BACK_WITHIN = 0.5; "
        "sys.exit(grading.grade(grading.order(sys.argv[1:2], jobs=1, report=sys.argv[2], builder=None)))"
    )
    with CuttingProxy(tmp_path / "engine.sock", cut_at=b"/build") as proxy:
        done = subprocess.run(
            [sys.executable, "-c", script, tmp_path / "class", tmp_path / "report"],
            cwd=here.root,
            env={**os.environ, "PYTHONPATH": str(here.root), "PYTHONUTF8": "1", "DOCKER_HOST": proxy.url},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert proxy.was_cut
    assert done.returncode == 3, done.stdout + done.stderr
    assert "0 passed, 0 failed, 2 broken, of 2." in done.stdout
    assert {one["outcome"] for one in _grades(tmp_path / "report").values()} == {"broken"}
    assert not list(tmp_path.glob("report/gradescope/*")), "a file there would be a zero"


def test_an_answer_that_holds_the_judge_up_is_ended(tmp_path: Path) -> None:
    job = workers.Job("f", QUICK.name, tmp_path, Limits())
    ((_, verdict),) = slots.run([job], 1, within=0.1)
    assert verdict.outcome is Outcome.BROKEN
    assert verdict.reasons == ["judge-gone"]


@pytest.mark.parametrize(
    ("folder", "flags", "says"),
    [
        ("no/such/class", {}, "no/such/class is not there"),
        ("docs", {}, "There is no submission in docs"),
        ("tasks.py", {}, "tasks.py is neither a folder nor an archive"),
        ("exercises", {"jobs": -1}, "--jobs -1 can't be"),
        ("exercises", {"jobs": 999}, "--jobs 999 can't be"),
        ("exercises", {"builder": "kaniko"}, "There is no builder called 'kaniko'"),
        ("exercises", {"report": "tasks.py"}, "is a file"),
    ],
)
def test_wrong_words_are_answered_before_anything_is_done(folder: str, flags: dict[str, Any], says: str) -> None:
    with pytest.raises(Usage, match=says):
        grading.grade(grading.order([folder], **{"jobs": 0, "report": None, "builder": None} | flags))


def _typed(*words: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("invoke")
    words = (sys.executable, str(program), "--search-root", str(places.ROOT), *words)
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


def test_as_many_folders_as_are_typed_are_taken(class_: Path) -> None:
    done = _typed("--dry", "grade", str(class_ / "alice"), "--jobs", "2", str(class_ / "bob.zip"), "--builder=classic")
    assert done.returncode == 0, done.stderr
    assert "docker build --network none" in done.stdout
    assert [line.split()[0] for line in done.stdout.splitlines()[-2:]] == ["alice", "bob"]
    none = _typed("grade")
    assert none.returncode == 2
    assert "Which folder? Such as: invoke grade folder" in none.stderr
