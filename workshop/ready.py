"""Making a machine ready: an engine, the base images, and for developers their tools."""

from __future__ import annotations

import importlib.util
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence

from . import bases, places
from .changes import size
from .engine import install, preflight
from .trouble import MachineTrouble


def setup(say: Callable[[str], None], *, ask: Callable[[str], bool]) -> None:
    """Make sure that an engine answers and has the base images; says each thing it does, and what there is then.

    Raises:
        MachineTrouble: it can't be had here; says why, and the fix.

    """
    install.ensure_engine(say, ask=ask)
    engine = preflight.look()
    builder = {"buildkit": "BuildKit", "classic": "the classic builder"}.get(engine.builder or "", "no builder")
    say(f"engine   {engine.product} {engine.version}, {engine.platform}, builds with {builder}")
    for base in bases.ensure(say):
        kind = ", a stand-in made on this machine (`invoke pull` fetches the real one)" if base.is_standin else ""
        say(f"image    {base.name}, {size(base.size)}{kind}")


def development_tools(say: Callable[[str], None]) -> None:
    """Install what tests and linters need into this environment, when it is not there."""
    if all(importlib.util.find_spec(name) for name in ("pytest", "hypothesis", "mypy", "ruff")):
        return
    say("tools    installing pytest, ruff and mypy into .venv")
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    words += ["--constraint", str(places.ROOT / "constraints.txt"), "--editable", f"{places.ROOT}[dev]"]
    if subprocess.run(words, check=False).returncode:
        raise MachineTrouble("The test tools could not be installed.", why="pip's words are above.", kind="no-tools")


def pytest(words: str) -> int:
    """Run the test suite, and give its exit code."""
    command = [sys.executable, "-m", "pytest", *shlex.split(words)]
    return subprocess.run(command, cwd=places.ROOT, check=False).returncode


def bench(name: str, words: Sequence[str]) -> int:
    """Run one of the benchmarks, and give its exit code."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *words]
    return subprocess.run(command, cwd=places.ROOT, check=False).returncode


def lint() -> int:
    """Run the linters and the type checker, all of them, and give the worst exit code."""
    commands = (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"])
    runs = [subprocess.run([sys.executable, "-m", *one], cwd=places.ROOT, check=False) for one in commands]
    return max(done.returncode for done in runs)
