"""Where no engine runs, one is started: after asking, once, and in a way that outlives whoever started it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.second_engine import beside, needs_root, stop
from workshop.engine import api, cli, install, machine, preflight
from workshop.engine.daemon import Daemon, plain, why_it_died
from workshop.trouble import MachineTrouble

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDED = Path(__file__).parent / "recorded" / "dockerd"
BRIDGE = f"ws{os.getpid()}"
ADDRESS = f"198.18.{os.getpid() % 256}.1/28"  # RFC 2544: a range for tests, routed nowhere


def no(question: str) -> bool:
    assert question.endswith("?")
    return False


def yes(question: str) -> bool:
    return not no(question)


@pytest.fixture
def second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """Describe an engine that can run beside the one of this machine; stopped at the end if it runs."""
    daemon = beside(tmp_path, BRIDGE, ADDRESS, **{"storage-driver": "vfs"})
    monkeypatch.setenv("DOCKER_HOST", daemon.host)
    try:
        yield daemon
    finally:
        stop(daemon, BRIDGE)
        api.connect.cache_clear()
        cli.forget()


def test_an_engine_that_answers_is_used_and_nothing_is_asked_or_said() -> None:
    said: list[str] = []
    assert install.ensure_engine(said.append, ask=pytest.fail) is False
    assert said == []


@needs_root
def test_an_engine_that_is_off_is_started_once_and_outlives_its_starter(second: Daemon) -> None:
    said: list[str] = []
    assert install.ensure_engine(said.append, ask=yes, daemon=second, logs=second.logs) is True
    number = second.process()
    assert number is not None
    assert os.getsid(number) != os.getsid(0), "a session of its own: closing the terminal does not reach it"
    parent = Path(f"/proc/{number}/status").read_text().split("PPid:")[1].split()[0]
    assert int(parent) != os.getpid()
    assert preflight.look().endpoint.url == second.host
    assert len(said) == 1
    assert str(second.log) in said[0]

    assert install.ensure_engine(said.append, ask=no, daemon=second, logs=second.logs) is False
    assert second.process() == number
    assert len(said) == 1


@needs_root
def test_an_engine_that_is_just_starting_is_waited_for_not_doubled(second: Daemon) -> None:
    second.start()
    deadline = time.monotonic() + 10
    while second.process() is None and time.monotonic() < deadline:
        time.sleep(0.001)  # between two looks, under a deadline
    first = second.process()
    said: list[str] = []
    install.ensure_engine(said.append, ask=no, daemon=second, logs=second.logs)
    assert second.process() == first
    assert api.connect().version()["Os"] == "linux"


@needs_root
def test_nothing_is_started_when_the_answer_is_no(second: Daemon) -> None:
    with pytest.raises(MachineTrouble):
        install.ensure_engine(pytest.fail, ask=no, daemon=second, logs=second.logs)
    assert second.process() is None
    assert not second.log.exists()


@needs_root
def test_an_engine_that_dies_at_once_shows_its_last_words_and_what_they_mean(second: Daemon, tmp_path: Path) -> None:
    (tmp_path / "no-daemon.json").write_text('{"debug": tru}')
    with pytest.raises(MachineTrouble) as caught:
        install.ensure_engine(lambda _: None, ask=yes, daemon=second, logs=second.logs)
    trouble = caught.value
    assert trouble.kind == "engine-died"
    assert "daemon.json has a mistake in it" in trouble.why
    assert "invalid character" in trouble.why
    assert any(str(second.log) in step for step in trouble.fix)


@needs_root
def test_an_address_that_someone_chose_is_not_answered_by_starting_an_engine_elsewhere(
    second: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(MachineTrouble) as caught:
        install.ensure_engine(pytest.fail, ask=pytest.fail, daemon=second, logs=second.logs)
    assert caught.value.kind == "wrong-context"


def test_other_systems_are_told_how_instead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "this_machine", lambda: machine.Machine("macos", products=("Docker Desktop",)))
    monkeypatch.setattr(install, "_trouble", lambda: preflight.trouble("not-running", on=machine.Machine("macos")))
    with pytest.raises(MachineTrouble):
        install.ensure_engine(pytest.fail, ask=pytest.fail, logs=tmp_path)


@pytest.mark.parametrize(
    ("line", "meaning"),
    [line.split(" | ") for line in RECORDED.with_suffix(".txt").read_text(encoding="utf-8").splitlines()[1:]],
)
def test_last_words_of_a_dying_engine_are_understood(line: str, meaning: str) -> None:
    why, fix = why_it_died(line)
    assert meaning in why
    assert fix


def test_log_lines_are_shown_without_their_wrapping_or_control_characters() -> None:
    line = 'time="2026-11-23T16:00:00Z" level=error msg="can\'t \\"mount\\" it"'
    assert plain(line) == 'can\'t "mount" it'
    assert plain("\x1b[31mred\x1b[0m") == " [31mred [0m"
