"""What an exercise has kept on the engine: its image, to look into, and what the classic builder left beside it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from pathlib import Path

from workshop import places
from workshop.engine import sweep

_ID = re.compile(r"sha256:[0-9a-f]{64}|[0-9a-f]{12}")


def noted(exercise: str) -> list[str]:
    """List the IDs of an exercise's image, and of what the classic builder left beside it."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return [one for one in _file(exercise).read_text("utf-8").split() if _ID.fullmatch(one)]
    return []


def among(images: Iterable[str], exercise: str) -> list[str]:
    """Give those of `images`, whole IDs, that are noted for an exercise."""
    return sorted(sweep.beginning(images, noted(exercise)))


def keep(exercise: str, image_id: str, tips: Iterable[str]) -> list[str]:
    """Note what a build made for an exercise; give the IDs of what it replaces.

    A build that failed, without `image_id`, replaces nothing.
    """
    before = noted(exercise)
    now = list(dict.fromkeys([image_id, *tips] if image_id else [*before, *tips]))
    with contextlib.suppress(OSError):
        _file(exercise).parent.mkdir(parents=True, exist_ok=True)
        _file(exercise).write_text("\n".join(now), "utf-8")
    return [one for one in before if one not in now]


def _file(exercise: str) -> Path:
    return places.STATE / "images" / exercise
