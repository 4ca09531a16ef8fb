"""A class's grades as files: for programs, for a spreadsheet, for CI systems, for Gradescope, and for people."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workshop.judging.verdict import Outcome

from . import grade_page
from .junitxml import suites
from .terminal import clean, say

if TYPE_CHECKING:
    from workshop.classroom.results import Grade, Results
    from workshop.judging.verdict import Verdict

COLUMNS = ("learner", "exercise", "outcome", "passed_checks", "checks", "failed_check", "reason", "why", "notes")
"""Of the CSV file; the first nine things that a line of the JSON file has."""
VERSION = 1
"""Of a line of results.jsonl."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that spreadsheets would calculate."""


def grade_files(results: Results, folder: Path) -> None:
    """Write results.jsonl, results.csv, junit.xml, report.html and Gradescope's results.json into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "results.jsonl", "".join(json.dumps(_row(one)) + "\n" for one in results.grades))
    _write(folder / "results.csv", _csv(results))
    _write(folder / "report.html", grade_page.page(results))
    suites([(f"{one.learner} {one.exercise}".strip(), one.verdict) for one in results.grades], folder / "junit.xml")
    _gradescope(results, folder)
    say(f"\nreport   {(folder / 'report.html').as_posix()}")
    say(
        "         beside it results.jsonl, results.csv, junit.xml, and gradescope/ with a results.json for each learner"
    )


def _write(file: Path, text: str) -> None:
    """Write a file whole or not at all: whoever reads it meanwhile sees the one before."""
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_text(text, "utf-8", newline="")
    fresh.replace(file)


def _row(one: Grade) -> dict[str, Any]:
    return {
        "version": VERSION,
        "learner": one.learner,
        "exercise": one.exercise or None,
        "outcome": one.outcome.value,
        "passed_checks": one.passed_checks,
        "checks": len(one.verdict.checks),
        "failed_check": one.failed_check or None,
        "reason": one.cause.reason if one.cause else None,
        "why": one.cause.why if one.cause else None,
        "notes": list(one.notes),
        "untouched": one.untouched,
        "fingerprint": one.fingerprint or None,
        "verdict": one.verdict.as_json(),
    }


def _csv(results: Results) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in results.grades:
        row = _row(one) | {"notes": "; ".join(one.notes)}
        writer.writerow([_cell(row[column]) for column in COLUMNS])
    return out.getvalue()


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = clean(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


# Gradescope -----------------------------------------------------------------------------------------------------


def _gradescope(results: Results, folder: Path) -> None:
    """Write each learner's results.json (gradescope-autograders.readthedocs.io, Specifications, Output format).

    Who has a broken verdict gets none: Gradescope would count what is missing as zero. A class of one is written into
    `folder` itself, too, as an autograder must.
    """
    shutil.rmtree(folder / "gradescope", ignore_errors=True)
    (folder / "results.json").unlink(missing_ok=True)
    places = _places(results.learners)
    for learner in results.learners:
        mine = [one for one in results.grades if one.learner == learner]
        if any(one.outcome is Outcome.BROKEN for one in mine):
            continue
        text = json.dumps(_autograded(learner, results), indent=2) + "\n"
        file = folder / "gradescope" / places[learner] / "results.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(file, text)
        if len(results.learners) == 1:
            _write(folder / "results.json", text)


def _places(learners: tuple[str, ...]) -> dict[str, str]:
    """Make folder names that every system takes, one for each learner."""
    places: dict[str, str] = {}
    for learner in learners:
        name = re.sub(r"[^\w.@+-]+", "_", learner).strip("._")[:100] or "learner"
        while name.lower() in {one.lower() for one in places.values()}:
            name += "_"
        places[learner] = name
    return places


def _autograded(learner: str, results: Results) -> dict[str, Any]:
    refused = results.refused(learner)
    tests = [_test(exercise, results.of(learner, exercise)) for exercise in results.exercises]
    return {
        "score": results.passed(learner),
        "execution_time": round(sum(one.verdict.seconds for one in results.grades if one.learner == learner)),
        "output": _said(refused.verdict) if refused else f"{results.passed(learner)} of {len(tests)} exercises passed.",
        "output_format": "text",
        "visibility": "visible",
        "tests": tests,
    }


def _test(exercise: str, grade: Grade | None) -> dict[str, Any]:
    passed = grade is not None and grade.outcome is Outcome.PASSED
    return {
        "name": exercise,
        "number": exercise.rpartition("-")[2],
        "score": int(passed),
        "max_score": 1,
        "status": "passed" if passed else "failed",
        "output": _said(grade.verdict, grade.notes) if grade else "Not handed in.",
        "output_format": "text",
        "visibility": "visible",
    }


def _said(verdict: Verdict, notes: tuple[str, ...] = ()) -> str:
    """Say in plain lines what a verdict found."""
    lines = []
    for check in verdict.checks:
        lines.append(f"{check.outcome.value:8} {check.title}")
        if check.waits_for:
            lines.append(f"         waits for: {check.waits_for}")
        found = check.finding
        for label, text in grade_page.parts(found) if found else ():
            lines += [f"         {label}: {line}" for line in text.splitlines()]
    return clean("\n".join([*lines, *notes]))
