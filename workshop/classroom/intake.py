"""Takes in what each learner handed in: a copy of each exercise that can be trusted, or why there is none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from workshop.exercises import Exercise
from workshop.judging.verdict import Finding, Outcome, Result, Verdict
from workshop.supplies.refusal import Refusal, readable

from . import archives, learners, taking
from .learners import Learner

CHECK = "submission"
"""The stable name of the check that something handed in can be judged at all."""
_TITLE = "What was handed in can be judged"


@dataclass(frozen=True)
class HandedIn:
    """One exercise of one learner; or, where `exercise` is empty, that nothing of theirs can be judged."""

    learner: str
    exercise: str
    folder: Path | None = None
    """The copy to judge; None where `refused` says why there is none."""
    refused: Verdict | None = None
    notes: tuple[str, ...] = ()
    """What was not taken, for whoever reads the verdict."""


def take(learner: Learner, known: Mapping[str, Exercise], spool: Path) -> list[HandedIn]:
    """Copy the exercises of one learner into a new folder of `spool`; never raises for what they handed in."""
    here = Path(tempfile.mkdtemp(dir=spool))
    try:
        return _take(learner, known, here)
    except Refusal as refusal:
        return [HandedIn(learner.name, "", refused=verdict("", refusal.finding))]
    except OSError as error:
        finding = Finding("not-readable", "It could not be read, or not be copied.", actual=str(error))
        return [HandedIn(learner.name, "", refused=verdict("", finding, Outcome.BROKEN))]


def _take(learner: Learner, known: Mapping[str, Exercise], here: Path) -> list[HandedIn]:
    with ExitStack() as stack:
        root, refused, said = _root(learner.source, here, stack)
        found = learners.exercises_in(root)
        notes = [*said, *(f"not judged: {name} is no exercise of this workshop" for name in found if name not in known)]
        taken = [
            _take_one(learner.name, known[name], folder, here / name, refused=refused.get(folder), notes=notes)
            for name, folder in found.items()
            if name in known
        ]
    if not taken:
        raise _nothing()
    return taken


def _root(source: Path, here: Path, stack: ExitStack) -> tuple[Path, dict[Path, Finding], tuple[str, ...]]:
    """Find the folder from which the exercises hang; an archive is unpacked, and goes when `stack` is closed."""
    archive = source if source.is_file() else None
    found = [] if archive else learners.roots(source)
    if not archive and not found:
        inside = [one for one in (*source.glob("*"), *source.glob("*/*")) if learners.is_archive(one)]
        archive = inside[0] if len(inside) == 1 and inside[0].is_file() and not inside[0].is_symlink() else None
    refused: dict[Path, Finding] = {}
    said: tuple[str, ...] = ()
    if archive:
        unpacked = here / "unpacked"
        unpacked.mkdir()
        stack.callback(shutil.rmtree, unpacked, ignore_errors=True)
        what = archives.unpack(archive, unpacked)
        refused = {unpacked / home: finding for home, finding in what.refused.items()}
        for folder in refused:
            folder.mkdir(parents=True, exist_ok=True)
        said, found = what.said, learners.roots(unpacked)
    if not found:
        raise _nothing()
    if len(found) > 1:
        names = ", ".join(sorted(readable(one.name) for one in found)[:4])
        raise OSError(f"there are {len(found)} submissions in it, and nothing says which one counts: {names}")
    return found[0], refused, said


def _take_one(  # noqa: PLR0913 - one exercise's whole fate
    learner: str, exercise: Exercise, folder: Path, copy: Path, *, refused: Finding | None, notes: list[str]
) -> HandedIn:
    try:
        if refused:
            return HandedIn(learner, exercise.name, refused=verdict(exercise.name, refused), notes=tuple(notes))
        taken = taking.copy(folder, copy)
    except Refusal as refusal:
        shutil.rmtree(copy, ignore_errors=True)
        return HandedIn(learner, exercise.name, refused=verdict(exercise.name, refusal.finding), notes=tuple(notes))
    return HandedIn(learner, exercise.name, folder=copy, notes=(*notes, *taken.said))


def verdict(exercise: str, finding: Finding, outcome: Outcome = Outcome.FAILED) -> Verdict:
    """Write the verdict on something that could not be judged."""
    return Verdict(exercise, "", (Result(CHECK, _TITLE, outcome, finding=finding),))


def _nothing() -> Refusal:
    return Refusal(
        "nothing-handed-in",
        "No exercise of the workshop was found in it.",
        hint="hand in the folder exercises/ with everything in it, or the whole copy of the workshop",
    )
