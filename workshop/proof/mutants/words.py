"""Slips within a line, the same in Dockerfiles, scripts and settings: a path, a port, a number, an option, a quote."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_NUMBER = re.compile(r"(?<![\w.])\d+(?!\d|\.\d)")
"""A number of its own or before a unit (8080, 5s), not a part of a name, a version or an address."""
_PATH = re.compile(r"(?<![\w:/.$}*?-])\.{0,2}/[\w.@-]+(?:/[\w.@-]+)*/?")
_OPTION = re.compile(r"\s-{1,2}[A-Za-z][\w-]*(?:=\S*)?(?=\s|$)")
_VARIABLE = re.compile(r"\$(?:\w+|\{\w+\}|@|\*)")
_AND = re.compile(r"&&|\|\|")
_QUOTED = re.compile(r"""(["'])((?:(?!\1).)*)\1""")
_EXEC = re.compile(r"\bexec\s+(?=\S)")

Change = Callable[["re.Match[str]"], Iterator[str]]


def _number(found: re.Match[str]) -> Iterator[str]:
    yield str(int(found[0]) + 1)


def _path(found: re.Match[str]) -> Iterator[str]:
    path = found[0]
    if path.endswith("/"):
        yield path[:-1]
        yield f"{path[:-1]}x/"
    else:
        yield f"{path}x"


def _nothing(_found: re.Match[str]) -> Iterator[str]:
    yield ""


def _semicolon(_found: re.Match[str]) -> Iterator[str]:
    yield ";"


def _bare(found: re.Match[str]) -> Iterator[str]:
    yield found[2]


ANYWHERE: tuple[tuple[re.Pattern[str], Change], ...] = ((_NUMBER, _number), (_PATH, _path), (_VARIABLE, _nothing))
SHELL: tuple[tuple[re.Pattern[str], Change], ...] = (
    *ANYWHERE,
    (_OPTION, _nothing),
    (_AND, _semicolon),
    (_QUOTED, _bare),
    (_EXEC, _nothing),
)


def slips(line: str, start: int, rules: tuple[tuple[re.Pattern[str], Change], ...]) -> Iterator[str]:
    """Give the line with one slip each, in the part that begins at `start` (counted from 0)."""
    for pattern, change in rules:
        for found in pattern.finditer(line, start):
            for put in change(found):
                yield line[: found.start()] + put + line[found.end() :]
