"""Doubts that depend on the learner's folder: what COPY and ADD name in it, and what RUN removes of it too late."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from workshop.diagnosis.ignored import ignoring
from workshop.diagnosis.sources import walk
from workshop.dockerfile.stages import above

from .doubt import ADDRESS, ARCHIVE, Found
from .paths import IGNORE_FILES, join, keeps_out, there, working_folder
from .shell import lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workshop.dockerfile import Dockerfile, Instruction

Look = Callable[["Instruction", "Dockerfile", "Path | None"], Iterable[Found]]

EVERYTHING = (".", "./", "*")


def _sources(one: Instruction, _: Dockerfile, folder: Path | None) -> Iterator[Found]:
    for word in one.words:
        if word.text.startswith("#") and not one.json_form:
            message = "This is no comment: behind COPY every word is a file name, and the last one the destination."
            yield Found("comment-behind", message, "Give the comment a line of its own.", word.text)
            return
    for source in one.sources if not one.flag("from") else ():
        if ".." in source.split("/"):
            message = f"“{source}” lies outside the folder; the builder sees only that folder."
            yield Found("copy-outside-folder", message, "Put the file into the folder.", source)
        elif source.startswith("/") and source != "/":
            message = f"“{source}” does not begin at your disk, but at the folder that Docker was given."
            yield Found("copy-from-disk", message, _from_the_folder(source, folder), source)
        elif one.keyword == "COPY" and ADDRESS.search(source) and "://" in source:
            yield Found("copy-takes-no-address", "COPY takes files, not addresses.", "Use ADD for an address.", source)
        elif source in EVERYTHING and not keeps_out(folder):
            message = "This takes everything in the folder, and any change there builds all below anew."
            yield Found("copies-everything", message, "Name what is needed, or write a .dockerignore.", source)


def _from_the_folder(source: str, folder: Path | None) -> str:
    """Say how to name what was named with a path of the disk, or of the folder with a / in front."""
    name = posixpath.basename(source.rstrip("/"))
    if folder is not None and there(folder, source):
        return "Leave out the / in front."
    if folder is not None and there(folder, name):
        return f"The folder has {name}: name it from there, with nothing in front."
    return f"Put it into the folder, and name it from there: {name}"


def _removed_later(one: Instruction, file: Dockerfile, folder: Path | None) -> Iterator[Found]:
    """Find an rm of what an earlier step made: that layer keeps it."""
    at = working_folder(file, one)
    for command in lines(one):
        if command.program == "cd" and len(command.words) > 1:
            at = join(at, command.words[1])
        if command.program != "rm":
            continue
        for path in command.words[1:]:
            if path.startswith("-") or not path.strip("/*"):
                continue
            for other in above(file, one):
                if _brings(other, join(at, path), file, folder) or _makes(other, path.rstrip("/*")):
                    message = f"“{path}” stays in the layer of line {other.first_line}; this only hides it."
                    better = "Remove it in the step that makes it, or don't copy it."
                    yield Found("removed-too-late", message, better, path)
                    break


def _makes(one: Instruction, path: str) -> bool:
    """Whether the command of a step names the path."""
    return one.keyword == "RUN" and any(
        path in word for command in lines(one) if command.program != "rm" for word in command.words
    )


def _brings(one: Instruction, removed: str, file: Dockerfile, folder: Path | None) -> bool:
    """Whether a COPY or ADD brings what an rm of this path, or pattern, takes away again."""
    if one.keyword not in ("COPY", "ADD") or not one.destination:
        return False
    to = join(working_folder(file, one), one.destination)
    if _takes_away(to, removed) or (to == posixpath.dirname(removed) and posixpath.basename(removed) == "*"):
        return True
    below = posixpath.relpath(removed, to) if removed.startswith("/") == to.startswith("/") else ".."
    if below.startswith(".."):
        return False
    mine = folder if not one.flag("from") else None
    return any(_holds(one, source, below, mine) for source in one.sources)


def _holds(one: Instruction, source: str, below: str, folder: Path | None) -> bool:
    """Whether this source lies, or has something, at the path `below` the destination.

    A folder brings what is in it, not itself. Of one that can't be looked into all is believed.
    """
    if source.endswith("/") or source in EVERYTHING or (one.keyword == "ADD" and ARCHIVE.search(source)):
        unseen = True
    else:
        unseen = _takes_away(posixpath.basename(source), below)
    found = there(folder, source) if folder is not None else []
    if folder is None or not found:
        return unseen
    for path in found:
        inside = walk(path) if path.is_dir() else [""]
        for name in inside:
            ours = (path / name).relative_to(folder).as_posix()
            ignored = (ignoring(folder / ignore, ours) for ignore in IGNORE_FILES)
            if _takes_away(name or path.name, below) and not any(ignored):
                return True
    return False


def _takes_away(path: str, removed: str) -> bool:
    """Whether an rm of `removed`, a path or a pattern, takes `path` away: it, or a folder above it."""
    while path and path not in ("/", "."):
        if fnmatch(path, removed):
            return True
        path = posixpath.dirname(path)
    return False


CHECKS: dict[str, tuple[Look, ...]] = {"COPY": (_sources,), "ADD": (_sources,), "RUN": (_removed_later,)}
