"""Which board this copy of the workshop has joined, and what waits to go there; kept under `.workshop/joined/`.

Imported by the child process that sends, so it needs nothing but Python.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workshop import places

MOST = 200
"""Verdicts that wait; of more, the oldest go."""
_LONGEST = 100_000
"""Bytes of a file that is read."""
_BOARD, _TROUBLE, _WAITING = "board.json", "trouble.json", "waiting"


@dataclass(frozen=True)
class Board:
    """A board that was joined."""

    host: str
    port: int
    name: str
    token: str

    @property
    def address(self) -> str:
        """Give its address as one types it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True)
class Trouble:
    """Why the last verdicts have not reached the board."""

    why: str
    again: bool = False
    """It knows this learner no more: only joining again helps."""
    said: bool = False
    """The learner was told."""


class Membership:
    """What is kept in one folder; every write is whole or not at all, and none is worth a failure."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def board(self) -> Board | None:
        """Give the board; None where none was joined."""
        kept = self._read(_BOARD)
        try:
            return Board(str(kept["host"]), int(kept["port"]), str(kept["name"]), str(kept["token"]))
        except (KeyError, TypeError, ValueError):
            return None

    def join(self, board: Board) -> None:
        """Keep a board; what waited for another one is forgotten.

        Raises:
            OSError: it can't be written.

        """
        self.forget()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write(_BOARD, asdict(board))

    def forget(self) -> None:
        """Keep nothing any more."""
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.folder)

    def trouble(self) -> Trouble | None:
        """Give why the last verdicts have not reached the board; None where they have."""
        kept = self._read(_TROUBLE)
        return Trouble(str(kept["why"]), kept.get("again") is True, kept.get("said") is True) if "why" in kept else None

    def troubled(self, trouble: Trouble | None) -> None:
        """Keep a trouble, or that there is none; one that the learner was told of need not be told again."""
        with contextlib.suppress(OSError):
            if trouble:
                self._write(_TROUBLE, asdict(trouble))
            else:
                (self.folder / _TROUBLE).unlink(missing_ok=True)

    def put(self, verdict: dict[str, Any]) -> None:
        """Let a verdict wait; it gets a number that is larger than those before."""
        waiting = self.folder / _WAITING
        with contextlib.suppress(OSError):
            waiting.mkdir(exist_ok=True)
            there = self.waiting()
            last = self._read("last.json").get("number", 0)
            number = max(time.time_ns(), (last if isinstance(last, int) else 0) + 1)
            self._write("last.json", {"number": number})
            self._write(f"{_WAITING}/{number}.json", verdict | {"number": number, "when": time.time()})
            self.sent(there[: max(0, len(there) + 1 - MOST)])

    def waiting(self) -> list[str]:
        """List what waits, the oldest first."""
        with contextlib.suppress(OSError):
            return sorted(one.name for one in (self.folder / _WAITING).iterdir() if one.suffix == ".json")
        return []

    def verdict(self, name: str) -> dict[str, Any] | None:
        """Read one of those that wait, as the board wants it; None where it can't be read."""
        kept = self._read(f"{_WAITING}/{name}")
        when = kept.pop("when", None)
        if "number" not in kept or not isinstance(when, (int, float)):
            return None
        return kept | {"ago": max(0.0, round(time.time() - when, 1))}

    def sent(self, names: list[str]) -> None:
        """Let these wait no more."""
        for one in names:
            with contextlib.suppress(OSError):
                (self.folder / _WAITING / one).unlink()

    def _read(self, name: str) -> dict[str, Any]:
        try:
            with (self.folder / name).open("rb") as stream:
                kept = json.loads(stream.read(_LONGEST))
        except (OSError, ValueError, RecursionError):
            return {}
        return kept if isinstance(kept, dict) else {}

    def _write(self, name: str, kept: dict[str, Any]) -> None:
        places.write_whole(self.folder / name, json.dumps(kept), mode=0o600)
