"""Slips in the other files of an answer: .dockerignore, scripts, and settings of nginx."""

from __future__ import annotations

from collections.abc import Iterator

from . import words
from .model import Slip, changed, line_by_line, with_line, without


def _speaking(lines: list[str]) -> list[int]:
    """List the numbers of the lines that say something; a script's first line does, though it looks like a comment."""
    said = [(number, line.strip()) for number, line in enumerate(lines, 1)]
    return [number for number, line in said if line and (not line.startswith("#") or line.startswith("#!"))]


def ignore_list(text: str) -> Iterator[Slip]:
    """Drop, exchange and loosen the patterns of a .dockerignore."""
    lines = text.split("\n")
    numbers = _speaking(lines)
    # The order of two patterns matters only when one takes back what the other said.
    yield from line_by_line(lines, numbers, swap=lambda one, other: one.startswith("!") != other.startswith("!"))
    for number in numbers:
        pattern = lines[number - 1].strip()
        others = [pattern[1:] if pattern.startswith("!") else f"!{pattern}", f"{pattern}x"]
        others += [pattern.removeprefix("**/"), pattern.removesuffix("/**"), pattern.removeprefix("/")]
        if "*" in pattern.strip("*/"):
            others.append(pattern.replace("*", "x"))
        for other in others:
            if other not in ("", pattern):
                yield Slip(number, changed(pattern, other), with_line(lines, number, other))


def script(text: str) -> Iterator[Slip]:
    """Drop and exchange a script's lines, change words in them, and save it as Windows does."""
    lines = text.split("\n")
    numbers = _speaking(lines)
    yield from line_by_line(lines, numbers)
    yield from _within(lines, [number for number in numbers if not lines[number - 1].startswith("#!")])
    windows = text.replace("\r\n", "\n").replace("\n", "\r\n")
    yield Slip(1, "saved with Windows line endings", windows)


def settings(text: str) -> Iterator[Slip]:
    """Drop a directive of nginx, one of its words, or change a number or a path."""
    lines = text.split("\n")
    numbers = _speaking(lines)
    for number in numbers:
        line = lines[number - 1]
        yield Slip(number, f"without {line.strip()}", without(lines, number, number))
        said = line.strip().removesuffix(";").split()
        for word in said[1:] if line.rstrip().endswith(";") else ():
            new = line.replace(f" {word}", "", 1)
            yield Slip(number, changed(line, new), with_line(lines, number, new))
    yield from _within(lines, numbers)


def _within(lines: list[str], numbers: list[int]) -> Iterator[Slip]:
    for number in numbers:
        line = lines[number - 1]
        for new in words.slips(line, 0, words.SHELL):
            yield Slip(number, changed(line, new), with_line(lines, number, new))
