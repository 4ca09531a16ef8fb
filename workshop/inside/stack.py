"""An image as the stack it is: which step made which layer, whose it is, how big, shared with whom, what was wasted."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from workshop import bases, changes, names
from workshop.engine import images, labels, preflight
from workshop.engine.api import Refused
from workshop.trouble import NotThere

from . import history, layers

BASE, MINE, OWN = "base", "yours", "its own"
"""Whose a step is: it came with the image below; you added it; or no image is known that it stands on."""


@dataclass(frozen=True)
class Step:
    """One step of an image's history."""

    instruction: str
    """As one writes it in a Dockerfile, as far as the history tells."""
    whose: str
    layer: int = 0
    """The number of the layer it made, the lowest is 1; 0 where it made none."""
    size: int = 0
    """Bytes of the files in its layer, as `docker save` holds them."""
    links: int = 0
    """Bytes of what the symbolic links in its layer point to: some engines count them, too."""
    wasted: int = 0
    """Bytes of these that a later layer deletes or writes again."""
    listed: int | None = None
    """Bytes that `docker history` names for it; None where the two don't go together."""
    shared: tuple[str, ...] = ()
    """Names of other images on this engine that have this very layer, on the same layers below."""

    @property
    def disagrees(self) -> bool:
        """Whether `docker history` names another size."""
        return self.listed not in (None, self.size, self.size + self.links)


@dataclass(frozen=True)
class Hidden:
    """A file that is in the image and that no container sees."""

    path: str
    size: int
    written: int
    """The layer that holds it."""
    gone: int
    """The layer that hides it."""
    deleted: bool
    """Deleted there; else written again."""


@dataclass(frozen=True)
class Stack:
    """An image, its steps in the order in which they were made."""

    name: str
    base: str
    standin: bool
    """Its base was made on this machine instead of pulled."""
    containerd: bool
    """The engine keeps images in containerd's store; only looked up where the sizes disagree."""
    steps: tuple[Step, ...]
    hidden: tuple[Hidden, ...]
    """The largest first."""

    @property
    def layers(self) -> tuple[Step, ...]:
        """The steps that made a layer."""
        return tuple(step for step in self.steps if step.layer)

    def size(self, whose: str = "") -> int:
        """Sum up the layers in bytes: all, or those of one owner."""
        return sum(step.size for step in self.steps if whose in ("", step.whose))

    @property
    def wasted(self) -> int:
        """Bytes that are in the image and that no container sees."""
        return sum(one.size for one in self.hidden)

    @property
    def disagrees(self) -> tuple[Step, ...]:
        """The steps for which `docker history` names another size than the files have."""
        return tuple(step for step in self.steps if step.disagrees)


def read(image: str) -> Stack:
    """Read an image's stack, from the archive that `docker save` writes and from its history.

    Raises:
        NotThere: there is no such image; names the nearest.

    """
    facts = images.inspect(image)
    if facts is None:
        raise _no_such(image)
    base, below = changes.base_of(facts)
    with contextlib.ExitStack() as stack:
        archive = layers.unpack(facts["Id"], stack)
        hidden = wasted(archive.layers)
        steps = _steps(archive.config, archive.layers)
    whose = BASE if base or _is_base(facts) else MINE if _is_ours(facts) else OWN
    inherited = _length(base) if base else len(steps) if whose == BASE else 0
    listed = [int(one["Size"]) for one in reversed(images.history(facts["Id"]))]
    lost = Counter[int]()
    for one in hidden:
        lost[one.written] += one.size
    shared = _shared(facts)
    steps = [
        replace(
            step,
            whose=_whose(whose, base, step, inherited=number < inherited, below=below),
            wasted=lost[step.layer] if step.layer else 0,
            listed=listed[number] if len(listed) == len(steps) else None,
            shared=tuple(name for name, common in shared if 0 < step.layer <= common),
        )
        for number, step in enumerate(steps)
    ]
    containerd = any(step.disagrees for step in steps) and preflight.look().containerd_store
    return Stack(image, base, bases.is_standin(facts), containerd, tuple(steps), tuple(hidden))


