"""On a terminal that has only ASCII, or a Windows code page, words and letters stand in for signs."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from tests.conftest import ROOT
from workshop import report, spelling
from workshop.judging.verdict import Finding, Outcome, Result, Verdict, Where
from workshop.report import terminal

SOURCES = [*ROOT.glob("*tasks.py"), *(ROOT / "workshop").rglob("*.py"), *(ROOT / "solutions").glob("*/check.py")]
CODE_PAGES = ["ascii", "cp1252", "cp437", "cp850", "cp1251"]


def test_no_sign_of_ours_becomes_a_question_mark() -> None:
    used = {one for file in SOURCES for one in file.read_text("utf-8") if ord(one) > 127}
    lost = {one for one in used if "?" in one.encode("ascii", spelling.HANDLER).decode()}
    assert lost <= {"�"}


@pytest.mark.parametrize("encoding", CODE_PAGES)
def test_a_verdict_can_be_read_without_its_signs(encoding: str) -> None:
    where = Where("Dockerfile", 2, "COPY “a” …")
    checks = (
        Result("a", "It builds", Outcome.PASSED, notes=("a → b",)),
        Result("b", "It runs", Outcome.FAILED, finding=Finding("x", why="x · y", expected="…", where=where)),
    )
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding=encoding, errors=spelling.HANDLER)
    report.verdict(Verdict("exercise-1", "x", checks), to=Console(file=stream, width=80, force_terminal=True))
    stream.flush()
    shown = written.getvalue().decode(encoding)
    assert "    pass   It builds" in report.clean(shown)
    assert "    FAIL   It runs" in report.clean(shown)
    assert "?" not in shown


@pytest.mark.parametrize("encoding", ["ascii", "cp437"])
def test_the_list_of_tasks_needs_no_unicode(encoding: str) -> None:
    """Invoke prints the list itself, before anything of ours is shown."""
    env = {**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": encoding}
    program = str(Path(sys.executable).with_name("invoke"))
    task = [sys.executable, program, "--search-root", str(ROOT), "--list"]
    done = subprocess.run(task, capture_output=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    assert b"docker rm -f ..." in done.stdout


def test_what_can_be_shown_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert spelling.can_show("✓", "utf-8")
    assert not spelling.can_show("✓", "cp1252")
    assert not spelling.can_show("✓", None)
    assert not spelling.can_show("✓", "no-such-encoding")
    assert spelling.can_show("…", "cp1252")
    out = Console(file=io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    assert terminal.signed("✓", "pass", out) == "✓ pass"
    monkeypatch.setattr(sys, "platform", "win32")
    assert report.typed(["docker", "build", "C:\\my folder"]) == 'docker build "C:\\my folder"'
