"""A pass that still stands: nothing that it hangs on has changed since a container showed it."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from workshop import bases, places
from workshop.engine import cli, endpoint, glance, images
from workshop.engine.api import Refused
from workshop.judging import parts
from workshop.judging.verdict import Outcome, Verdict, from_json
from workshop.trouble import MachineTrouble

from . import contents

if TYPE_CHECKING:
    from workshop.exercises import Exercise

STANDS = 3600
"""Seconds; after an hour, something may have changed that is not looked at here."""
_READ_BY_DOCKER = ("DOCKER_", "BUILDX_", "BUILDKIT_")
"""How the environment variables begin that choose an engine or a builder."""


@dataclass(frozen=True)
class Stood:
    """A pass, and when it was found."""

    verdict: Verdict
    when: float
    """Seconds since 1970."""


def files(exercise: Exercise) -> str:
    """Sum up the learner's files and the checks as they lie there: a save shows, even one of the same words."""
    lesson = contents.look(places.LESSON)  # from which an exercise may borrow
    return _sum(contents.look(exercise.folder), lesson, *_folders(exercise.folder), _judge(exercise))


def keep(exercise: Exercise, verdict: Verdict, judged: str) -> None:
    """Remember a pass on `judged`, which `files` gave before it began; forget the last one after any other verdict."""
    kept = _file(exercise)
    # a full or read-only disk, or an engine that has just gone, must not cost the learner the verdict
    with contextlib.suppress(OSError, MachineTrouble, Refused):
        if verdict.outcome is not Outcome.PASSED or judged != files(exercise):
            kept.unlink(missing_ok=True)
            return
        known = [images.inspect(one) for one in _images(exercise)]
        hangs_on = _hangs_on(judged, [one["Id"] for one in known if one])
        said = {"when": time.time(), "hangs_on": hangs_on, "verdict": verdict.as_json()}
        kept.parent.mkdir(parents=True, exist_ok=True)
        places.write_whole(kept, json.dumps(said) + "\n")


def find(exercise: Exercise) -> Stood | None:
    """Give the last pass, where files, checks, builder and images are still those that it was found with."""
    try:
        said = json.loads(_file(exercise).read_text("utf-8"))
        when, verdict = float(said["when"]), replace(from_json(said["verdict"]), title=exercise.title)
        if not 0 <= time.time() - when <= STANDS or verdict.outcome is not Outcome.PASSED:
            return None
        now = _hangs_on(files(exercise), glance.image_ids(*_images(exercise)))
        return Stood(verdict, when) if said["hangs_on"] == now else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError, MachineTrouble):
        return None


def _file(exercise: Exercise) -> Path:
    return places.STATE / "passes" / f"{exercise.name}.json"


def _images(exercise: Exercise) -> list[str]:
    """Name the images that a verdict hangs on; the learner's own is one: what stands below a pass speaks of it."""
    return [*bases.BASE_IMAGES, exercise.image]


def _hangs_on(judged: str, ids: list[str]) -> str:
    chosen = {name: value for name, value in sorted(os.environ.items()) if name.startswith(_READ_BY_DOCKER)}
    return _sum(judged, ids, chosen, shutil.which("docker"), cli.buildx(), endpoint.config(), endpoint.where())


def _folders(folder: Path) -> Iterator[tuple[str, int]]:
    """List the folders, which a build copies too; `contents.look` has the files."""
    for at, _, _ in os.walk(folder):
        yield at, Path(at).stat().st_mode


@functools.cache
def _judge(exercise: Exercise) -> str:
    """Sum up what judges by when it was written: an update of the workshop may judge otherwise."""
    known = ((path, path.stat()) for path in [*parts.of_library(), *parts.of_checks(exercise)])
    return _sum(*((str(path), found.st_mtime_ns, found.st_size) for path, found in known))


def _sum(*known: object) -> str:
    return hashlib.sha256(repr(known).encode("utf-8", "surrogateescape")).hexdigest()
