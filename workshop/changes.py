"""What a command changed on the engine, in a line or two."""

from __future__ import annotations

from typing import Any

from .bases import BASE_IMAGES
from .engine import images, labels
from .engine.api import Refused

_SHORT = 12
"""Characters of an ID that Docker itself shows."""


def short(identifier: str) -> str:
    """Shorten an ID as Docker's own listings do."""
    return identifier.removeprefix("sha256:")[:_SHORT]


def size(amount: float) -> str:
    """Write a number of bytes as `docker images` does, in powers of ten: 1.2 kB, 45.3 MB."""
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":  # noqa: PLR2004 - docker/go-units counts in thousands
            return f"{amount:.3g} {unit}" if unit != "B" else f"{amount:.0f} B"
        amount /= 1000
    raise AssertionError


def image(name: str, facts: dict[str, Any]) -> str:
    """Describe an image: `image NAME ID · N layers, M of them BASE's · SIZE of its own`."""
    chain = facts["RootFS"]["Layers"]
    base, shared = base_of(facts)
    own = _written(facts["Id"]) - (_written(base) if base else 0)
    layers = f"{len(chain)} layer" + ("s" if len(chain) != 1 else "")
    if base:
        layers += f", {'all' if shared == len(chain) else shared} of them {base}'s"
    added = f"{size(own)} of its own" if len(chain) > shared else "nothing of its own yet"
    return f"image {name} {short(facts['Id'])} · {layers} · {added}"


def base_of(facts: dict[str, Any]) -> tuple[str, int]:
    """Find the tagged image on whose layers this one stands, and how many those are; ("", 0) for none.

    One of the workshop's base images where there is one below, else the highest that the workshop did not build: what
    you built before, and build upon, is still yours.
    """
    chain = facts["RootFS"]["Layers"]
    best, theirs = ("", 0), False
    # Of two images with the same layers the workshop's base is the base, else the older one.
    for one in sorted(images.listing(), key=lambda listed: (not _workshops(listed), listed["Created"])):
        ours = _workshops(one)
        tags = ours or names_of(one)
        if theirs and not ours:
            break
        if one["Id"] == facts["Id"] or not tags or labels.CHECKOUT in (one.get("Labels") or {}):
            continue
        if one["Created"] > _created(facts):
            continue
        its = images.inspect(one["Id"])  # None where it was removed a moment ago
        below = its["RootFS"]["Layers"] if its else []
        if best[1] < len(below) <= len(chain) and chain[: len(below)] == below:
            best, theirs = (tags[0].removesuffix(":latest"), len(below)), bool(ours)
    return best


def names_of(listed: dict[str, Any]) -> list[str]:
    """Give the names that an image of `images.listing` has for people: not a verification's own."""
    return [tag for tag in listed["RepoTags"] if not tag.startswith(f"{labels.LAB_IMAGES}:")]


def _workshops(listed: dict[str, Any]) -> list[str]:
    return [tag for tag in listed["RepoTags"] if tag.removesuffix(":latest") in BASE_IMAGES]


def _created(facts: dict[str, Any]) -> float:
    """Read when an image was made, in seconds since 1970; images made later can't be its base."""
    import datetime

    stamp = str(facts.get("Created") or "")
    try:
        return datetime.datetime.fromisoformat(stamp[:19] + "+00:00").timestamp() + 1
    except ValueError:
        return float("inf")


def _written(image_id: str) -> int:
    """Sum up the bytes that all steps of an image wrote; 0 for one that is gone by now."""
    try:
        return sum(step["Size"] for step in images.history(image_id))
    except Refused:
        return 0
