"""Reads a lesson's Markdown: what is typed, what should come back, which files are written; and compares shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from workshop.learning import lesson
from workshop.learning.lesson import TASK, Block, Command

__all__ = ["TASK", "Block", "Command", "blocks", "disagreement", "ids_learnt", "pattern", "tasks_named"]

ANYTHING = "…"
_ID = re.compile(r"\b[0-9a-f]{12,64}\b")

# What differs between two machines, or two runs: the pattern that finds it in the lesson, and what stands in its place.
_VARIES = (
    (r"[0-9a-f]{12,64}", r"[0-9a-f]{12,64}"),  # ids
    (r"(?:\d{1,3}\.){3}\d{1,3}:\d+", r"(?:\d{1,3}\.){3}\d{1,3}:\d+"),  # a published port
    (r"0B", r"0B"),  # a size that says something: nothing
    (r"\d[\d.]* ?(?:B|kB|MB|GB)", r"(?!0B)\d[\d.]* ?(?:B|kB|MB|GB)"),
    (
        r"(?:About an? \w+|Less than a second|\d+ (?:second|minute|hour|day|week|month|year)s?)(?: ago)?",
        r"(?:About an? \w+|Less than a second|\d+ \w+)(?: ago)?",
    ),
    (r"\d+(?:\.\d+)? ?s\b", r"\d+(?:\.\d+)? ?s\b"),
    (ANYTHING, r".*"),
    (r" {2,}", r"\s+"),
)
_SPLIT = re.compile("|".join(f"({lesson})" for lesson, _ in _VARIES))


def blocks(markdown: Path) -> list[Block]:
    """List a file's fenced blocks, in order."""
    return lesson.blocks(markdown.read_text("utf-8"))


def tasks_named(markdown: Path) -> list[tuple[int, list[str]]]:
    """List each `invoke …` that the text names between backticks, with its line."""
    return [
        (number, text.split()[1:])
        for number, line in enumerate(markdown.read_text("utf-8").splitlines(), 1)
        for text in re.findall(r"`((?:[.][/\\])?invoke [^`]+)`", line)
    ]


def pattern(shown: str) -> re.Pattern[str]:
    """Make one shown line a pattern: ids, ports, sizes, times and `…` stand for any of their kind."""
    parts, at = [], 0
    for match in _SPLIT.finditer(shown):
        parts += [re.escape(shown[at : match.start()]), _VARIES[(match.lastindex or 1) - 1][1]]
        at = match.end()
    return re.compile("".join(parts) + re.escape(shown[at:]) + r"\s*\Z")


def disagreement(shown: list[str], came: Iterable[str]) -> str:
    """Say where what came is not what the lesson shows; empty where it agrees."""
    lines = [line.rstrip() for line in came if line.strip()]
    at, gap = 0, False
    for one in shown:
        if one.strip() == ANYTHING:
            gap = True
            continue
        wanted = pattern(one)
        reach = range(at, len(lines) if gap else min(at + 1, len(lines)))
        hit = next((number for number in reach if wanted.match(lines[number])), None)
        if hit is None:
            return f"the lesson shows {one!r}; what came: {lines[at : at + 12]!r}"
        at, gap = hit + 1, False
    if at < len(lines) and not gap:
        return f"the lesson does not show {lines[at]!r}"
    return ""


def ids_learnt(shown: list[str], came: Iterable[str]) -> dict[str, str]:
    """Pair the ids of the lesson's lines with those of the lines that came in their place."""
    lines, learnt = list(came), dict[str, str]()
    for one in shown:
        line = next((line for line in lines if pattern(one).match(line.rstrip())), "")
        if one.strip() != ANYTHING:
            learnt.update(zip(_ID.findall(one), _ID.findall(line), strict=False))
    return learnt
