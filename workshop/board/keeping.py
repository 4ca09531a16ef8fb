"""What of a class outlives the board's end: its code, its key, its learners; in one file under `.workshop/board/`."""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workshop import places

VERSION = 1
"""Of the file."""
FRESH = 12 * 3600
"""Seconds after which a class is over: the next `invoke board` begins a new one."""
_LONGEST = 50_000_000
"""Bytes of a file that is read; 1000 learners make some 3 MB."""
_LETTERS = "bcdfghjkmnpqrstvwxz23456789"
"""No vowels, so that no words come out, and nothing that one reads as something else."""


@dataclass(frozen=True)
class Class:
    """A class: what learners join with, and what its instructor opens the page with."""

    code: str
    key: str
    room: Mapping[str, Any] | None = field(default=None)
    """Who was there when the board ended; None for a new class."""
    since: float = 0.0
    """Unix time at which it was last kept."""


def new(code: str = "") -> Class:
    """Make a new class, with that code or one of its own: 2**38 of them, so that nobody finds it by trying."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return Class(code or f"{letters[:4]}-{letters[4:]}", secrets.token_urlsafe(24))


def same_code(one: str, other: str) -> bool:
    """Whether two codes are the same to one who types them; takes as long for a wrong one as for the right one."""
    return secrets.compare_digest(_plain(one), _plain(other))


def _plain(code: str) -> bytes:
    return "".join(one for one in code.casefold() if one.isalnum()).encode("utf-8", "replace")


def file() -> Path:
    """Name the file."""
    return places.STATE / "board" / "class.json"


def load() -> Class | None:
    """Give the class that was kept last; None where there is none, or none that can be read."""
    try:
        with file().open("rb") as stream:
            kept = json.loads(stream.read(_LONGEST))
        if kept["version"] != VERSION:
            return None
        return Class(str(kept["code"]), str(kept["key"]), dict(kept["room"]), float(kept["since"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def is_fresh(found: Class) -> bool:
    """Whether it is still the same day's class."""
    return 0 <= time.time() - found.since < FRESH


def keep(kept: Class, room: Mapping[str, Any]) -> None:
    """Write a class down; the file is whole at any time, and only this user reads it.

    Raises:
        OSError: it can't be written.

    """
    data = {"version": VERSION, "code": kept.code, "key": kept.key, "since": time.time(), "room": room}
    path = file()
    path.parent.mkdir(parents=True, exist_ok=True)
    places.write_whole(path, json.dumps(data), mode=0o600)


def set_aside() -> Path | None:
    """Put the file of an older class out of the way; give where it is now."""
    path = file()
    with contextlib.suppress(OSError):
        aside = path.with_name(f"class-{time.strftime('%Y%m%d-%H%M%S', time.localtime(path.stat().st_mtime))}.json")
        path.replace(aside)
        return aside
    return None
