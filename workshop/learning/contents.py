"""What lies in an answer's folder: a quick look that shows every save, and a fingerprint of all that counts."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

Look = dict[str, tuple[int, ...]]
"""For each file, by its path in the folder, what changes when it is saved."""

_LEFT_BY_EDITORS = re.compile(
    r"""
    .*~ | \#.*\# | \.\#.*                   # Emacs and others: backup, autosave, lock
    | \..*\.sw[a-z] | 4913                  # Vim: swap file, and the name with which it tries a folder
    | \.goutputstream-.* | \..*\.kate-swp   # GNOME's and KDE's editors
    | .*___jb_(?:tmp|old|bak)___            # JetBrains
    | .*\.crswap | \.~lock\..*\#            # Chrome's editors, LibreOffice
    | \.DS_Store | Thumbs\.db | desktop\.ini
    """,
    re.VERBOSE,
)
"""Names of files that come and go while somebody edits, and are no part of an answer."""
TASK = "README.md"
"""The exercise's text, which is no part of the answer either: an update of the workshop may change it."""
_READ = 16_000_000
"""Bytes of a file that are read; the exercises have a few thousand. Of a longer one, size and time must do."""
_CHUNK = 1_000_000


def look(folder: Path) -> Look | None:
    """Take a quick look at all files: their times, sizes and identities; None where there is no folder.

    Two looks differ after every save, be it in place, by renaming, or of the same contents.
    """
    if not folder.is_dir():
        return None
    # On Windows the last one is the time of creation, which does no harm.
    return {
        name: (found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode, found.st_ctime_ns)
        for name, _, found in _files(folder)
    }


def changed(before: Look | None, now: Look | None) -> list[str]:
    """Name the files in which two looks differ."""
    first, second = before or {}, now or {}
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))


def fingerprint(folder: Path) -> str:
    """Sum up what an answer is: names, contents, links, who may execute; empty where there is no folder."""
    if not folder.is_dir():
        return ""
    sums = hashlib.sha256()
    for name, path, found in sorted(_files(folder), key=lambda one: one[0]):
        if name == TASK:
            continue
        # Windows has no such permission, so a copy made there must not differ by it.
        may_run = sys.platform != "win32" and bool(found.st_mode & stat.S_IXUSR)
        sums.update(f"{name!r} {may_run} {_content(path, found)}\n".encode("utf-8", "surrogateescape"))
    return sums.hexdigest()[:16]


def _files(folder: Path) -> Iterator[tuple[str, Path, os.stat_result]]:
    """List everything but folders; what vanishes meanwhile, or may not be read, is left out."""
    for at, folders, names in os.walk(folder):
        for name in [*names, *(one for one in folders if Path(at, one).is_symlink())]:
            path = Path(at, name)
            if _LEFT_BY_EDITORS.fullmatch(name):
                continue
            try:
                yield path.relative_to(folder).as_posix(), path, path.lstat()
            except OSError:
                continue


def _content(path: Path, found: os.stat_result) -> str:
    try:
        if stat.S_ISLNK(found.st_mode):
            return f"-> {str(path.readlink())!r}"
        if not stat.S_ISREG(found.st_mode):
            return "no file"  # a pipe would make a reader wait for ever
        if found.st_size > _READ:
            return f"{found.st_size} {found.st_mtime_ns}"
        sums = hashlib.sha256()
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                sums.update(chunk)
        return sums.hexdigest()
    except OSError:
        return "unreadable"
