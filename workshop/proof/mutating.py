"""Judging mutants: each must be found wrong, make the very same image, or be listed as no different, with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from workshop import bases
from workshop.engine import cleaning
from workshop.exercises import KEY_PARTS, Exercise
from workshop.inside.likeness import Comparer, Likeness
from workshop.judging import checking
from workshop.judging.verdict import Outcome, Verdict

from .mutants import Equal, Mutant, mutants, read_equal

if TYPE_CHECKING:
    from workshop.judging.lab import Lab

LIST = "equal-mutants.md"
"""In the answer key: the mutants that may live."""


class Fate(str, Enum):
    """What became of a mutant."""

    KILLED = "killed"
    SAME_IMAGE = "same image"
    """It passed, and every image it made is like the model answer's, layer for layer."""
    EQUAL = "equal"
    """It passed, and is listed as no different."""
    SURVIVED = "survived"
    """It passed, and nobody has said why: a hole in a check, or a reason to write down."""
    BROKEN = "broken"
    """It was not judged; never counts as killed."""


@dataclass(frozen=True)
class Trial:
    """One mutant, and what the checks said of it."""

    mutant: Mutant
    verdict: Verdict
    fate: Fate
    listed: bool = False

    @property
    def holds(self) -> bool:
        """Whether that is as it must be: a listed mutant that is killed is listed wrongly."""
        return self.fate not in (Fate.SURVIVED, Fate.BROKEN) and not (self.listed and self.fate is Fate.KILLED)


@dataclass(frozen=True)
class Hunt:
    """What is to be judged of one exercise, and what was said beforehand."""

    exercise: Exercise
    files: dict[str, bytes]
    """The model answer's own files."""
    mutants: tuple[Mutant, ...]
    equal: dict[str, Equal]
    """Those that are listed as no different, with this builder and these base images."""
    complaints: tuple[str, ...]
    """What is wrong with the list itself."""


def hunt(exercise: Exercise, builder: str) -> Hunt:
    """Make the mutants of an exercise's model answer, and read which of them may live."""
    files = {
        path.relative_to(exercise.key).as_posix(): path.read_bytes()
        for path in sorted(exercise.key.rglob("*"))
        if path.is_file() and path.relative_to(exercise.key).parts[0] not in KEY_PARTS
    }
    made = mutants(files)
    listing = exercise.key / LIST
    listed, wrong = read_equal(listing.read_text("utf-8")) if listing.exists() else ([], [])
    known = {mutant.name for mutant in made}
    wrong += [f"there is no such mutant: {one.name}" for one in listed if one.name not in known]
    here = {"", builder, *(["stand-in"] if any(base.is_standin for base in bases.status()) else [])}
    equal = {one.name: one for one in listed if one.only in here}
    return Hunt(exercise, files, tuple(made), equal, tuple(f"{LIST}: {one}" for one in wrong))


def judge(hunt: Hunt, *, jobs: int) -> Iterator[Trial]:
    """Judge the mutants, `jobs` at a time; they come in their order, each as soon as it is known."""
    comparer = Comparer()
    with cleaning.images_kept(), ThreadPoolExecutor(jobs) as pool:
        _, model = _judge(hunt, None, comparer)
        try:
            yield from pool.map(lambda mutant: _try(hunt, mutant, model, comparer), hunt.mutants)
        finally:
            pool.shutdown(cancel_futures=True)


def _try(hunt: Hunt, mutant: Mutant, model: list[Likeness], comparer: Comparer) -> Trial:
    verdict, made = _judge(hunt, mutant, comparer)
    listed = mutant.name in hunt.equal
    if verdict.outcome is Outcome.BROKEN:
        fate = Fate.BROKEN
    elif verdict.outcome is Outcome.FAILED:
        fate = Fate.KILLED
    elif listed:
        fate = Fate.EQUAL
    else:
        # What a .dockerignore or a script says may matter for files that are not here today.
        same = bool(made) and made == model and mutant.file == "Dockerfile"
        fate = Fate.SAME_IMAGE if same else Fate.SURVIVED
    return Trial(mutant, verdict, fate, listed)


def _judge(hunt: Hunt, mutant: Mutant | None, comparer: Comparer) -> tuple[Verdict, list[Likeness]]:
    """Judge the model answer, or a mutant of it; for one that passes, see what images it made."""
    made: list[Likeness] = []

    def look(lab: Lab, verdict: Verdict) -> None:
        if verdict.outcome is Outcome.PASSED:
            made.extend(comparer.likeness(image, lab.nonce) for image in lab.images)

    with hunt.exercise.context_of(hunt.exercise.key) as folder:
        if mutant:
            Path(folder, mutant.file).write_bytes(mutant.text.encode())
        verdict = checking.judge(hunt.exercise, folder, look=look)
    return verdict, made


def count(trials: Iterable[Trial], *fates: Fate) -> int:
    """Count the mutants that met one of these fates."""
    return sum(trial.fate in fates for trial in trials)
