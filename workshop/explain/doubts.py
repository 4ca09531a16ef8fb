"""What is doubtful in a Dockerfile: it builds or starts, but not as it looks. Each doubt has a place for a caret."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from workshop.dockerfile import Span

from . import doubts_files, doubts_folder, doubts_steps

if TYPE_CHECKING:
    from pathlib import Path

    from workshop.dockerfile import Dockerfile, Instruction

    from .doubt import Found


BUILDS_ALL_THE_SAME = ("not-utf-8", "stage-name-twice", "too-large")
"""What the parser complains about and a builder may take."""


class Doubt(NamedTuple):
    """One doubt: its stable name, what is so, what to write instead, and where. An `error` is certain: no build."""

    name: str
    message: str
    better: str
    span: Span
    error: bool = False


def doubts(file: Dockerfile, *, buildkit: bool, folder: Path | None = None) -> dict[int, list[Doubt]]:
    """Find all doubts, by the first line of their instruction."""
    found: dict[int, list[Doubt]] = {}
    for problem in file.errors:
        one = file.at(problem.line)
        if one is not None:
            error = problem.reason not in BUILDS_ALL_THE_SAME
            found.setdefault(one.first_line, []).append(
                Doubt(problem.reason, problem.message, "", _line(one, problem.line), error)
            )
    for one in file.instructions:
        target = one.inner if one.inner is not None else one
        for name, message, better, needle in _look(target, file, folder, buildkit=buildkit):
            span = target.find(needle) if needle else None
            found.setdefault(one.first_line, []).append(Doubt(name, message, better, span or target.keyword_span))
    return found


def _look(one: Instruction, file: Dockerfile, folder: Path | None, *, buildkit: bool) -> list[Found]:
    found: list[Found] = []
    for table in (doubts_files.CHECKS, doubts_steps.CHECKS):
        for check in table.get(one.keyword, ()):
            found += check(one, file)
    for look in doubts_folder.CHECKS.get(one.keyword, ()):
        found += look(one, file, folder)
    if not buildkit:
        found += doubts_files.needs_buildkit(one)
    return found


def _line(one: Instruction, line: int) -> Span:
    span = one.keyword_span
    return span if span.line == line else Span(line, 1, 2)
