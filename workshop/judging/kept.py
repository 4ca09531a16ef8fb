"""Which image an exercise has kept: the learner may look into it, and it is the next build's cache."""

from __future__ import annotations

import contextlib

from workshop import places


def replaced(exercise: str, image_id: str) -> list[str]:
    """Keep the ID of the image that was built for an exercise; give the one it replaces, if that is another."""
    file = places.STATE / "images" / exercise
    before = ""
    with contextlib.suppress(OSError):
        before = file.read_text("utf-8").strip()
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(image_id, "utf-8")
    return [before] if before.startswith("sha256:") and before != image_id else []
