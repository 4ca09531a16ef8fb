"""What a check for doubts gives, and what several of them need to know about a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from workshop.dockerfile import Dockerfile, Instruction


class Found(NamedTuple):
    """A doubt before it has a place: `needle` is the text to point at, "" for the keyword."""

    name: str
    message: str
    better: str
    needle: str = ""


Check = Callable[[Instruction, Dockerfile], Iterable[Found]]

SECRET = re.compile(
    r"(?:^|_)(?:pass(?:word|wd|phrase)?|pwd|secret|token|" r"credentials?|api_?key|private_?key|auth)(?:$|_)", re.I
)
"""Names of variables that look like secrets; the list of BuildKit's own rule, and some more."""
VARIABLE = re.compile(r"\$(?:\{(\w+)[^}\n]*\}|(\w+))")
ARCHIVE = re.compile(r"\.(?:tar|tgz|tbz2?|txz|tar\.\w+)$", re.IGNORECASE)
ADDRESS = re.compile(r"^(?:https?|ftp|git)://|^git@|\.git(?:#|$)")
