"""What an image ships above its base: how much, and whether things are in it that should have stayed behind."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import packed

if TYPE_CHECKING:
    from workshop.inside.layers import Layer

    from .lab import Image, Lab
    from .verdict import Where

_SCRATCH = ("/tmp/", "/var/tmp/", "/root/")  # noqa: S108 - in the image; nothing is written there
"""Where steps leave what nobody needs."""


@dataclass(frozen=True)
class Found:
    """Something that is in an image and should not be."""

    what: str
    path: str
    """Absolute; empty where it is not in a file but in the image's settings or history."""
    covered: bool = False
    """A later layer replaced or deleted it; who has the image can still read it."""
    layer: int = field(default=-1, compare=False)
    """Which of the layers has it, the lowest is 0; -1 where it is in none."""
    mark: str = field(default="", compare=False)
    """What was found."""

    def __str__(self) -> str:
        return f"{self.path or 'settings or history'}{' (deleted later, still shipped)' if self.covered else ''}"


def find(image: Image, layers: list[Layer], marks: Iterable[tuple[str, str]]) -> list[Found]:
    """Find marks, each with what it stands for, in `layers` (of `image`, lowest first), in its settings and history."""
    marks = list(marks)
    words = [mark.encode() for _, mark in marks]
    found = []
    for number, layer in enumerate(layers):
        for path, entry in layer.files.items():
            held = packed.held(layer.read(path) if entry.is_file else b"", words)
            for what, mark in marks:
                if mark in path or mark.encode() in held:
                    found.append(Found(what, f"/{path}", _covered(layers[number + 1 :], path), number, mark))
    settings = json.dumps([image.config, image.history], ensure_ascii=False, default=str)
    held = packed.held(settings.encode(), words)
    return [*found, *(Found(what, "", mark=mark) for what, mark in marks if mark.encode() in held)]


def _covered(above: list[Layer], path: str) -> bool:
    """Whether one of the layers `above` replaces or deletes `path`, or deletes a folder it is in."""
    return any(layer.hides(path) for layer in above)


def place_of(layers: list[Layer], name: str) -> str:
    """Find the file called `name` that a container sees, the highest layer's first: its path, or nothing."""
    for number in range(len(layers) - 1, -1, -1):
        for path in layers[number].files:
            if path.rpartition("/")[2] == name and not _covered(layers[number + 1 :], path):
                return f"/{path}"
    return ""


def telling(lab: Lab, text: str) -> Where | None:
    """Quote the line of the Dockerfile that tells `text`, or may do so."""
    line = next((one for one in lab.dockerfile.instructions if text in one.text), None)
    return lab.line(line.first_line) if line else lab.where("ENV", "ARG", "LABEL", "RUN")


def must_ship_nothing_of(lab: Lab, image: Image, base: str, found: list[Found], kinds: Mapping[str, str]) -> None:
    """Not there yet when something was found in `image`, in its layers above `base` or else.

    `kinds` maps each `what` to words for it, the worst first.
    """
    if not found:
        return
    found = sorted(dict.fromkeys(found), key=lambda one: list(kinds).index(one.what))
    worst = found[0]
    look = f"docker history --no-trunc {lab.image_name}"
    if all(one.covered for one in found):
        reason, why = "deleted-is-not-gone", "A later line deletes it, and the layer that brought it is still shipped."
        hint = "what is never brought into the last stage needs no deleting"
    elif not worst.path:
        reason, why = f"{worst.what}-in-settings", f"{kinds[worst.what]} stands in the image's settings or its history."
        hint = "what do ENV, ARG, LABEL and RUN lines leave behind?"
    else:
        reason, why = f"{worst.what}-in-image", f"{kinds[worst.what]} is in the image; who has the image can read it."
        hint = "which line brings it along, and what else does that line bring?"
        look = f"docker run --rm --user 0 --entrypoint ls {lab.image_name} -la {worst.path.rpartition('/')[0] or '/'}"
    lab.not_yet(
        reason,
        why,
        expected="only what visitors get",
        actual="\n".join([*dict.fromkeys(map(str, found))][:8]),
        hint=hint,
        look=look,
        where=lab.made_layer(worst.layer, base, image) if worst.path else telling(lab, worst.mark),
    )


def must_be_small(lab: Lab, image: Image, limit: int, bases: Sequence[str]) -> None:
    """Not there yet, with the cause, when the layers of `image` above that of `bases` it stands on hold too much.

    `limit` is the number of bytes that is too much.
    """
    base = next(filter(image.is_on, bases), None)
    layers = image.layers_above(base or bases[0])
    size = sum(layer.size for layer in layers)
    if size < limit:
        return
    files = [(f"/{entry.path}", entry.size, number) for number, layer in enumerate(layers) for entry in layer.entries]
    largest = sorted(files, key=lambda one: -one[1])[:3]
    path, length, number = largest[0]
    where = lab.made_layer(number, base or bases[0], image)
    if base is None:
        reason, why = (
            "not-on-a-base",
            "The image stands on no base image that others share: it brings all files itself.",
        )
        hint, where = "what does the last FROM name, and what comes in by COPY?", lab.where("FROM")
    elif len(lab.file(path, base) or b"") == length:
        reason, why = "files-copied-by-chown", "chown and chmod write a new copy of each file they touch into a layer."
        hint = "which folders does the server write to? They are nearly empty"
    elif path.startswith(_SCRATCH):
        reason, why = "leftovers-in-a-layer", "A step leaves files behind that nobody needs, and its layer keeps them."
        hint = "where should that step run, so that its leftovers are not shipped?"
    elif where and where.text.upper().startswith(("COPY", "ADD")):
        reason, why = "copied-everything", "This line takes along far more than what visitors get."
        hint = "which folder has only what is needed?"
    else:
        reason, why = "too-big", "The layers hold more than is needed."
        hint = "which line of the history has the bytes?"
    lab.not_yet(
        reason,
        why,
        expected=f"less than {limit:,} bytes above the base",
        actual=f"{size:,} bytes, most of them in:\n" + "\n".join(f"{some:>12,}  {name}" for name, some, _ in largest),
        hint=hint,
        look=f"docker history {lab.image_name}",
        where=where,
    )
