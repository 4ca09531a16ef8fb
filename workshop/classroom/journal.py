"""The verdicts so far, on the disk as soon as they are known: a run that is killed goes on where it was."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import TracebackType

from workshop.judging.verdict import Outcome, Verdict, from_json

VERSION = 1


class Journal:
    """One line a verdict, by fingerprint; a torn last line, or one that is no verdict, counts as not written."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.known: dict[str, Verdict] = {}
        file.parent.mkdir(parents=True, exist_ok=True)
        before = file.read_bytes() if file.exists() else b""
        for line in before.splitlines():
            self._read(line)
        self._out = file.open("ab")
        if before and not before.endswith(b"\n"):
            self._out.write(b"\n")

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._out.close()

    def _read(self, line: bytes) -> None:
        try:
            entry = json.loads(line)
            if entry["version"] == VERSION:
                self.known[str(entry["fingerprint"])] = from_json(entry["verdict"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return

    def add(self, fingerprint: str, verdict: Verdict) -> None:
        """Write a verdict down; when this returns it is on the disk. A broken one is none, and will be tried again."""
        if verdict.outcome is Outcome.BROKEN:
            return
        self.known[fingerprint] = verdict
        entry = {"version": VERSION, "fingerprint": fingerprint, "verdict": verdict.as_json()}
        self._out.write(json.dumps(entry).encode() + b"\n")
        self._out.flush()
        os.fsync(self._out.fileno())
