"""A class's grades as one page that needs nothing else: a heat map, what was failed most, each verdict to unfold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from workshop.judging.verdict import Finding, Outcome, Result

from .terminal import clean

if TYPE_CHECKING:
    from workshop.classroom.results import Grade, Results

_BESIDE = Path(__file__).with_name("grade_page.css"), Path(__file__).with_name("grade_page.js")
_SIGN = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.BROKEN: "!", Outcome.SKIPPED: "-"}
_WORD = {Outcome.PASSED: "passed", Outcome.FAILED: "failed", Outcome.BROKEN: "not judged", Outcome.SKIPPED: "skipped"}
_ORDER = [Outcome.BROKEN, Outcome.FAILED, Outcome.PASSED]
_LEGEND = (
    ("passed", "✓", "passed"),
    ("failed shade-2", "2/5", "failed, with so many checks passed"),
    ("untouched", "-", "as it was handed out"),
    ("none", "", "not handed in"),
    ("broken", "!", "not judged: the machine's trouble"),
)
_STUMBLES = 15
_SHADES = 4
"""Steps from a failed exercise of which no check passed to one of which nearly all did."""

Group = list["Grade"]
"""Equal verdicts on equal content."""


def page(results: Results) -> str:
    """Write the page. What learners and Docker wrote comes in as text only: the tree escapes it."""
    groups = _groups(results)
    anchors = {id(grade): f"v{number}" for number, group in enumerate(groups) for grade in group}
    html = Element("html", lang="en")
    head = SubElement(html, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    # The page holds what strangers wrote: should some of it ever be taken for more than text, it may load nothing.
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": policy})
    _add(head, "title", "Grades")
    css, script = (file.read_text("utf-8") for file in _BESIDE)
    _add(head, "style", css)
    body = SubElement(html, "body")
    _summary(SubElement(body, "header"), results)
    main = SubElement(body, "main")
    _heat_map(main, results, anchors)
    _stumbles(main, results)
    _verdicts(main, groups)
    _add(body, "script", script)
    return "<!doctype html>\n" + tostring(html, encoding="unicode", method="html") + "\n"


def parts(finding: Finding) -> Iterator[tuple[str, str]]:
    """Give what a finding has to tell, each with the word that a verdict has for it."""
    where = finding.where
    told = {
        "because": finding.why,
        "expected": finding.expected,
        "seen": finding.actual,
        "where": f"{where.file}:{where.line}\n{where.line} | {where.text}" if where else "",
        "try": finding.hint,
        "look": finding.look,
    }
    yield from ((label, text) for label, text in told.items() if text)


def _add(parent: Element, tag: str, text: str = "", **attributes: str) -> Element:
    """Add an element with a text; `class_` is the attribute class."""
    child = SubElement(
        parent, tag, {name.rstrip("_").replace("_", "-"): clean(value) for name, value in attributes.items()}
    )
    child.text = clean(text)
    return child


def _groups(results: Results) -> list[Group]:
    found: dict[tuple[str, str], Group] = {}
    for one in results.grades:
        found.setdefault((one.exercise, one.fingerprint or f"learner {one.learner}"), []).append(one)
    order = {name: number for number, name in enumerate(results.exercises)}
    return sorted(
        found.values(),
        key=lambda group: (order.get(group[0].exercise, -1), _ORDER.index(group[0].outcome), -len(group)),
    )


def _summary(header: Element, results: Results) -> None:
    _add(header, "h1", "Grades")
    judged = results.count(Outcome.PASSED) + results.count(Outcome.FAILED)
    share = f"{100 * results.count(Outcome.PASSED) / judged:.0f} %" if judged else "-"
    facts = [
        (str(len(results.learners)), "learners"),
        (str(len(results.exercises)), "exercises"),
        (share, "of what was judged passed"),
        *([(str(len(results.broken)), "not judged: the machine's trouble")] if results.broken else []),
    ]
    line = _add(header, "ul", class_="facts")
    for number, what in facts:
        item = SubElement(line, "li")
        _add(item, "strong", number).tail = f" {what}"
    _add(header, "p", f"{datetime.now().astimezone():%Y-%m-%d %H:%M}", class_="when")


def _heat_map(main: Element, results: Results, anchors: dict[int, str]) -> None:
    _add(main, "h2", "Learners and exercises")
    legend = _add(main, "p", class_="legend")
    for shade, sign, what in _LEGEND:
        _add(legend, "span", sign, class_=f"chip {shade}").tail = f" {what} "
    table = SubElement(_add(main, "div", class_="scroll fit"), "table", {"class": "heat"})
    top = SubElement(SubElement(table, "thead"), "tr")
    _add(top, "th", "learner", scope="col")
    for exercise in results.exercises:
        _add(top, "th", exercise.rpartition("-")[2], scope="col", title=exercise)
    _add(top, "th", "passed", scope="col")
    rows = SubElement(table, "tbody")
    for learner in results.learners:
        row = SubElement(rows, "tr")
        _add(row, "th", learner, scope="row")
        if refused := results.refused(learner):
            cell = _add(row, "td", class_=_shade(refused), colspan=str(len(results.exercises) or 1))
            _add(cell, "a", refused.cause.reason if refused.cause else "!", href=f"#{anchors[id(refused)]}")
        else:
            for exercise in results.exercises:
                _cell(row, learner, exercise, results.of(learner, exercise), anchors)
        _add(row, "td", str(results.passed(learner)), class_="sum")
    bottom = SubElement(SubElement(table, "tfoot"), "tr")
    _add(bottom, "th", "passed", scope="row")
    for exercise in results.exercises:
        mine = [one for one in results.grades if one.exercise == exercise]
        _add(bottom, "td", str(sum(one.outcome is Outcome.PASSED for one in mine)), class_="sum")
    SubElement(bottom, "td")


def _cell(row: Element, learner: str, exercise: str, grade: Grade | None, anchors: dict[int, str]) -> None:
    if grade is None:
        _add(row, "td", "", class_="none", title=f"{learner}, {exercise}: not handed in")
        return
    text = _SIGN[grade.outcome]
    if grade.outcome is Outcome.FAILED:
        text = "-" if grade.untouched else f"{grade.passed_checks}/{len(grade.verdict.checks)}"
    cause = f", {grade.cause.reason}" if grade.cause else ""
    word = "not begun" if grade.untouched else _WORD[grade.outcome]
    title = f"{learner}, {exercise}: {word}{cause}"
    cell = _add(row, "td", class_=_shade(grade))
    _add(cell, "a", text, href=f"#{anchors[id(grade)]}", title=title, aria_label=title)


def _shade(grade: Grade) -> str:
    if grade.untouched:
        return "untouched"
    if grade.outcome is not Outcome.FAILED:
        return str(grade.outcome.value)
    share = grade.passed_checks / max(1, len(grade.verdict.checks))
    return f"failed shade-{int(_SHADES * share)}"


def _stumbles(main: Element, results: Results) -> None:
    if not results.stumbles:
        return
    _add(main, "h2", "Most failed")
    table = SubElement(_add(main, "div", class_="scroll"), "table", {"class": "stumbles"})
    top = SubElement(SubElement(table, "thead"), "tr")
    for title in ("learners", "exercise", "check", "reasons"):
        _add(top, "th", title, scope="col")
    rows = SubElement(table, "tbody")
    most = results.stumbles[0].learners
    for one in results.stumbles[:_STUMBLES]:
        row = SubElement(rows, "tr")
        bar = _add(row, "td", class_="bar")
        _add(bar, "span", style=f"width:{100 * one.learners / most:.0f}%")
        _add(bar, "b", str(one.learners))
        for text in (one.exercise or "everything", one.title):
            _add(row, "td", text)
        _add(SubElement(row, "td"), "code", one.why)


def _verdicts(main: Element, groups: list[Group]) -> None:
    _add(main, "h2", "Verdicts")
    _add(main, "p", "Equal content has one verdict.", class_="legend")
    before = None
    for number, group in enumerate(groups):
        first = group[0]
        if first.exercise != before:
            _add(main, "h3", first.exercise or "All that was handed in")
            before = first.exercise
        box = _add(main, "details", id=f"v{number}", class_=first.outcome.value)
        summary = SubElement(box, "summary")
        _add(summary, "b", f"{_SIGN[first.outcome]} {_WORD[first.outcome]}", class_="word")
        if first.cause:
            _add(summary, "code", first.cause.reason)
        if first.untouched:
            _add(summary, "span", "not begun: as it was handed out")
        names = ", ".join(one.learner for one in group[:3])
        more = f" and {len(group) - 3} more" if len(group) > 3 else ""  # noqa: PLR2004 - the three named above
        _add(summary, "span", names + more, class_="who")
        if more:
            _add(box, "p", ", ".join(one.learner for one in group), class_="names")
        for one in group:
            for note in one.notes:
                _add(box, "p", f"{one.learner}: {note}", class_="note")
        for check in first.verdict.checks:
            _check(box, check)


def _check(box: Element, check: Result) -> None:
    line = _add(box, "p", class_=f"check {check.outcome.value}")
    _add(line, "b", f"{_SIGN[check.outcome]} {_WORD[check.outcome]}", class_="word").tail = f" {clean(check.title)}"
    if check.waits_for:
        _add(line, "small", f" waits for: {check.waits_for}")
    told = [*(parts(check.finding) if check.finding else ()), *(("note", note) for note in check.notes)]
    if told:
        listing = SubElement(box, "dl")
        for label, text in told:
            _add(listing, "dt", label)
            _add(listing, "dd", text)
