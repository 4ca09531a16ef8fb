"""Lists: images, exercises."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from .terminal import clean, console, hang, say, table

if TYPE_CHECKING:
    from workshop.doctor import Finding
    from workshop.exercises import Exercise
    from workshop.learning.progress import Standing
    from workshop.steps.images import Row


_OR = re.compile(r"^Or,? ")
_ID = 15
"""Columns of a finding's name."""
_WIDE = 80
"""Columns that the list of exercises needs."""
_NAMELESS = 5
"""Images without a name that are listed; a machine that builds a lot has hundreds."""


def images(rows: Iterable[Row]) -> None:
    """Show images as `docker images` does, with a note on those of the workshop."""
    from datetime import datetime, timezone

    from workshop.changes import size

    now = datetime.now(timezone.utc).timestamp()
    rows = list(rows)
    nameless = [row for row in rows if row.name == "<none>"][_NAMELESS:]
    rows = [row for row in rows if row not in nameless]
    table(
        ("IMAGE", "ID", "CREATED", "SIZE", ""),
        [(row.name, row.image_id, _age(now - row.created), size(row.size), row.note) for row in rows],
        gap=2,
    )
    if nameless:
        say(f"… and {len(nameless)} more without a name")


def _age(seconds: float) -> str:
    for name, length in (("year", 31_536_000), ("month", 2_592_000), ("day", 86_400), ("hour", 3600), ("minute", 60)):
        if (count := int(seconds // length)) >= 1:
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now"


def examination(findings: Sequence[Finding]) -> None:
    """Show what the doctor found: what is wrong first, with the fix; then what is fine; then what was not looked at."""
    for one in sorted(findings, key=lambda finding: {False: 0, True: 1, None: 2}[finding.ok]):
        style = "bold" if one.ok is False else ""
        word = {False: "FIX", True: "ok", None: "-"}[one.ok]
        hang(f"{word:4} {one.id:{_ID}} ", one.what, style=style, left_style=style)
        left = " " * (_ID + 6)
        if one.ok is False and one.why:
            hang(left, one.why)
        for number, step in enumerate(one.fix if one.ok is False else ()):
            hang(f"{left}{'or  ' if number else 'try '} ", _OR.sub("", step))
    wrong = sum(one.ok is False for one in findings)
    things = "1 thing" if wrong == 1 else f"{wrong} things"
    say(f"\n{things} to mend, at the top." if wrong else "\nNothing is wrong.")


def shared(block: str) -> None:
    """Show a block to be copied: alone on standard output, and on standard error what to do with it."""
    console().print(clean(block), soft_wrap=True)
    console(errors=True).print("\nSend the lines above to your instructor. Read them first: they are all that goes.")


def exercises(found: Iterable[tuple[Exercise, Standing]]) -> None:
    """Show the exercises, each with what it is about and how far the learner is; two lines each where it is narrow."""
    header = ("EXERCISE", "TITLE", "CONCEPT", "STATE")
    rows = [(one.name, one.title, one.concept, standing.words) for one, standing in found]
    out = console()
    if out.is_terminal and out.width < _WIDE:
        for name, title, concept, words in rows:
            say(f"{name}  {words}")
            say(f"  {title} ({concept})")
    else:
        table(header, rows, gap=2)
