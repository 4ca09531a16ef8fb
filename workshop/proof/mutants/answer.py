"""From a model answer's files to its mutants: each once, each with a name of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath

from . import dockerfile, texts
from .model import Mutant, Slip


def mutants(files: Mapping[str, bytes]) -> list[Mutant]:
    """Make every mutant of the answer with these files (path in the folder → content).

    Pages and stylesheets stay as they are: they are the learner's own words.
    """
    made: list[Mutant] = []
    for file, content in sorted(files.items()):
        slips = _slips_for(file, content)
        if slips:
            made += _each_once(file, content.decode("utf-8"), slips)
    return made


def _slips_for(file: str, content: bytes) -> Callable[[str], Iterator[Slip]] | None:
    path = PurePosixPath(file)
    if path.name == "Dockerfile":
        return dockerfile.slips
    if path.name.endswith(".dockerignore"):
        return texts.ignore_list
    if path.suffix == ".conf":
        return texts.settings
    if path.suffix == ".sh" or content.startswith(b"#!"):
        return texts.script
    return None


def _each_once(file: str, text: str, slips: Callable[[str], Iterator[Slip]]) -> Iterator[Mutant]:
    seen = {text}
    names: dict[str, int] = {}
    for slip in slips(text):
        if slip.text in seen:
            continue
        seen.add(slip.text)
        mutant = Mutant(file, *slip)
        count = names[mutant.name] = names.get(mutant.name, 0) + 1
        yield mutant if count == 1 else mutant._replace(what=f"{slip.what} ({count})")