def _whose(whose: str, base: str, step: Step, *, inherited: bool, below: int) -> str:
    if not base:
        return whose
    return BASE if (step.layer <= below if step.layer else inherited) else MINE


def _no_such(image: str) -> NotThere:
    known = [tag.removesuffix(":latest") for one in images.listing() for tag in changes.names_of(one)]
    near = names.nearest(image, known)
    return NotThere(
        f"There is no image called {image}.",
        why=f"There is {near}." if near else "An image must be built or pulled before it can be looked at.",
        fix=[f"invoke layers --image {near}" if near else "invoke build", "invoke images   (all there are)"],
    )


def _is_base(facts: dict[str, Any]) -> bool:
    return any(tag.removesuffix(":latest") in bases.BASE_IMAGES for tag in facts["RepoTags"])


def _is_ours(facts: dict[str, Any]) -> bool:
    return labels.CHECKOUT in (facts["Config"].get("Labels") or {})


def _length(base: str) -> int:
    """Count the steps of the base image; 0 where it is gone by now."""
    with contextlib.suppress(Refused):
        return len(images.history(base))
    return 0


def _steps(config: dict[str, Any], found: Sequence[layers.Layer]) -> list[Step]:
    """Pair the history with the layers; layers of which it says nothing come first, as in a squashed image."""
    said = config.get("history") or []
    making = [one for one in said if not one.get("empty_layer")]
    said = [{}] * (len(found) - len(making)) + said
    steps, number = [], 0
    for one in said:
        step = Step(history.instruction(str(one.get("created_by") or "")), OWN)
        if not one.get("empty_layer") and number < len(found):
            number += 1
            made = found[number - 1]
            step = replace(step, layer=number, size=made.size, links=made.links)
        steps.append(step)
    return steps


def _shared(facts: dict[str, Any]) -> list[tuple[str, int]]:
    """List the other named images that begin with the same layers, and how many those are; the nearest kin first."""
    chain, kin = facts["RootFS"]["Layers"], []
    for one in images.listing():
        found = changes.names_of(one)
        its = images.inspect(one["Id"]) if found and one["Id"] != facts["Id"] else None
        theirs = its["RootFS"]["Layers"] if its else []
        common = next((n for n, pair in enumerate(zip(chain, theirs, strict=False)) if pair[0] != pair[1]), None)
        common = min(len(chain), len(theirs)) if common is None else common
        kin += [(tag.removesuffix(":latest"), common) for tag in found if common]
    return sorted(kin, key=lambda pair: (-pair[1], pair[0] not in bases.BASE_IMAGES, pair[0]))


def wasted(found: Sequence[layers.Layer]) -> list[Hidden]:
    """Find the files that a later layer deletes or writes again, the largest first.

    Also a change of owner or mode alone writes a file again, whole. A name that is hidden twice counts twice.
    """
    seen: dict[str, tuple[int, layers.Entry]] = {}
    hidden: list[Hidden] = []

    def hide(path: str, by: int, *, deleted: bool, inner: bool) -> None:
        gone = [path, *(other for other in seen if inner and other.startswith(f"{path}/"))]
        for one in gone:
            number, entry = seen.pop(one)
            if entry.size:
                hidden.append(Hidden(one, entry.size, number, by, deleted or one != path))

    for number, layer in enumerate(found, 1):
        for entry in layer.entries:  # what it deletes was there before it; its own files come after
            if entry.deletes and entry.path in seen:
                hide(entry.path, number, deleted=True, inner=seen[entry.path][1].is_dir)
        for entry in layer.entries:
            if entry.path in seen and not entry.deletes:
                hide(entry.path, number, deleted=False, inner=seen[entry.path][1].is_dir and not entry.is_dir)
            if not entry.deletes:
                seen[entry.path] = (number, entry)
    return sorted(hidden, key=lambda one: (-one.size, one.path))
