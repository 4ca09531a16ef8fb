"""Who handed in what: a folder or an archive each, found by looking."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workshop.supplies.refusal import readable
from workshop.trouble import Usage

ENDINGS = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar", ".zip")
"""Of the archives that are opened."""
EXERCISE = re.compile(r"exercise-[1-9]\d{0,3}")
_NOT_ONE = ("solutions", "__MACOSX")
"""Folders in which exercises may lie that nobody handed in."""
_DEEPEST, _WIDEST = 3, 500
"""Folders around the exercises that an archive or an upload may have added, and beside each other."""


@dataclass(frozen=True)
class Learner:
    """One learner, and the folder or archive with their work."""

    name: str
    source: Path


def find(words: Sequence[str], *, leave_out: Path | None = None) -> tuple[list[Learner], list[Path]]:
    """Find the learners in folders and archives as typed, in order, and what lies there and is no submission.

    A folder with `exercises/` or `exercise-N/` in it, and an archive, is one learner's; in any other folder, each entry
    is one's. `leave_out` is a folder of ours, such as the report's.

    Raises:
        Usage: something typed is not there, or no submission is in it.

    """
    found: list[Path] = []
    skipped: list[Path] = []
    for word in words:
        path = Path(word).expanduser().resolve()
        if path.is_file() and is_archive(path):
            found.append(path)
        elif path.is_dir():
            mine, others = ([path], []) if exercises_in(path) else _entries(path, leave_out)
            if not mine:
                raise Usage(
                    f"There is no submission in {word}.",
                    why="A submission is a folder with exercises/ or exercise-N/ in it, or an archive of one.",
                    fix="invoke grade FOLDER   (one with a folder, zip or tar.gz for each learner)",
                )
            found += mine
            skipped += others
        else:
            if not path.exists():
                raise Usage(f"{word} is not there.")
            why = f"Archives end in {', '.join(ENDINGS)}."
            raise Usage(f"{word} is neither a folder nor an archive.", why=why)
    return _named(list(dict.fromkeys(found))), skipped


def is_archive(path: Path) -> bool:
    """Whether the file's name is an archive's."""
    return path.name.lower().endswith(ENDINGS)


def _entries(folder: Path, leave_out: Path | None) -> tuple[list[Path], list[Path]]:
    entries = [one for one in sorted(folder.iterdir(), key=_natural) if not one.name.startswith((".", "__MACOSX"))]
    entries = [one for one in entries if leave_out is None or one.resolve() != leave_out.resolve()]
    mine = [one for one in entries if one.is_dir() or (one.is_file() and is_archive(one))]
    return mine, [one for one in entries if one not in mine]


def _natural(path: Path) -> list[tuple[int, str]]:
    """Sort student-2 before student-10."""
    return [(int(part) if part.isdigit() else -1, part.lower()) for part in re.split(r"(\d+)", path.name)]


def _named(sources: list[Path]) -> list[Learner]:
    """Name each by its folder or archive; with the folder around it where two would have one name."""
    names = [_stem(source) for source in sources]
    count = Counter(names)
    named = [
        f"{source.parent.name}/{source.name}" if count[name] > 1 else name
        for source, name in zip(sources, names, strict=True)
    ]
    again = Counter(named)
    named = [str(source) if again[name] > 1 else name for source, name in zip(sources, named, strict=True)]
    return [Learner(readable(name), source) for name, source in zip(named, sources, strict=True)]


def _stem(source: Path) -> str:
    if source.is_dir():
        return source.name
    ending = next(one for one in ENDINGS if source.name.lower().endswith(one))
    return source.name[: -len(ending)] or source.name


def exercises_in(folder: Path) -> dict[str, Path]:
    """Give the exercises that lie in `folder/exercises`, or else in `folder` itself, by name."""
    return _numbered(folder / "exercises") or _numbered(folder)


def _numbered(folder: Path) -> dict[str, Path]:
    if folder.is_symlink():  # where it leads is somebody else's
        return {}
    try:
        inside = list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    found = {one.name: one for one in inside if EXERCISE.fullmatch(one.name) and one.is_dir() and not one.is_symlink()}
    return dict(sorted(found.items(), key=lambda item: int(item[0].rpartition("-")[2])))


def roots(folder: Path) -> list[Path]:
    """Find the folders from which the exercises of one submission hang: itself, or else those nearest below."""
    level = [folder]
    for _ in range(_DEEPEST + 1):
        if here := [one for one in level if exercises_in(one)]:
            return here
        level = list(itertools.islice((below for one in level for below in _below(one)), _WIDEST))
    return []


def _below(folder: Path) -> Iterator[Path]:
    for one in sorted(folder.iterdir()):
        if one.is_dir() and not one.is_symlink() and not one.name.startswith(".") and one.name not in _NOT_ONE:
            yield one
