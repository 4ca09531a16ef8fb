"""A terminal of its own for a program: what it shows, what is typed into it, and its settings."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from workshop.judging.running import until

_IN_FRONT = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
"""Makes the terminal the program's own, as a shell does, so that Ctrl-C reaches it."""
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
WITHIN = 30
"""Seconds until what is waited for must be there, on a loaded machine."""


class Terminal:
    """A program that runs in a terminal."""

    def __init__(self, words: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str], columns: int = 80) -> None:
        self._master, self._slave = os.openpty()
        self.resize(columns)
        self.before = self.settings()
        self.process = subprocess.Popen(
            [sys.executable, "-c", _IN_FRONT, *words],
            cwd=cwd,
            env={**os.environ, "TERM": "xterm-256color", "PYTHONUTF8": "1", **env},
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            start_new_session=True,
        )
        self._came = bytearray()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        for number in (self._master, self._slave):
            os.close(number)

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while chunk := os.read(self._master, 65536):
                self._came += chunk

    @property
    def raw(self) -> str:
        """Everything that was written, with escapes."""
        return bytes(self._came).decode("utf-8", "replace")

    @property
    def text(self) -> str:
        """Everything that was written, as one who reads it line by line."""
        return _ESCAPES.sub("", self.raw).replace("\r\n", "\n")

    def shows(self, words: str, *, times: int = 1) -> None:
        """Wait until these words are there, so many times."""
        assert until(lambda: self.text.count(words) >= times or None, WITHIN), f"no {words!r} in:\n{self.text}"

    def type(self, keys: str) -> None:
        """Press these keys."""
        os.write(self._master, keys.encode())

    def resize(self, columns: int) -> None:
        """Make the terminal that wide; the program hears of it."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))

    def settings(self) -> list[Any]:
        """Read what the terminal does with keys and lines."""
        return termios.tcgetattr(self._slave)

    def ends(self) -> int:
        """Wait for the program's end; give its exit code."""
        return self.process.wait(WITHIN)

    def all(self) -> tuple[int, str]:
        """Wait for the program's end; give its exit code and everything that it wrote, without escapes."""
        code, end = self.ends(), "\0the end\0"
        os.write(self._slave, end.encode())  # it comes behind all that the program wrote
        self.shows(end)
        return code, self.text.partition(end)[0]
