"""What a mutant is, and how it is called."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple


class Slip(NamedTuple):
    """One changed file: the number of the line, what was done there, and the whole text that it leaves."""

    line: int
    what: str
    text: str


class Mutant(NamedTuple):
    """The model answer with one slip in one file."""

    file: str
    line: int
    what: str
    text: str
    """The file as it is now, whole."""

    @property
    def name(self) -> str:
        """Name it for a listing, such as `Dockerfile:2 html/ -> html`; the same for the same model answer."""
        return f"{self.file}:{self.line} {self.what}"


def changed(before: str, after: str) -> str:
    """Say what became of `before`, in the words that differ."""
    old, new = before.split(), after.split()
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    if not old:
        return f"with {' '.join(new)}" if new else "other spaces"
    return f"{' '.join(old)} -> {' '.join(new)}" if new else f"without {' '.join(old)}"


def with_line(lines: list[str], number: int, line: str) -> str:
    """Write the file with another line `number`."""
    return "\n".join([*lines[: number - 1], line, *lines[number:]])


def without(lines: list[str], first: int, last: int) -> str:
    """Write the file without the lines `first` to `last`."""
    return "\n".join([*lines[: first - 1], *lines[last:]])


def swapped(lines: list[str], upper: range, lower: range) -> str:
    """Write the file with two stretches of lines exchanged; what stands between them stays there."""
    top, bottom = lines[upper.start - 1 : upper.stop - 1], lines[lower.start - 1 : lower.stop - 1]
    between = lines[upper.stop - 1 : lower.start - 1]
    return "\n".join([*lines[: upper.start - 1], *bottom, *between, *top, *lines[lower.stop - 1 :]])


def line_by_line(
    lines: list[str], numbers: list[int], *, swap: Callable[[str, str], bool] = operator.ne
) -> Iterator[Slip]:
    """Drop each of these lines, and exchange each with the next one where `swap` says that this matters."""
    for number in numbers:
        yield Slip(number, f"without {lines[number - 1].strip()}", without(lines, number, number))
    for upper, lower in pairwise(numbers):
        if swap(lines[upper - 1], lines[lower - 1]):
            text = swapped(lines, range(upper, upper + 1), range(lower, lower + 1))
            yield Slip(upper, f"below line {lower}", text)
