"""The exercises are what the folders say they are: found, not listed."""

from __future__ import annotations

import functools
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import names, places
from .trouble import CheckerBug, Usage

TEXTS = ("concept.txt", "hints.md", "why.md")
"""What an answer key says to the learner; each is needed."""
KEY_PARTS = ("check.py", *TEXTS, "equal-mutants.md", "starter", "wrong", "right", "__pycache__")
"""What an answer key holds besides the model answer's own files."""
IMAGES = "banana-smith-"
"""How the names of the images begin that the tasks build from the exercises' folders."""
REMOVED, LINKED = ".removed", ".linked"
"""Notes in a known answer: what it takes away from the starter, and its symbolic links."""
LESSON = (places.LESSON.name, "lesson")
"""What one calls the lesson, which is no exercise."""
_NUMBERED = re.compile(r"exercise-(\d+)")


@dataclass(frozen=True)
class Exercise:
    """One exercise: the learner's folder, and the answer key that judges it."""

    name: str
    folder: Path
    """The learner's, and only theirs; the build context."""
    key: Path
    """solutions/exercise-N: the model answer, check.py, the starter, wrong and right answers."""

    @property
    def number(self) -> int:
        """N of exercise-N."""
        return int(self.name.rpartition("-")[2])

    @property
    def starter(self) -> Path:
        """The folder as a learner first finds it; `reset` and overlays start from it."""
        return self.key / "starter"

    @property
    def image(self) -> str:
        """The name of the image that the tasks build from the learner's folder."""
        return f"{IMAGES}{self.name}"

    @functools.cached_property
    def title(self) -> str:
        """The first heading of its README."""
        readme = self.starter / "README.md"
        heading = next((line for line in readme.read_text("utf-8").splitlines() if line.startswith("# ")), "")
        return heading[2:].strip() or self.name

    @functools.cached_property
    def concept(self) -> str:
        """What it is about, in a word or two, such as "the build context"."""
        return (self.key / "concept.txt").read_text("utf-8").strip()

    def missing(self) -> list[str]:
        """List the files an exercise needs and this one lacks, by name."""
        needed = [self.starter / "README.md", self.starter / "Dockerfile", self.key / "Dockerfile"]
        needed += [self.key / part for part in ("check.py", *TEXTS, "wrong")]
        return [path.relative_to(places.ROOT).as_posix() for path in needed if not path.exists()]

    def model_files(self) -> list[Path]:
        """List the files of the model answer, the Dockerfile first; files as the starter has them are left out."""
        files = [
            path
            for path in sorted(self.key.rglob("*"))
            if path.is_file() and path.relative_to(self.key).parts[0] not in KEY_PARTS
        ]
        return sorted(files, key=lambda path: path.name != "Dockerfile")

    def answers(self, kind: str) -> list[Path]:
        """List the known "wrong" or "right" answers: folders that lie over the starter."""
        return sorted(path for path in (self.key / kind).glob("*") if path.is_dir())

    @contextmanager
    def context_of(self, answer: Path) -> Iterator[Path]:
        """Lend the folder to build for an answer.

        A folder of the answer key holds only what differs from the starter, so it is laid over a copy of it (a
        file `.removed` names what it takes away, a path a line; `.linked` the symbolic links, as `ls -l` writes
        them: many ways of getting a repository make plain files of them). Any other folder is judged as it is.
        """
        answer = answer.resolve()
        if not answer.is_relative_to(self.key.resolve()):
            yield answer
            return
        with tempfile.TemporaryDirectory(prefix="docker-101-") as scratch:
            copy = Path(scratch, self.name)
            shutil.copytree(self.starter, copy, symlinks=True)
            if answer != self.starter.resolve():
                _lay_over(copy, answer, leave_out=KEY_PARTS if answer == self.key.resolve() else ())
            yield copy


def _lay_over(copy: Path, answer: Path, leave_out: tuple[str, ...]) -> None:
    shutil.copytree(
        answer,
        copy,
        symlinks=True,
        dirs_exist_ok=True,
        ignore=lambda folder, _: leave_out if Path(folder) == answer else (),
    )
    for line in _taken(copy / REMOVED):
        path = copy / line
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for line in _taken(copy / LINKED):
        name, _, target = line.partition(" -> ")
        (copy / name).symlink_to(target)


def _taken(file: Path) -> list[str]:
    """Take a file of notes out of a copy, and give its lines."""
    if not file.exists():
        return []
    lines = file.read_text("utf-8").splitlines()
    file.unlink()
    return [line.strip() for line in lines if line.strip()]


def every() -> list[Exercise]:
    """Find all exercises, in order.

    Raises:
        CheckerBug: a folder lacks a file, or has no twin in the other tree; says which.

    """
    numbers = {
        int(match[1])
        for tree in (places.EXERCISES, places.SOLUTIONS)
        for path in tree.glob("exercise-*")
        if path.is_dir() and (match := _NUMBERED.fullmatch(path.name))
    }
    found = [_at(number) for number in sorted(numbers)]
    if not found:
        raise CheckerBug("There are no exercises here.", why=f"{places.SOLUTIONS.name}/ has no exercise-N folder.")
    for exercise in found:
        if missing := exercise.missing():
            raise CheckerBug(f"{exercise.name} is incomplete.", why=f"It lacks {', '.join(missing)}.")
    return found


def _at(number: int) -> Exercise:
    name = f"exercise-{number}"
    return Exercise(name, places.EXERCISES / name, places.SOLUTIONS / name)


def after(exercise: Exercise) -> Exercise | None:
    """Give the exercise that comes after this one; None after the last."""
    return next((one for one in every() if one.number > exercise.number), None)


def here() -> str:
    """Name the exercise in whose folder the user stands; empty in any other."""
    try:
        within = Path.cwd().resolve().relative_to(places.EXERCISES.resolve())
    except (OSError, ValueError):
        return ""
    return within.parts[0] if within.parts and _NUMBERED.fullmatch(within.parts[0]) else ""


def meant(word: str | None, task: str) -> str:
    """Give the exercise that was typed, else the one in whose folder the user stands.

    Raises:
        Usage: neither is one.

    """
    if named := word or here():
        return named
    raise Usage(f"Which exercise? Such as: invoke {task} exercise-1", fix=f"invoke --help {task}")


def find(word: str) -> Exercise:
    """Find the exercise called `word`: "exercise-3", or just "3".

    Raises:
        Usage: there is none of that name; offers the nearest, and how to see all.

    """
    known = {exercise.name: exercise for exercise in every()}
    name = f"exercise-{int(word)}" if word.isascii() and word.isdigit() else word.strip().lower().rstrip("/\\")
    name = re.split(r"[/\\]", name)[-1]
    if name in known:
        return known[name]
    near = names.nearest(name, [*known, "all", *LESSON]) if name != "all" and not is_numbered(name) else None
    lesson = near in LESSON
    raise Usage(
        f"There is no exercise called {word!r}." + (f" Did you mean {near}?" if near and not lesson else ""),
        why=(f"{places.LESSON.name} is the lesson; nothing judges it. " if lesson else "")
        + f"The exercises are {span()}.",
        fix="invoke exercises",
    )


def is_numbered(name: str) -> bool:
    """Whether a name is spelt as an exercise's is; then a number that is not there was no slip of the finger."""
    return _NUMBERED.fullmatch(name) is not None


def span() -> str:
    """Name the first exercise and the last: exercise-1 … exercise-14."""
    found = [one.name for one in every()]
    return " … ".join(dict.fromkeys([found[0], found[-1]]))
