"""`invoke grade --scheduler`: the same verdicts from several machines, each once, whatever happens to the machines."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import docker
import pytest

from tests import machines
from tests.conftest import copy_repository
from tests.second_engine import needs_root
from workshop import exercises, places
from workshop.classroom import grading, station
from workshop.engine import api
from workshop.trouble import Usage

pytestmark = needs_root
QUICK = exercises.find("exercise-6")
LEARNERS = 5


@pytest.fixture(scope="module")
def class_(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a class of different answers to one exercise, right and wrong, that take a second or two each."""
    folder = tmp_path_factory.mktemp("several") / "class"
    for number in range(LEARNERS):
        answer = folder / f"learner-{number}" / QUICK.name
        with QUICK.context_of(QUICK.starter if number % 3 == 1 else QUICK.key) as context:
            shutil.copytree(context, answer)
        dockerfile = (answer / "Dockerfile").read_text("utf-8")
        (answer / "Dockerfile").write_text(f"{dockerfile}\nRUN sleep 1.{number:03}\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def second(engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[machines.Engine]:
    with closing(machines.Engine(tmp_path_factory.mktemp("second") / "engine")) as another:
        yield another


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[machines.Processes]:
    """Give a scheduler, and a worker beside this machine's own engine."""
    with closing(machines.Processes(tmp_path_factory.mktemp("dask") / "logs")) as all_:
        all_.worker("first")
        yield all_


def _came_out(report: Path) -> dict[str, tuple[str, str | None]]:
    """Give each learner's outcome and reason; a learner with two grades is an error."""
    lines = [json.loads(line) for line in (report / "results.jsonl").read_text("utf-8").splitlines()]
    assert len({line["learner"] for line in lines}) == len(lines)
    return {line["learner"]: (line["outcome"], line["reason"]) for line in lines}


@pytest.fixture(scope="module")
def at_home(class_: Path, engine: docker.DockerClient) -> dict[str, Any]:
    """Grade on this machine alone, as what the others are compared with: one of each kind, the rest is alike."""
    report, kinds = class_.parent / "at-home", [str(class_ / f"learner-{number}") for number in range(2)]
    process = machines.started(["grade", *kinds, "--report", str(report)], class_.parent / "at-home.txt")
    assert process.wait(120) == 0
    came_out = _came_out(report)
    return {f"learner-{number}": came_out[f"learner-{int(number % 3 == 1)}"] for number in range(LEARNERS)}


def _break_a_machine(name: str, second: machines.Engine, worker: subprocess.Popen[bytes]) -> None:
    if name in ("an engine is stopped", "a machine is gone"):
        second.kill()
    if name in ("a worker is killed", "a machine is gone"):
        machines.kill(worker)


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("a worker is killed", "machine  second (tcp"),
        ("an engine is stopped", "is not used: No Docker engine answers"),
        ("a machine is gone", "what it was judging goes elsewhere"),
    ],
)
def test_everybody_is_graded_once_and_as_at_home_though(  # noqa: PLR0913, PLR0917 - all that takes part
    what: str,
    says: str,
    class_: Path,
    at_home: dict[str, Any],
    processes: machines.Processes,
    second: machines.Engine,
    tmp_path: Path,
) -> None:
    worker = processes.worker("second", second.host)
    log, report = tmp_path / "said.txt", tmp_path / "report"
    process = machines.started(["grade", str(class_), "--scheduler", processes.address, "--report", str(report)], log)
    try:
        journal = report / "journal.jsonl"
        machines.wait_until(lambda: journal.is_file() and journal.stat().st_size > 0, log.read_text)
        machines.wait_until(second.busy, log.read_text)
        _break_a_machine(what, second, worker)
        assert process.wait(120) == 0, log.read_text()
    finally:
        process.kill()
        machines.kill(worker)
        if what != "a worker is killed":
            second.start()
    said = log.read_text("utf-8")
    assert says in said
    assert "second (tcp" in said
    assert _came_out(report) == at_home, said
    marks = [json.loads(line)["fingerprint"] for line in journal.read_text("utf-8").splitlines()]
    assert len(marks) == len(set(marks)) == LEARNERS
    assert "Traceback" not in said


