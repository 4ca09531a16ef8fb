"""Two texts that should be the same, shown so that the difference can be seen."""

from __future__ import annotations

import itertools

WIDTH = 120
"""Characters of a line that are shown before and after the first difference."""
_VISIBLE = str.maketrans({"\r": "␍", "\t": "⇥", "\u00a0": "⍽", "\ufeff": "<BOM>", "\u200b": "<ZWSP>", "\x00": "<NUL>"})


def first_difference(expected: str, actual: str) -> tuple[str, str]:
    """Show the first line in which the two differ, once as expected and once as seen.

    What prints alike is made visible: a carriage return is ␍, a tab ⇥, a trailing blank ·.
    """
    pairs = itertools.zip_longest(expected.split("\n"), actual.split("\n"))
    for number, (wanted, seen) in enumerate(pairs, 1):
        if wanted != seen:
            start = _first_differing(wanted or "", seen or "")
            return _shown(number, wanted, start), _shown(number, seen, start)
    return "the same text", "the same text"


def _first_differing(one: str, other: str) -> int:
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return sum(1 for _ in same)


def _shown(number: int, line: str | None, start: int) -> str:
    if line is None:
        return f"line {number}: nothing, the text ends before it"
    if not line:
        return f"line {number}: an empty line"
    bare = line.rstrip(" ")
    visible = bare + "·" * (len(line) - len(bare))
    begin = max(0, start - WIDTH // 2)
    cut = visible[begin : begin + WIDTH]
    return (
        f"line {number}: {'…' if begin else ''}{cut.translate(_VISIBLE)}{'…' if len(visible) > begin + WIDTH else ''}"
    )
