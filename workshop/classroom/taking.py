"""What is taken of what somebody handed in: files and folders, links that stay inside, and no more than is allowed."""

from __future__ import annotations

import os
import shutil
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from workshop.judging.verdict import Finding
from workshop.supplies import unpacking
from workshop.supplies.refusal import Refusal, readable

FILES = 5_000
"""Files that one exercise may have; the starters have at most ten."""
LARGEST = 64 * unpacking.MEGA
"""Bytes that the files of one exercise may have together; the starters have a few thousand."""
PACKED = 128 * unpacking.MEGA
"""Bytes to which an archive among them may unpack, since ADD would do so."""
ENTRIES = 20_000
"""Entries of an exercise's folder that are looked at, folders included."""
_DEEPEST = 20
"""Folders in folders."""
_ALONE = "hand in the exercise alone: no programs, pictures or packages"
_NOTES = 8
"""Things left out that are named; more are counted."""


@dataclass
class Taken:
    """What came of taking: which exercises can't be judged and why, and what was left out of the others."""

    refused: dict[str, Finding] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    left_out: int = 0
    sizes: Counter[str] = field(default_factory=Counter)

    def refuse(self, exercise: str, reason: str, why: str) -> None:
        """Note that this exercise can't be judged as it is."""
        self.refused.setdefault(exercise, Refusal(reason, why, hint=_ALONE).finding)

    def leave_out(self, name: str, why: str) -> None:
        """Note that something was not taken."""
        self.left_out += 1
        if self.left_out <= _NOTES:
            self.notes.append(f"not taken: {readable(name)} ({why})")

    @property
    def said(self) -> tuple[str, ...]:
        """Everything worth telling about it."""
        more = self.left_out - _NOTES
        return (*self.notes, *([f"not taken: {more} more"] if more > 0 else []))


class Links:
    """Symbolic links, made when everything else is there, so that nothing is ever written through one."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        self._links: list[tuple[Path, str, Path]] = []

    def add(self, place: Path, target: str, home: Path) -> None:
        """Take a link at `place` that leads to `target`, which must be inside the folder `home`."""
        self._links.append((place, target, home))

    def make(self) -> None:
        """Make them, and leave out those that lead out, be it by way of another one."""
        made = []
        for place, target, home in self._links:
            name = place.relative_to(home).as_posix()
            if Path(target).is_absolute():
                self._taken.leave_out(name, f"a link that leads out of the exercise, to {target}")
                continue
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(target)
                made.append((place, target, home))
            except OSError:  # something else is there; or Windows, which lets only some users make links
                self._taken.leave_out(name, f"a link to {target} that can't be made here")
        for place, target, home in made:
            if not _ends_in(place, home):
                place.unlink()
                name = place.relative_to(home).as_posix()
                self._taken.leave_out(name, f"a link that leads out of the exercise, to {target}")


def _ends_in(place: Path, home: Path) -> bool:
    try:
        return place.resolve().is_relative_to(home.resolve())
    except (OSError, RuntimeError):  # links in a circle
        return False


def copy(source: Path, target: Path) -> Taken:
    """Copy one exercise; the copy holds plain files, folders, and links that stay in it, and no more than is allowed.

    Raises:
        Refusal: it is larger than is allowed, or holds something that unpacks to more than is allowed.
        OSError: it can't be read, or the copy can't be written.

    """
    taken = Taken()
    links = Links(taken)
    target.mkdir(parents=True)
    files = size = 0
    for entry, path in _walk(source, taken):
        if entry.is_symlink():
            links.add(target / path, readable(str(Path(entry.path).readlink())), target)
        elif entry.is_dir():
            (target / path).mkdir(parents=True, exist_ok=True)
        elif entry.is_file():
            files, size = files + 1, size + entry.stat().st_size
            if files > FILES:
                raise _too_many(FILES)
            if size > LARGEST:
                raise Refusal("too-large", f"This exercise has more than {LARGEST // unpacking.MEGA} MB.", hint=_ALONE)
            _copy_file(Path(entry.path), target / path)
        else:
            taken.leave_out(path, "no file, but a device or a pipe")
    links.make()
    return taken


def _walk(folder: Path, taken: Taken) -> Iterator[tuple[os.DirEntry[str], str]]:
    """Go through all that lies in a folder, each with its path in it; links are not followed."""
    waiting = [(folder, "")]
    seen = 0
    while waiting:
        here, prefix = waiting.pop()
        with os.scandir(here) as entries:
            for entry in entries:
                seen += 1
                if seen > ENTRIES:
                    raise _too_many(ENTRIES)
                path = f"{prefix}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    if path.count("/") >= _DEEPEST:
                        taken.leave_out(path, "too deep")
                        continue
                    waiting.append((Path(entry.path), f"{path}/"))
                yield entry, path


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as content, target.open("xb") as file:
        shutil.copyfileobj(content, file)
    target.chmod(stat.S_IMODE(source.stat().st_mode) & 0o777 | stat.S_IRUSR | stat.S_IWUSR)
    unpacking.hold_packed(target, PACKED)


def _too_many(count: int) -> Refusal:
    return Refusal("too-many-files", f"This exercise has more than {count:,} files.", hint=_ALONE)
