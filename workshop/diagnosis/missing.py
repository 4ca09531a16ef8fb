"""Why a command in RUN did not find a file: not brought into the image, only later, under another name, or ignored."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from workshop.dockerfile.stages import above, below, kept

from .ignored import ignoring

if TYPE_CHECKING:
    from workshop.dockerfile import Instruction

    from .refine import Scene

REASON = "file-not-in-image"


def refine(scene: Scene, files: list[str]) -> tuple[str, str, dict[str, str]]:
    """Tell the cases apart; `files` are those of the learner's folder, with / between parts, nearest first."""
    named = scene.groups.get("file", "")
    if ".." in named.split("/"):
        return REASON, "outside", {}
    bare = posixpath.normpath(named).lstrip("/")
    one, file = scene.instruction, scene.file
    folder = posixpath.dirname(named) or "."
    if one is None or file is None or one.keyword != "RUN":
        return REASON, "", {"folder": folder}
    last_two = "/".join(bare.split("/")[-2:])  # it may be a pattern for which the shell found nothing
    here = [f for f in files if fnmatch(f, bare)] or [f for f in files if "*" in bare and fnmatch(f, last_two)]
    here = here or [f for f in files if posixpath.basename(f) == posixpath.basename(bare)]
    mine = here[0] if here else ""
    earlier = next((other for other in reversed(above(file, one)) if mine and takes(other, mine)), None)
    waiting = next((keeper for keeper, inner in kept(above(file, one)) if _brings(inner, mine, named)), None)
    later = next((other for other in below(file, one) if _brings(other, mine, named)), None)
    if earlier is not None:
        pattern = ignoring(scene.context / ".dockerignore", mine) if scene.context else None
        if pattern:
            return REASON, "ignored", {"file": mine, "pattern": pattern}
        line = {"line": str(earlier.first_line), "destination": earlier.destination or "", "folder": folder}
        return REASON, "backslash" if "\\" in line["destination"] else "elsewhere", line
    others = (other for other in file.instructions if other.stage not in (None, one.stage))
    speaks = waiting or later or next((other for other in others if _brings(other, mine, named)), None)
    if speaks is not None:
        detail = "kept" if waiting else "later" if later else "other-stage"
        return REASON, detail, {"line": str(speaks.first_line)}
    return (REASON, "not-copied", {"file": mine}) if mine else (REASON, "", {"folder": folder})


def folder(scene: Scene) -> tuple[str, str, dict[str, str]]:
    """Tell which image the step is in, where that is easily mistaken."""
    return scene.reason, "stage" if scene.file and len(scene.file.stages) > 1 else "", {}


def _brings(one: Instruction, mine: str, named: str) -> bool:
    """Whether an instruction brings the learner's file, or at least speaks of the path."""
    path = named.partition("*")[0].rstrip("/")
    return takes(one, mine) if mine else path.startswith("/") and path in one.text


def takes(one: Instruction, name: str) -> bool:
    """Whether a COPY or ADD takes this file of the folder."""
    if not name or one.flag("from") is not None:
        return False
    for source in one.sources:
        plain = posixpath.normpath(source.lstrip("/") or ".")
        parents = [name, *(name.rsplit("/", count)[0] for count in range(1, name.count("/") + 1))]
        if plain == "." or any(fnmatch(parent, plain) for parent in parents):
            return True
    return False
