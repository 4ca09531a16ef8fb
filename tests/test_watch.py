"""`invoke watch` on the real engine: a verdict for every save, never a stale one, and a terminal as it was found."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from tests.conftest import Checkout, copy_repository
from tests.terminal import WITHIN, Terminal

NO_ENGINE = {"DOCKER_HOST": "unix:///no/such/engine.sock"}
RED = "Red is expected here"
DONE = "Done: 4 of 4 passed"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory, engine: docker.DockerClient) -> Iterator[Checkout]:
    """Give one copy of the repository for all tests here."""
    root = tmp_path_factory.mktemp("watch") / "a copy"
    copy_repository(root)
    copy = Checkout(root)
    yield copy
    copy.invoke("cleanup", "--all", "--yes")


@pytest.fixture
def folder(copy: Checkout) -> Path:
    """Give exercise-1's folder, as it is at the start, and nothing done yet."""
    folder = copy.root / "exercises" / "exercise-1"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(copy.root / "solutions" / "exercise-1" / "starter", folder)
    (copy.root / ".workshop" / "progress.json").unlink(missing_ok=True)
    return folder


def _words(copy: Checkout, *flags: str) -> list[str | Path]:
    program = Path(sys.executable).with_name("invoke")
    return [sys.executable, program, "--search-root", copy.root, "watch", "exercise-1", *flags]


def _in_terminal(copy: Checkout, *flags: str, **env: str) -> Terminal:
    return Terminal(_words(copy, *flags), cwd=copy.root, env=env)


def _save(file: Path, text: str) -> None:
    """Save as most editors do: a new file takes the place of the old one."""
    fresh = file.with_name(f".{file.name}.swp")
    fresh.write_text(text)
    fresh.replace(file)


def _answer(copy: Checkout) -> str:
    return (copy.root / "solutions" / "exercise-1" / "Dockerfile").read_text()


def test_each_save_gets_its_verdict_and_the_keys_do_what_they_say(copy: Checkout, folder: Path) -> None:
    with _in_terminal(copy) as terminal:
        terminal.shows(RED)
        assert not terminal.settings()[3] & (termios.ICANON | termios.ECHO), "keys come one by one"
        terminal.type("n")
        terminal.shows("Press n again")
        terminal.type("h")
        terminal.shows("hint 1 of 3")
        terminal.type("h")
        terminal.shows("hint 2 of 3")
        assert "s solution" not in terminal.text
        _save(folder / "Dockerfile", _answer(copy))
        terminal.shows("checking… (Dockerfile saved)")
        terminal.shows(DONE)
        assert "attempt 1" in terminal.text
        terminal.shows("waiting for a save · h hint · s solution · n next · l list · r run · q quit")
        _save(folder / "Dockerfile", _answer(copy))
        terminal.shows("with the same contents")
        terminal.type("r")
        terminal.shows("run again")
        terminal.shows(DONE, times=3)
        assert "attempt 2" not in terminal.text, "the same files judged again are no attempt"
        terminal.type("s")
        terminal.shows("Another way")
        terminal.type("l")
        terminal.shows("COPY              passed\n")
        assert "invoke watch" not in terminal.text, "one is in it"
        assert "Watching exercise-2: each save" not in terminal.text, "it went on by itself"
        terminal.type("n")
        terminal.shows("Watching exercise-2: each save")
        terminal.type("q")
        assert terminal.ends() == 0
        assert terminal.settings() == terminal.before
        assert not [code for code in ("\x1b[2J", "\x1b[3J", "\x1b[H", "\x1b[?1049h") if code in terminal.raw]