def test_a_worker_that_will_not_do_is_named_and_the_others_go_on(
    class_: Path, at_home: dict[str, Any], processes: machines.Processes, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    copy_repository(copy)
    with (copy / "solutions" / QUICK.name / "check.py").open("a", encoding="utf-8") as check:
        check.write("\n# changed\n")
    worker = processes.worker("outdated", PYTHONPATH=str(copy))
    log = tmp_path / "said.txt"
    words = ["grade", str(class_ / "learner-0"), "--scheduler", processes.address, "--report", str(tmp_path / "report")]
    try:
        assert machines.started(words, log).wait(120) == 0, log.read_text()
    finally:
        machines.kill(worker)
    said = log.read_text("utf-8")
    assert "machine  outdated (tcp" in said
    assert "is not used: it has another version of the workshop" in said
    assert _came_out(tmp_path / "report") == {"learner-0": at_home["learner-0"]}


def test_ctrl_c_ends_what_runs_elsewhere_too(class_: Path, processes: machines.Processes, tmp_path: Path) -> None:
    hangs = tmp_path / "class" / "alice" / QUICK.name
    hangs.mkdir(parents=True)
    mark = f"sleep 53{os.getpid() % 1000:03}"
    (hangs / "Dockerfile").write_text(f"FROM busybox\nRUN {mark}\n")

    def under_way() -> bool:
        return subprocess.run(["pgrep", "-f", f"^{mark}"], capture_output=True, check=False).returncode == 0

    log = tmp_path / "said.txt"
    words = ["grade", str(tmp_path / "class"), "--scheduler", processes.address, "--report", str(tmp_path / "report")]
    process = machines.started(words, log)
    try:
        machines.wait_until(under_way, log.read_text)
        process.send_signal(2)
        assert process.wait(120) == 130, log.read_text()
    finally:
        process.kill()
    machines.wait_until(lambda: not under_way(), log.read_text)
    assert "Traceback" not in log.read_text("utf-8")


# What is told ---------------------------------------------------------------------------------------------------


@pytest.fixture
def order(engine: docker.DockerClient) -> station.Order:
    return station.order("test", "classic", 10)


def _ill(how: str, order: station.Order, monkeypatch: pytest.MonkeyPatch) -> None:
    if how == "version":
        order["version"] = "0" * 64
    elif how == "bases":
        order["bases"] = {"busybox": "another for linux/s390x"}
    elif how == "absent":
        order["bases"] = {"docker-101-nowhere": "x for linux/amd64"}
    elif how == "disk":
        monkeypatch.setattr(station, "ROOM", 1 << 60)
    else:
        monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
        api.connect.cache_clear()


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("version", "it has another version of the workshop"),
        ("bases", "its busybox is "),
        ("absent", "its docker-101-nowhere is not there"),
        ("disk", "its engine's disk has "),
        ("engine", "No Docker engine answers at unix:///nowhere/docker.sock"),
    ],
)
def test_a_preflight_says_what_is_wrong_with_a_machine(
    how: str, says: str, order: station.Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ill(how, order, monkeypatch)
    try:
        assert says in station.preflight(order)
    finally:
        api.connect.cache_clear()


def test_a_preflight_passes_here_and_leaves_nothing(order: station.Order, engine: docker.DockerClient) -> None:
    before = {one.name for one in engine.networks.list()}
    try:
        assert not station.preflight(order)
    finally:
        station.pack_up("test")
    assert {one.name for one in engine.networks.list() if f"-{os.getpid()}" in str(one.name)} <= before


def test_an_answer_arrives_as_it_was_sent(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    (here / "a b" / "ä").mkdir(parents=True)
    (here / "a b" / "run.sh").write_bytes(b"#!/bin/sh\r\n")
    (here / "a b" / "run.sh").chmod(0o775)
    (here / "link").symlink_to("a b/run.sh")
    station._unpack(station.pack(here), there)

    def looks(folder: Path) -> set[tuple[str, int, bytes]]:
        return {
            (str(one.relative_to(folder)), one.lstat().st_mode, one.read_bytes() if one.is_file() else b"")
            for one in folder.rglob("*")
        }

    assert looks(there) == looks(here)


def _grade(class_: Path, address: str, before: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    script = (
        f"import sys; from workshop.classroom import machines, grading; {before}\n"
        "from workshop import report, trouble\n"
        "try: sys.exit(grading.grade(grading.order([sys.argv[1]], jobs=0, report=None, builder=None,"
        " scheduler=sys.argv[2])))\n"
        "except trouble.Trouble as known: report.trouble(known); sys.exit(known.exit_code)"
    )
    words = [sys.executable, "-c", script, str(class_), address]
    surroundings = {**os.environ, "PYTHONPATH": str(places.ROOT), "PYTHONUTF8": "1", **env}
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, env=surroundings)


def test_a_scheduler_that_does_not_answer_is_named_in_time(class_: Path, engine: docker.DockerClient) -> None:
    done = _grade(class_, "tcp://127.0.0.1:9", "machines.CONNECTS_WITHIN = 0.5")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "No scheduler answers at tcp://127.0.0.1:9." in done.stderr
    assert "Traceback" not in done.stderr


def test_without_certificates_tls_is_explained(class_: Path, engine: docker.DockerClient) -> None:
    done = _grade(class_, "tls://127.0.0.1:9", "machines.CONNECTS_WITHIN = 0.5")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "name the certificates in the environment" in done.stderr


def test_a_scheduler_without_workers_is_explained(class_: Path, engine: docker.DockerClient, tmp_path: Path) -> None:
    with closing(machines.Processes(tmp_path / "logs")) as alone:
        done = _grade(class_, alone.address, "machines.WORKERS_WITHIN = 0.5")
    assert done.returncode == 3, done.stdout + done.stderr
    assert f"No worker has joined the scheduler at {alone.address}." in done.stderr
    assert f"dask worker {alone.address}" in done.stderr


def test_without_the_library_it_says_what_to_install(class_: Path, engine: docker.DockerClient, tmp_path: Path) -> None:
    (tmp_path / "distributed.py").write_text("raise ImportError('No module named distributed')\n")
    done = _grade(class_, "tcp://127.0.0.1:9", f"sys.path.insert(0, {str(tmp_path)!r})")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "pip install -c constraints.txt '.[cluster]'" in done.stderr


@pytest.mark.parametrize(
    ("scheduler", "jobs", "says"),
    [("192.168.0.2", 0, "no address of a scheduler"), ("tcp://host:8786", 4, "--jobs says how many")],
)
def test_wrong_words_about_schedulers_are_answered_at_once(scheduler: str, jobs: int, says: str) -> None:
    with pytest.raises(Usage, match=says):
        grading.order(["exercises"], jobs=jobs, report=None, builder=None, scheduler=scheduler)
