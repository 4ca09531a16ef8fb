"""What a verdict depends on, in one word: two answers with the same fingerprint get the same verdict."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workshop import places
from workshop.diagnosis.ignored import ignoring
from workshop.judging import parts

if TYPE_CHECKING:
    from workshop.engine.limits import Limits
    from workshop.exercises import Exercise

_LIST = 64 * 1024
"""Bytes of a .dockerignore that is followed."""


def of(exercise: Exercise, folder: Path, surroundings: dict[str, Any]) -> str:
    """Name what the verdict on the answer in `folder` depends on: its files, the checks, and where it is judged."""
    known = {"exercise": exercise.name, "answer": _answer(exercise, folder), "checks": _checks(exercise)} | surroundings
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def surroundings(builder: str, limits: Limits, bases: dict[str, str]) -> dict[str, Any]:
    """Describe where answers are judged: the builder, the limits, and the IDs of the base images."""
    return {"builder": builder, "limits": asdict(replace(limits, network=None)), "bases": bases, "library": _library()}


def version(known: Iterable[Exercise]) -> str:
    """Name the version of the library and of the checks of these exercises."""
    versions = [_library(), *(_checks(one) for one in known)]
    return hashlib.sha256(" ".join(versions).encode()).hexdigest()


def _answer(exercise: Exercise, folder: Path) -> str:
    """Hash all paths of an answer with their modes, and the content of what the builder, or a check, may read."""
    apart = _kept_out(folder, known={path.name for path in exercise.starter.rglob("*")})
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        content = b"folder"
        if path.is_symlink():
            content = b"link " + str(path.readlink()).encode("utf-8", "surrogateescape")
        elif path.is_file():
            content = b"kept out" if apart(name) else hashlib.sha256(path.read_bytes()).digest()
        mode = 0 if path.is_symlink() else path.stat().st_mode
        digest.update(repr((name, mode, content)).encode())
    return digest.hexdigest()


def _kept_out(folder: Path, known: set[str]) -> Callable[[str], bool]:
    """Make the test for a file that `.dockerignore` keeps from the builder, and that no check knows by name.

    Only plain lists are followed: with a line that takes something in again, or a list of BuildKit's own, all counts.
    """
    file = folder / ".dockerignore"
    own = any(one.name.endswith(".dockerignore") and one != file for one in folder.iterdir())
    plain = file.is_file() and not file.is_symlink() and not own and file.stat().st_size <= _LIST
    lines = file.read_text("utf-8", "replace").splitlines() if plain else ["!"]
    if any(line.lstrip("\ufeff \t").startswith("!") for line in lines):
        return lambda _: False

    def test(path: str) -> bool:
        name = path.rpartition("/")[2]
        if name in known or name.lower().startswith("dockerfile") or name.endswith("ignore"):
            return False
        return ignoring(file, path) is not None

    return test


@functools.cache
def _checks(exercise: Exercise) -> str:
    return _files(parts.of_checks(exercise))


@functools.cache
def _library() -> str:
    return _files(parts.of_library())


def _files(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(repr((path.relative_to(places.ROOT).as_posix(), path.read_bytes())).encode())
    return digest.hexdigest()