def test_a_save_during_a_run_starts_over_with_the_newest_files(
    copy: Checkout, folder: Path, wait_until: Callable[..., None]
) -> None:
    mark = f"sleep 32{os.getpid() % 1000:03}"
    (folder / "Dockerfile").write_text(f"FROM busybox\nRUN {mark}\n")
    with _in_terminal(copy) as terminal:
        wait_until(lambda: _runs(mark))
        _save(folder / "Dockerfile", _answer(copy))
        terminal.shows("so it begins anew")
        terminal.shows(DONE)
        assert "FAIL" not in terminal.text, "a verdict on files that are no longer there"
        wait_until(lambda: not _runs(mark))
        terminal.type("q")
        assert terminal.ends() == 0
    wait_until(lambda: not copy.containers())


def _runs(command: str) -> bool:
    return subprocess.run(["pgrep", "-f", f"^{command}"], capture_output=True, check=False).returncode == 0


def test_ctrl_c_during_a_run_leaves_neither_a_container_nor_another_terminal(
    copy: Checkout, folder: Path, wait_until: Callable[..., None]
) -> None:
    mark = f"sleep 33{os.getpid() % 1000:03}"
    (folder / "Dockerfile").write_text(f"FROM busybox\nRUN {mark}\n")
    with _in_terminal(copy) as terminal:
        wait_until(lambda: _runs(mark))
        terminal.type("\x03")
        assert terminal.ends() == 130
        assert terminal.settings() == terminal.before
        assert "Traceback" not in terminal.text
    wait_until(lambda: not _runs(mark))
    wait_until(lambda: not copy.containers())


def test_an_end_from_outside_leaves_the_terminal_as_it_was(copy: Checkout, folder: Path) -> None:
    with _in_terminal(copy, **NO_ENGINE) as terminal:
        terminal.shows("press r")
        terminal.resize(20)
        terminal.shows("h n l r q")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.ends() == 128 + signal.SIGTERM
        assert terminal.settings() == terminal.before


def _piped(copy: Checkout, *flags: str, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        _words(copy, *flags),
        cwd=copy.root,
        env={**os.environ, "PYTHONUTF8": "1", **env},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )


def test_without_a_terminal_there_are_plain_lines_until_the_input_ends(copy: Checkout, folder: Path) -> None:
    with _piped(copy, "--poll") as process:
        assert process.stdin
        assert process.stdout
        came = []
        for line in process.stdout:
            came.append(line)
            assert "BROKEN" not in line
            if RED in line:
                _save(folder / "Dockerfile", _answer(copy))
            if DONE in line:
                process.stdin.close()
        assert process.wait(WITHIN) == 0
    text = "".join(came)
    assert "several times a second, as you asked" in text
    assert "checking… (Dockerfile saved)" in text
    assert DONE in text
    assert "\x1b" not in text
    assert "\r" not in text


def test_a_closed_pipe_ends_it_without_waiting_for_the_next_save(copy: Checkout, folder: Path) -> None:
    with _piped(copy, **NO_ENGINE) as process:
        assert process.stdout
        for line in process.stdout:
            if "When that is mended" in line:
                break
        process.stdout.close()
        try:
            assert process.wait(WITHIN) == 0
        finally:
            process.kill()


def test_a_folder_that_is_deleted_and_put_back_is_watched_on(copy: Checkout, folder: Path) -> None:
    with _in_terminal(copy, **NO_ENGINE) as terminal:
        terminal.shows("press r")
        shutil.rmtree(folder)
        terminal.shows("is gone")
        shutil.copytree(copy.root / "solutions" / "exercise-1" / "starter", folder)
        terminal.shows("press r", times=2)
        terminal.type("q")
        assert terminal.ends() == 0


def test_what_can_not_be_watched_is_answered_with_what_can(copy: Checkout) -> None:
    done = copy.invoke("watch", "all")
    assert done.returncode == 2
    assert "exercise-1 … exercise-14" in done.stderr


def test_dry_shows_the_docker_commands_alone(copy: Checkout) -> None:
    done = copy.invoke("--dry", "watch", "exercise-1")
    assert done.stdout.splitlines() == [
        "$ docker build -t banana-smith-exercise-1 exercises/exercise-1",
        "$ docker run -d -P banana-smith-exercise-1",
    ]
