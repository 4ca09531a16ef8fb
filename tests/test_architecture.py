"""The rules about who may know what, held by the code itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import workshop

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = sorted((ROOT / "workshop").rglob("*.py"))
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
