"""Where things are: every path hangs on this file's own place, because invoke never changes directory."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LESSON = ROOT / "docker-101"
EXERCISES = ROOT / "exercises"
SOLUTIONS = ROOT / "solutions"
STATE = ROOT / ".workshop"
"""Everything the workshop keeps for itself: progress, backups, logs. Git ignores it."""
BACKUPS = STATE / "backups"
LOGS = STATE / "logs"


def as_typed(path: Path) -> str:
    """Write `path` as one would type it from the current folder, ready to paste; "." for the folder itself."""
    try:
        return Path(os.path.relpath(path)).as_posix()
    except (ValueError, OSError):  # Windows: another drive; elsewhere: a current folder that is gone
        return path.as_posix()


def quoted(path: str) -> str:
    """Put a path between quotes where it has a blank in it, or a sign that a shell reads, as every shell wants it."""
    return path if re.fullmatch(r"[\w./:\\~-]+", path) else f'"{path}"'


def write_whole(path: Path, text: str, mode: int = 0o666) -> None:
    """Write a file so that whoever reads it meanwhile, or after a crash, finds all of the old or all of the new one.

    `mode` says who may read and write it, less what the umask takes away.

    Raises:
        OSError: it can't be written, as where its folder is not there; the old one is as it was.

    """
    fresh = path.with_suffix(f".{os.getpid()}.tmp")
    fresh.unlink(missing_ok=True)  # of a process that was killed and had the same number
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as stream:
        stream.write(text)
    fresh.replace(path)


def keep_log(name: str, text: str) -> Path:
    """Write a log file, and give its path; on a full or read-only disk there is no file then."""
    path = LOGS / name
    with contextlib.suppress(OSError):
        LOGS.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return path
