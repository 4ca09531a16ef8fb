"""Every task says what it does, which docker command it stands for, and what its flags mean."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import tasks

ROOT = Path(__file__).resolve().parent.parent
NAMES = sorted(tasks.ns.tasks)
WITHOUT_DOCKER = {
    *("bench", "board", "catchup", "demo", "exercises", "hint", "join", "leave", "lesson"),
    *("lint", "prove", "quota", "reset", "solution", "test"),
}
"""Tasks that stand for no docker command of their own."""


def _shown(*words: str) -> str:
    program = [sys.executable, str(Path(sys.executable).with_name("invoke")), "--search-root", str(ROOT)]
    return str(subprocess.run([*program, *words], capture_output=True, text=True, check=True, cwd=ROOT).stdout)


@pytest.mark.parametrize("name", NAMES)
def test_each_task_and_each_flag_has_a_help_text(name: str) -> None:
    shown = _shown("--help", name)
    docstring, _, options = shown.partition("Options:")
    assert len(docstring.split("Docstring:")[1].split()) > 3
    for line in options.splitlines():
        if line.strip().startswith("-"):
            assert re.search(r"\S {2,}\S", line.strip()), f"{line.strip()} has no help"


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WITHOUT_DOCKER])
def test_each_task_names_the_docker_command_it_stands_for(name: str) -> None:
    assert "(docker " in str(tasks.ns.tasks[name].__doc__)


def test_what_is_said_of_mistyped_words_is_wrapped_between_words() -> None:
    pytest.importorskip("termios", reason="needs a terminal of the Unix kind")
    from tests.terminal import Terminal

    words = [sys.executable, str(Path(sys.executable).with_name("invoke")), "--search-root", str(ROOT), "reset"]
    with Terminal(words, columns=40, cwd=ROOT, env={}) as terminal:
        code, shown = terminal.all()
    assert code == 2
    assert [line.rstrip() for line in shown.splitlines()[:2]] == ["Which exercise? Such as: invoke reset", "exercise-1"]


@pytest.mark.parametrize(
    ("words", "shows"),
    [
        (["help"], ["--list"]),
        (["help", "what"], ["--list"]),
        (["help", "explain"], ["--help", "explain"]),
        (["explain", "--help"], ["--help", "explain"]),
        (["verify", "exercise-1", "-h"], ["--help", "verify"]),
    ],
)
def test_help_comes_however_it_is_asked_for(words: list[str], shows: list[str]) -> None:
    assert _shown(*words) == _shown(*shows)
