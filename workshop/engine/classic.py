"""What the classic builder leaves behind: an image without a name for each stage, and for where a build failed.

It keeps the image of every step, as its cache. Those below a named image go with that image; the end of another stage,
and the last step that a failed build came to, is below none, and nobody removes it. BuildKit keeps its cache elsewhere,
and clears it by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_STEP = re.compile(rb"Step \d+/\d+ : (\S+)")
_IMAGE = re.compile(rb" ---> ([0-9a-f]{12,64})")
_CACHED = b" ---> Using cache"
_DONE = b"Successfully built "
LONGEST = 1024
"""Bytes of a line that are looked at; what the builder itself says of a step is shorter."""


@dataclass(frozen=True)
class Tip:
    """The last image of a chain of steps that no name leads to."""

    id: str
    """Its first digits, as the builder prints them."""
    cached: bool
    """It was there before: another build made it."""


class Tips:
    """Finds them in a build's output, as that comes."""

    def __init__(self) -> None:
        self._found: list[Tip] = []
        self._last: Tip | None = None
        self._cached = self._base = False
        self._line = b""

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        *lines, rest = (self._line + chunk).split(b"\n")
        for line in lines:
            self._take(line.rstrip(b"\r"))
        self._line = rest[:LONGEST]

    def _take(self, line: bytes) -> None:
        if step := _STEP.match(line):
            self._base, self._cached = step[1].upper() == b"FROM", False
            if self._base:
                self._end_chain()
        elif line == _CACHED:
            self._cached = True
        elif image := _IMAGE.fullmatch(line):
            # What FROM names is a base image: not this build's.
            self._last = None if self._base else Tip(image[1].decode(), self._cached)
        elif line.startswith(_DONE):
            self._last = None  # the image itself

    def _end_chain(self) -> None:
        if self._last:
            self._found.append(self._last)
        self._last = None

    def all(self) -> tuple[Tip, ...]:
        """Give those found; once the output has ended."""
        self._end_chain()
        return tuple(self._found)
