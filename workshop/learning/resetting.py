"""Back to the start, or ahead to the solution, with everything the learner had kept under `.workshop/backups/`."""

from __future__ import annotations

import contextlib
import datetime
import filecmp
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workshop import exercises, names, places
from workshop.trouble import NotThere, Usage

from . import progress

LESSON = "docker-101"
_KEPT = {"docker-101": ("README.md", "concepts.md", "push.md")}
"""Files of a folder that are not the learner's and stay as they are."""
_TOGETHER, _UNFINISHED = ".all", ".all.unfinished"
"""Files that name the backups which one call for all made: the last that came to its end, one that has not yet."""


@dataclass(frozen=True)
class Swap:
    """What became of one folder."""

    name: str
    changed: bool
    """False where it was so already."""
    backup: Path | None = None
    """Where the learner's work is now; None where there was nothing to keep."""


def _pairs(name: str) -> list[tuple[str, Path, Path]]:
    """Give (name, folder, starter) for an exercise, the lesson, or all."""
    lesson = (LESSON, places.LESSON, places.SOLUTIONS / LESSON / "starter")
    if name == LESSON:
        return [lesson]
    found = exercises.every() if name == "all" else [exercises.find(name)]
    pairs = [(one.name, one.folder, one.starter) for one in found]
    return [lesson, *pairs] if name == "all" else pairs


def named(word: str) -> str:
    """Give the name of what is to be put back: an exercise's, the lesson's, or "all".

    Raises:
        Usage: there is no such thing.

    """
    name = word.strip().lower().rstrip("/\\")
    if name in (LESSON, "all"):
        return name
    try:
        return exercises.find(word).name
    except Usage as none:
        near = f" Did you mean {LESSON}?" if names.nearest(name, exercises.LESSON) else ""
        raise Usage(f"{none.what}{near}", why=f"reset takes {exercises.span()}, {LESSON}, or all.") from none


def changed(name: str) -> list[str]:
    """Name the folders among `name` that differ from their starters."""
    return [one for one, folder, starter in _pairs(name) if not _same(one, folder, starter)]


def question(folders: list[str], made: int) -> str:
    """Ask before folders are put back, and `made` things, which are listed above it, are removed from the engine."""
    files = f"Put back {', '.join(folders)} (yours {'go' if folders[1:] else 'goes'} to a backup)" if folders else ""
    what = "what is listed above" if made else ""
    if files and what:
        return f"{files}, and remove {what}?"
    return f"{files}?" if files else f"Remove {what}?"


def reset(name: str) -> list[Swap]:
    """Put the folder(s) of `name` back to the start; what was there is copied to a backup first.

    Interrupted at any point, it can be run again: the copy is complete before anything is replaced.
    """
    done = []
    with _together(name) as note:
        for one, folder, starter in _pairs(name):
            done.append(swap := _swap(one, folder, starter))
            note(swap)
            progress.forget(one, keep=_progress_with(swap.backup) if swap.backup else None)
    return done


def undo(name: str) -> list[Swap]:
    """Bring back what the last reset or catch-up of `name` replaced; what is there now is copied to a backup first.

    Raises:
        NotThere: nothing was replaced, so there is nothing to bring back.

    """
    newest = {one: kept[-1] for one, _, _ in _pairs(name) if (kept := _backups(one))}
    if not newest:
        raise NotThere(f"There is no backup of {name}.", why="Nothing of it was replaced yet.")
    if name == "all":
        known = _noted(_UNFINISHED) or _noted(_TOGETHER)
        newest = {one: backup for one, backup in newest.items() if backup.name in known} or newest
    done = []
    with _together(name) as note:
        for one, folder, _ in _pairs(name):
            if one in newest:
                done.append(swap := _swap(one, folder, newest[one]))
                note(swap)
                progress.recall(one, _progress_with(newest[one]))
    return done


@contextlib.contextmanager
def _together(name: str) -> Iterator[Callable[[Swap], None]]:
    """Note the backups of all that one call replaces, if it is for all: what it left alone is not undone with the rest.

    Stopped in between, the note stays unfinished, and the next call goes on with it.
    """
    unfinished = places.BACKUPS / _UNFINISHED

    def note(swap: Swap) -> None:
        if name == "all" and swap.backup:
            with unfinished.open("a", encoding="utf-8") as file:
                file.write(f"{swap.backup.name}\n")

    yield note
    if name == "all" and unfinished.is_file():
        unfinished.replace(places.BACKUPS / _TOGETHER)


def _noted(name: str) -> set[str]:
    try:
        return set((places.BACKUPS / name).read_text("utf-8").split())
    except OSError:
        return set()


