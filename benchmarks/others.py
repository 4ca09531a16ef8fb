"""The peers: exercise 1's checks in other tools, each in a whole process, as its users start it."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import Work, process
from workshop import places

PEERS = Path(__file__).parent / "peers"
HOME = places.STATE / "peers"


def ready() -> None:
    """Install the peers, each time anew if need be: into an environment of their own, so that ours stays as it is."""
    if not (HOME / "bin" / "check50").is_file():
        print("Installing the peers …", file=sys.stderr)
        venv.create(HOME, with_pip=True, clear=True)
        wanted = ["--requirement", str(PEERS / "requirements.txt")]
        subprocess.run([HOME / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", *wanted], check=True)


def peers(folder: Path) -> Iterator[Work]:
    """Give the peers' runs on the answer in `folder`; each cleans up behind itself, as ours does."""
    yield Work("shell script", process("sh", str(PEERS / "exercise_1.sh"), str(folder)))
    pytest = [str(HOME / "bin" / "pytest"), "-q", "-p", "no:cacheprovider", "-c", "/dev/null"]
    said = {"ANSWER": str(folder), "TESTCONTAINERS_RYUK_DISABLED": "true"}
    for name in ("testcontainers", "testinfra"):
        yield Work(f"pytest, {name}", process(*pytest, str(PEERS / f"test_with_{name}.py"), cwd=folder, **said))
    words = ["--dev", "--output", "json", "--output-file", str(folder.parent / "check50.json")]
    checks = str(PEERS / "check50_exercise_1")
    yield Work("check50", process(str(HOME / "bin" / "check50"), *words, checks, cwd=folder))
