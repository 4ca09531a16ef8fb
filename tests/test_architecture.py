"""The rules about who may know what, held by the code itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import workshop

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = sorted((ROOT / "workshop").rglob("*.py"))
ROOMS = (
    "dockerfile",
    "engine",
    "inside",
    "diagnosis",
    "explain",
    "standin",
    "judging",
    "supplies",
    "doctor",
    "joining",
    "steps",
    "learning",
    "proof",
    "classroom",
    "board",
)
"""The library's rooms: each may know those before it. `report` shows what they all find, and knows of them by name."""
LONGEST = 400
"""Lines of a file in which one still finds one's way."""


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("file", LIBRARY, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_each_room_imports_only_what_it_may(file: Path) -> None:
    imported = set(_imports(file))
    assert "invoke" not in imported or file.name == "tasking.py"
    if "engine" not in file.parts:
        assert not imported & {"docker", "python_on_whales"}
    if "report" not in file.parts:
        assert "rich" not in imported
    if file.name not in ("crew.py", "machines.py"):
        assert not imported & {"distributed", "dask"}
    if "board" not in file.parts:
        assert "tornado" not in imported


def _rooms(file: Path) -> set[str]:
    """Give the rooms whose modules a file imports when it runs; for a type checker it may name any."""
    tree = ast.parse(file.read_text("utf-8"))
    for_types = {
        node
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node not in for_types:
            package = file.relative_to(ROOT).parts[: -node.level] if node.level else ()
            module = [*package, *(node.module or "").split(".")] if node.module else list(package)
            found |= {[*module, alias.name][1] for alias in node.names if module[0] == "workshop"}
    return found & {*ROOMS, "report"}


@pytest.mark.parametrize("room", ROOMS)
def test_imports_go_one_way(room: str) -> None:
    files = (ROOT / "workshop" / room).rglob("*.py")
    upward = {f"{file.name} imports {other}" for file in files for other in _rooms(file) if _above(other, room)}
    assert not upward


def _above(other: str, room: str) -> bool:
    return other != "report" and ROOMS.index(other) > ROOMS.index(room)


def test_every_room_has_its_place() -> None:
    rooms = {folder.name for folder in (ROOT / "workshop").iterdir() if (folder / "__init__.py").is_file()}
    assert rooms == {*ROOMS, "report"}
    listed = re.findall(r"^\| (`.+?) \|", (ROOT / "docs" / "architecture.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", " ".join(listed))) == sorted(rooms)
    lab = ROOT / "workshop" / "judging" / "lab.py"
    assert _rooms(lab) == {"dockerfile", "engine", "inside", "judging"}, (
        "what it names for a type checker only does not count"
    )


@pytest.mark.parametrize("file", sorted((ROOT / "solutions").glob("*/check.py")), ids=lambda file: file.parent.name)
def test_a_check_uses_no_more_than_the_library(file: Path) -> None:
    assert not set(_imports(file)) & {"docker", "python_on_whales", "rich", "invoke", "subprocess", "requests"}


def test_the_public_names_are_few_and_known() -> None:
    assert set(workshop.__all__) == {"Finding", "Image", "Lab", "Layer", "NotYet", "Response", "Where", "after"}


def test_no_file_is_too_long_to_find_ones_way_in() -> None:
    folders = ("workshop", "tests", "solutions", "benchmarks")
    files = [*ROOT.glob("*tasks.py"), *(path for folder in folders for path in (ROOT / folder).rglob("*.py"))]
    assert not [path for path in files if len(path.read_text("utf-8").splitlines()) > LONGEST]


def test_listing_the_tasks_imports_nothing_heavy() -> None:
    heavy = ("docker", "python_on_whales", "rich", "requests", "pydantic", "distributed", "tornado")
    script = f"import sys, tasks; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