def _progress_with(backup: Path) -> Path:
    """Name the file beside a backup that keeps how far the learner was."""
    return backup.with_name(f"{backup.name}.progress.json")


def catch_up(name: str) -> list[Swap]:
    """Solve every exercise before `name` that is not passed; the learner's own files are copied to a backup first."""
    target = exercises.find(name)
    done = []
    for one in exercises.every():
        if one.number >= target.number or progress.standing(one).state is progress.State.PASSED:
            continue
        with one.context_of(one.key) as solved:
            done.append(_swap(one.name, one.folder, solved))
        progress.solved(one)
    return done


def last_replaced() -> str:
    """Name the folder that a reset, a catch-up or an undo replaced last; empty where none did."""
    known = [LESSON, *(one.name for one in exercises.every())]
    last = ((kept[-1], one) for one in known if (kept := _backups(one)))
    # two may be of one second; when the folder got its name tells them apart
    return max(((path.name[:17], path.stat().st_ctime_ns, one) for path, one in last), default=("", 0, ""))[2]


def _swap(name: str, folder: Path, source: Path) -> Swap:
    """Let `folder` hold what `source` holds; what it held is in a backup before anything is touched."""
    if _same(name, folder, source):
        return Swap(name, changed=False)
    note = places.BACKUPS / f".{name}.unfinished"
    backup = _interrupted(name, folder, source, note)
    if backup is None and folder.exists() and any(folder.iterdir()):
        backup = _back_up(name, folder)
        note.write_text(backup.name, "utf-8")
    _replace(name, folder, source)
    note.unlink(missing_ok=True)
    return Swap(name, changed=True, backup=backup)


def _interrupted(name: str, folder: Path, source: Path, note: Path) -> Path | None:
    """Find the backup of a swap that was interrupted: what is there now is partly old, partly new, and nothing else."""
    try:
        backup = places.BACKUPS / note.read_text("utf-8").strip()
    except OSError:
        return None
    old, new = _files(backup), _files(source)
    ours = all(
        any(one in its and _alike(path, its[one]) for its in (old, new))
        for one, path in _files(folder, _KEPT.get(name, ())).items()
    )
    return backup if backup.name and backup.is_dir() and ours else None


def _alike(one: Path, other: Path) -> bool:
    if one.is_symlink() or other.is_symlink():
        return one.is_symlink() and other.is_symlink() and one.readlink() == other.readlink()
    return one.is_file() and other.is_file() and filecmp.cmp(one, other, shallow=False)


def _backups(name: str) -> list[Path]:
    """List the backups of a folder, the oldest first."""
    shape = re.compile(rf"\d{{4}}-\d\d-\d\d-\d{{6}}-{re.escape(name)}(?:-(\d+))?")
    found = [
        (path.name[:17], int(match[1] or 1), path)
        for path in (places.BACKUPS.iterdir() if places.BACKUPS.is_dir() else ())
        if (match := shape.fullmatch(path.name))
    ]
    return [path for *_, path in sorted(found)]


def _files(folder: Path, leave_out: tuple[str, ...] = ()) -> dict[str, Path]:
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if (path.is_symlink() or not path.is_dir()) and path.relative_to(folder).as_posix() not in leave_out
    }


def _same(name: str, folder: Path, other: Path) -> bool:
    keep = _KEPT.get(name, ())
    mine, given = _files(folder, keep), _files(other, keep)
    return mine.keys() == given.keys() and all(_alike(mine[one], given[one]) for one in given)


def _back_up(name: str, folder: Path) -> Path:
    stamp = datetime.datetime.now().astimezone().strftime("%Y-%m-%d-%H%M%S")
    backup = places.BACKUPS / f"{stamp}-{name}"
    number = 1
    while backup.exists():
        number += 1
        backup = places.BACKUPS / f"{stamp}-{name}-{number}"
    part = backup.with_name(f".{backup.name}.part-{os.getpid()}")
    try:
        shutil.copytree(folder, part, symlinks=True)
        part.rename(backup)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return backup


def _replace(name: str, folder: Path, source: Path) -> None:
    """Make `folder` hold what `source` holds; the folder itself stays, for a shell may stand in it."""
    folder.mkdir(parents=True, exist_ok=True)
    keep = set(_KEPT.get(name, ()))
    for path in folder.iterdir():
        if path.name in keep:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    left_out = keep & {path.name for path in folder.iterdir()}
    shutil.copytree(
        source,
        folder,
        symlinks=True,
        dirs_exist_ok=True,
        ignore=lambda at, _: left_out if Path(at) == source else (),
    )
