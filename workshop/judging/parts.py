"""Which files judge: the library, and what of an exercise's answer key its checks are made of."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from workshop import places

if TYPE_CHECKING:
    from workshop.exercises import Exercise

_NO_CHECK = ("wrong", "right", "why.md", "hints.md", "equal-mutants.md")
"""Parts of an answer key that judge nothing."""


def of_library() -> list[Path]:
    """List the library that the checks are written with."""
    return sorted(path for path in _files(places.ROOT / "workshop") if path.suffix == ".py")


def of_checks(exercise: Exercise) -> list[Path]:
    """List what judges this exercise: its checks, the starter, and the model answer that checks compare with."""
    return sorted(_files(exercise.key, but=_NO_CHECK))


def _files(folder: Path, but: tuple[str, ...] = ()) -> Iterator[Path]:
    """List all files; `but` are names in the folder itself, which are not gone into: there are many known answers."""
    for at, below, names in os.walk(folder):
        left_out = ("__pycache__", *(but if Path(at) == folder else ()))
        below[:] = [one for one in below if one not in left_out]
        yield from (Path(at, one) for one in names if one not in left_out)
