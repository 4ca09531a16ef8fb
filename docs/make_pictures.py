"""Makes the README's picture of a verdict from a real one: `python docs/make_pictures.py`."""

from __future__ import annotations

import html
import io
import re
import sys
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from workshop import exercises, report
from workshop.judging.checking import judge
from workshop.judging.verdict import Result, Verdict

DOCS = Path(__file__).resolve().parent
EXERCISE, ANSWER = "exercise-1", "wrong/page-elsewhere--one-folder-too-high"
COLUMNS = 100
"""As wide as the README shows a picture without shrinking its letters."""


def verdict() -> Verdict:
    """Judge a known wrong answer of the first exercise, on the real engine.

    Its place is told as a learner sees it; the learner's own folder and image stay as they are.
    """
    exercise = exercises.find(EXERCISE)
    with exercise.context_of(exercise.key / ANSWER) as folder:
        judged = judge(exercise, folder)
    return replace(judged, checks=tuple(_in_the_learners_folder(one) for one in judged.checks))


def _in_the_learners_folder(check: Result) -> Result:
    if check.finding is None or check.finding.where is None:
        return check
    file = f"exercises/{EXERCISE}/{check.finding.where.file}"
    return replace(check, finding=replace(check.finding, where=replace(check.finding.where, file=file)))


def picture(one: Verdict) -> str:
    """Draw the verdict as a terminal shows it, in a dark window that stands out on light and dark pages."""
    console = Console(
        record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, highlight=False, markup=False
    )
    report.verdict(one, attempt=2, to=console)
    return report.window(console, f"invoke verify {EXERCISE}", "verdict")


def words(drawn: str) -> list[str]:
    """Give the lines of text that a picture shows."""
    rows: dict[float, str] = {}
    for y, text in re.findall(r'<text[^>]* y="([\d.]+)"[^>]*>([^<]*)</text>', drawn):
        rows[float(y)] = rows.get(float(y), "") + html.unescape(text).replace("\xa0", " ")
    return [re.sub(r" {2,}", "   ", row).strip() for _, row in sorted(rows.items()) if row.strip()]


if __name__ == "__main__":
    target = DOCS / "verdict.svg"
    target.write_text(picture(verdict()), "utf-8", newline="\n")
    sys.stdout.write(f"{target.name}: {target.stat().st_size} bytes\n")
