"""`invoke explain`: a Dockerfile, or an error of Docker's, in plain words."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from workshop import exercises, names, places
from workshop.trouble import MachineTrouble, NotThere, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workshop.dockerfile import Dockerfile
    from workshop.explain import Explanation

_LONGEST = 1_000_000
"""Bytes of a Dockerfile that are read; a long one has ten thousand."""
_WAYS = ["invoke explain --error 'the text, in single quotes'", "docker build . 2>&1 | invoke explain --error -"]
"""How an error's text is given. Between double quotes the shell would take away those of the text."""


def dockerfile(what: str | None, *, image: str | None = None, lessons: str = "") -> None:
    """Explain a Dockerfile: of an exercise, of a folder, or that file; the lesson's by default.

    Sizes come from `image`, else from the one that the tasks build from that folder (`lessons` for the lesson).

    Raises:
        Usage: there is none, or `image` is none.
        NotThere: it has no instruction at all.

    """
    from workshop import report
    from workshop.dockerfile import finding, parse
    from workshop.explain import explain

    file = find(what)
    with file.open("rb") as stream:
        parsed = parse(stream.read(_LONGEST))
    if not parsed.instructions:
        said = parsed.errors[0].message if parsed.errors else "It has no instructions."
        raise NotThere(f"{places.as_typed(file)} can't be explained: {said}")
    explained = explain(parsed, buildkit=_buildkit(), folder=file.parent)
    name = image or _image_of(file.parent, lessons)
    sizes, said = _sizes(name, parsed, explained, file.parent, asked=image is not None) if name else (None, "")
    report.dockerfile(places.as_typed(file), parsed, explained, sizes=sizes or {}, inherits=_inherits(parsed))
    if file.name == finding.ALSO_TAKEN:
        report.say(f"\n{finding.NOTE}")
    if said:
        report.say(f"\n{said}")


def one_of(what: str | None, path: str | None) -> str | None:
    """Give the one that was typed.

    Raises:
        Usage: both were.

    """
    if what and path:
        raise Usage(f"Which one: {what!r}, or --path {path}?", fix=f"invoke explain {what}")
    return what or path


def find(what: str | None) -> Path:
    """Find the Dockerfile that is meant."""
    what = what or exercises.here()
    if not what:
        return _inside(places.LESSON)
    file = Path(what).expanduser()
    if not file.exists():
        name = re.split(r"[/\\]", what.rstrip("/\\"))[-1]
        if name == places.LESSON.name:
            return _inside(places.LESSON)
        known = {one.name: one for one in exercises.every()}
        number = f"exercise-{int(name)}" if name.isascii() and name.isdigit() else name.lower()
        if number in known:
            return _inside(known[number].folder)
        near = None if exercises.is_numbered(number) else names.nearest(name, [*known, places.LESSON.name])
        raise Usage(
            f"There is no folder and no exercise called {what!r}." + (f" Did you mean {near}?" if near else ""),
            why=f"The exercises are {exercises.span()}.",
            fix=f"invoke explain {near or 'exercise-1'}",
        )
    return _inside(file) if file.is_dir() else file


def _inside(folder: Path) -> Path:
    from workshop.dockerfile import finding

    if not folder.is_dir():  # an exercise's, or the lesson's
        raise Usage(f"There is no folder {places.as_typed(folder)}.", fix=f"invoke reset {folder.name}")
    file = finding.file_in(folder)
    if file.is_dir():
        raise Usage(f"{places.as_typed(file)} is a folder.", why="docker build wants a text file of that name.")
    if not file.is_file():
        near = finding.near(folder)
        why = f"There is {near}; docker build looks for one that is called exactly Dockerfile." if near else ""
        fix = f"invoke explain --path {places.as_typed(folder / near)}" if near else "invoke explain FOLDER"
        raise Usage(f"There is no file {places.as_typed(file)}.", why=why, fix=fix)
    return file


def _image_of(folder: Path, lessons: str) -> str:
    """Name the image that the tasks build from a folder; empty for any other folder."""
    folder = folder.resolve()
    if folder == places.LESSON.resolve():
        return lessons
    if folder.parent == places.EXERCISES.resolve():
        return f"{exercises.IMAGES}{folder.name}"
    return ""


def _inherits(parsed: Dockerfile) -> dict[int, str]:
    """Tell what each FROM brings along, by its line, as far as its image is on this engine."""
    from workshop.inside import built

    named = {one.first_line: one.base for one in parsed.stages if parsed.stage_named(one.base) is None}
    known = {
        base: built.inherits(base) for base in set(named.values()) if base and base != "scratch" and "$" not in base
    }
    return {line: known[base] for line, base in named.items() if known.get(base)}


def _sizes(
    image: str, parsed: Dockerfile, explained: Sequence[Explanation], folder: Path, *, asked: bool
) -> tuple[Mapping[int, int] | None, str]:
    """Give the sizes, and a sentence about where they come from; without an engine, neither."""
    from workshop.engine.api import Refused
    from workshop.engine.images import NOT_FOUND
    from workshop.inside import built

    try:
        found = built.sizes(image, parsed, folder)
    except Refused as refused:
        if refused.status != NOT_FOUND:
            raise
        if asked:
            raise Usage(f"There is no image called {image}.", fix="invoke images   (all there are)") from refused
        return None, f"No sizes: there is no image {image} yet."
    except MachineTrouble:
        return None, ""
    if found is None:
        return None, f"No sizes: the image {image} is older than these files, or was built from another Dockerfile."
    if not any(one.layer for one in explained if one.first_line in found):
        return None, ""
    more = image.removeprefix(exercises.IMAGES) if _image_of(folder, "") == image else f"--image {image}"
    return found, f"Sizes are those in the image {image}; invoke layers {more} shows more."


def _buildkit() -> bool:
    """Whether BuildKit would read it; where that can't be told, the newer builder is taken."""
    from workshop.engine import cli

    try:
        return cli.builder() == "buildkit"
    except MachineTrouble:
        return True


def given(text: str | bool) -> str:
    """Give the text behind --error; for a - or none (Invoke then gives True) what is piped in.

    Raises:
        Usage: there is none, and nothing is piped in.

    """
    if isinstance(text, str) and text != "-":
        return text
    if text != "-" and (sys.stdin is None or sys.stdin.isatty()):
        raise Usage("--error needs the text of the error.", fix=_WAYS)
    piped = sys.stdin.buffer.read() if sys.stdin else b""
    return piped.decode("utf-8", "replace")  # a program that failed may have printed any bytes


def error(text: str) -> None:
    """Explain an error text of Docker's.

    Raises:
        Usage: there is no text.
        NotThere: the table does not know it.

    """
    from workshop import report
    from workshop.diagnosis import diagnose, last_words

    if not text.strip():
        raise Usage("There is no text to explain.", fix=_WAYS)
    found = diagnose(text)
    if found is None:
        why = f"Its last line, which mostly holds the cause: {last_words(text).splitlines()[-1]}"
        raise NotThere("This text is not in the workshop's table of errors.", why=why)
    report.explained_error(found)
