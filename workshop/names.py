"""Docker's rules for names, said before Docker says them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from .trouble import Usage

# Source of both rules: distribution/reference (image names) and moby's daemon/names (container names).
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"(?:[a-zA-Z0-9.-]+(?::[0-9]+)?/)?"
_IMAGE = re.compile(rf"{_HOST}{_PART}(?:/{_PART})*(?::[\w][\w.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?", re.ASCII)
_REGISTRY = re.compile(r"(?:[a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?", re.ASCII)
_CONTAINER = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")


def image(name: str) -> str:
    """Give `name` back when Docker takes it as an image's name.

    Raises:
        Usage: Docker would refuse it; says the rule and a name that would do.

    """
    if _IMAGE.fullmatch(name):
        return name
    tame = re.sub(r"[^a-z0-9./:_-]+", "-", name.lower()).strip("-./:_") or "banana-smith-image"
    raise Usage(
        f"Docker would refuse the image name {name!r}.",
        why="An image's name has lower-case letters, digits, and single . _ or - between them; a tag follows a colon.",
        fix=f"--image {tame}" if _IMAGE.fullmatch(tame) else "--image banana-smith-image",
    )


def container(name: str) -> str:
    """Give `name` back when Docker takes it as a container's name.

    Raises:
        Usage: Docker would refuse it; says the rule and a name that would do.

    """
    if _CONTAINER.fullmatch(name):
        return name
    tame = re.sub(r"[^a-zA-Z0-9_.-]+", "-", name).strip("-._")
    raise Usage(
        f"Docker would refuse the container name {name!r}.",
        why="A container's name has two or more letters, digits, _ . or -, and starts with a letter or a digit.",
        fix=f"--container {tame if len(tame) > 1 else 'banana-smith-container'}",
    )


def registry(address: str, task: str) -> str:
    """Give the HOST:PORT of a registry, also of one that was typed as a web address.

    A word without a dot or a port is none to Docker, which looks for it on Docker Hub.

    Raises:
        Usage: it is no address; `task` is what takes one.

    """
    place = re.sub(r"https?://", "", address.strip(), flags=re.IGNORECASE).rstrip("/")
    if _REGISTRY.fullmatch(place) and (place == "localhost" or re.search(r"[.:]", place)):
        return place
    raise Usage(
        f"{address!r} is no address of a mirror.",
        why="It has a host and a port, as the mirror itself prints them.",
        fix=f"invoke {task} --mirror 192.168.1.5:5001",
    )


def whole(name: str) -> str:
    """Name an image with its tag: busybox:latest."""
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


_LOOK_ALIKE = str.maketrans("li|o", "1110")
"""Letters that are read, and typed, for digits: exercise-l."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Find the known word that `word` was probably meant to be, or None: first of all one that looks the same."""
    known = list(known)
    same = (one for one in known if one.lower().translate(_LOOK_ALIKE) == word.lower().translate(_LOOK_ALIKE))
    return next(same, None) or next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.5)), None)
