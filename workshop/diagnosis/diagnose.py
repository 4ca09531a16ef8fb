"""Match Docker's text against the table, find the line to blame, and fill in the words."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from workshop import places
from workshop.dockerfile import Dockerfile, parse

from . import locate, refine
from .clean import clean, meaningful
from .commands import COMMANDS
from .files import FILES
from .images import IMAGES
from .running import RUNNING
from .steps import STEPS
from .writing import WRITING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .row import Row

ROWS = IMAGES + FILES + WRITING + STEPS + RUNNING + COMMANDS
"""The whole table; causes stand before what comes of them."""
_GAP = re.compile(r"\{(\w+)\}|\{\.(?:/(\w+))?\}")
"""What the words leave open: a group, or a path, of the folder that was built or of a file in it."""
_NUL = "null-byte"
LAST_LINES = 4
"""How many lines at the end can hold the cause; what stands further up was only on the way."""
OUTPUT_LINES = 40
"""How many lines above a failed step are searched for what its command printed."""
LONGEST_CHAIN, MOST_CLAUSES = 4_000, 40
"""Characters and clauses of the last line that are taken apart; Docker's longest chains have a dozen."""
LONGEST_GROUP = 120
"""Characters of anything taken from the text into our words."""
PRINTED_TOO = ("program-not-found", "program-not-executable", "interpreter-missing", "user-unknown")
"""Errors of the engine that BuildKit, or a command, prints in the same words."""


@dataclass(frozen=True)
class Where:
    """The line to blame, counted from 1, and its text."""

    line: int
    text: str


@dataclass(frozen=True)
class Diagnosis:
    """The cause, in plain words. `reason` is its stable name, `detail` the special case of it, or ""."""

    reason: str
    detail: str
    title: str
    why: str
    fix: tuple[str, ...]
    where: Where | None = None
    found: Mapping[str, str] = field(default_factory=dict)


def diagnose(
    text: str,
    *,
    dockerfile: Dockerfile | str | None = None,
    context: Path | None = None,
    at: Path | None = None,
    images: Sequence[str] = (),
) -> Diagnosis | None:
    """Say what an error text of Docker's means; None for a text that the table does not know.

    `dockerfile` is what was built, `context` the folder it was built from (for names that are nearly right, and for
    commands), `at` where the reader has that folder when it is a copy, `images` the names with tags that are on this
    machine. Each makes the answer sharper; none is needed. Never raises.
    """
    cleaned = clean(text)
    lines = meaningful(cleaned)
    hit = _match(cleaned, lines)
    file = parse(dockerfile) if isinstance(dockerfile, str) else dockerfile
    row, groups = _null_byte(cleaned, lines, hit, file) or hit or (None, {})
    if row is None:
        return None
    place = locate.locate(cleaned, row, groups, file)
    scene = refine.Scene(
        cleaned, tuple(lines), row.reason, groups, file, place, context, at or context or Path(), tuple(images)
    )
    return _say(scene)


def _null_byte(
    text: str, lines: Sequence[str], hit: tuple[Row, dict[str, str]] | None, file: Dockerfile | None
) -> tuple[Row, dict[str, str]] | None:
    """Find a null byte in the instruction to blame, or in any where the error says nothing else.

    Each builder stumbles over it in its own way, and what it says then leads elsewhere.
    """
    problem = next((one for one in file.errors if one.reason == _NUL), None) if file and lines else None
    if file is None or problem is None:
        return None
    row = next(row for row in ROWS if row.reason == _NUL)
    place, odd = locate.locate(text, *hit, file) if hit else None, file.at(problem.line)
    told = place.instruction is odd if place else bool(odd and odd.text.replace("\0", "") in text)
    if hit is None or hit[0] is row or told:
        return row, {"line": f"Line {problem.line}"}
    return None


def diagnose_file(file: Dockerfile) -> Diagnosis | None:
    """Say what is wrong with how a Dockerfile is written, before any builder reads it; None where nothing is."""
    if not file.errors:
        return None
    problem = file.errors[0]
    title, _, why = problem.message.partition("; ")
    where = Where(problem.line, file.line(problem.line)) if file.line(problem.line) else None
    return Diagnosis(problem.reason, "", title.rstrip(".") + ".", why[:1].upper() + why[1:], (), where)


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.MULTILINE)


def _match(text: str, lines: Sequence[str]) -> tuple[Row, dict[str, str]] | None:
    """Find the row: in the last clause of the last line, else in ever longer pieces, in the end, in all."""
    if not lines:
        return None
    errors = [row for row in ROWS if not row.output]
    row = None
    for piece in _pieces(lines[-1]):
        row = _first(errors, piece)
        if row is not None:
            break
    end = "\n".join(lines[-LAST_LINES:])
    output = "\n".join(lines[-OUTPUT_LINES:])
    if row is None:
        row = _first(errors, end)
    if row is not None and row.reason == "run-step-failed":
        row = _first([one for one in ROWS if one.output or one.reason in PRINTED_TOO], output) or row
    if row is None:
        alone = [one for one in ROWS if not one.step]
        row = _first(alone, end) or _first(alone, output) or _first(alone, text)
    if row is None:
        return None
    image = _first([one for one in errors if one.reason == "image-not-here"], end)
    row = image or row  # a registry's error behind it is only what came of it
    return row, _groups(row, text)


def _pieces(line: str) -> list[str]:
    """Cut a chain of clauses into its ends, the shortest first."""
    clauses = line[-LONGEST_CHAIN:].split(": ")[-MOST_CLAUSES:]
    return [": ".join(clauses[at:]) for at in range(len(clauses) - 1, -1, -1)]


def _first(rows: Sequence[Row], text: str) -> Row | None:
    for row in rows:
        if any(_compiled(pattern).search(text) for pattern in row.patterns):
            return row
    return None


def _groups(row: Row, text: str) -> dict[str, str]:
    """Take the named groups of every pattern that matches, the last match of each first."""
    groups: dict[str, str] = {}
    for pattern in row.patterns:
        for match in reversed(list(_compiled(pattern).finditer(text))):
            for name, value in match.groupdict().items():
                if value:
                    groups.setdefault(name, value.strip()[:LONGEST_GROUP])
    return groups


def _say(scene: refine.Scene) -> Diagnosis:
    reason, detail, more = refine.refine(scene)
    row = next(row for row in ROWS if row.reason == reason)
    words = row.details.get(detail, row.words)
    found = {**row.otherwise, **scene.groups, **more}

    def filled(gap: re.Match[str]) -> str:
        if gap[1]:
            return found.get(gap[1], gap[0])
        return places.quoted(places.as_typed(scene.at / found.get(gap[2], gap[2]) if gap[2] else scene.at))

    def fill(sentence: str) -> str:
        return _GAP.sub(filled, sentence)

    where = None
    if scene.place is not None and scene.file is not None:
        where = Where(scene.place.line, scene.file.line(scene.place.line))
    return Diagnosis(
        reason=reason,
        detail=detail,
        title=fill(words.title),
        why=fill(words.why),
        fix=tuple(fill(step) for step in words.fix),
        where=where,
        found=found,
    )
