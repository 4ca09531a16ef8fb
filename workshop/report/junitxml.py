"""Verdicts as JUnit XML, the format that CI systems show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.etree import ElementTree

from workshop.judging.verdict import Outcome, Result, Verdict

from .terminal import clean


def junit(verdicts: Sequence[Verdict], file: Path) -> None:
    """Write the verdicts as JUnit XML, the format that CI systems show."""
    suites([(verdict.exercise, verdict) for verdict in verdicts], file)


def suites(named: Iterable[tuple[str, Verdict]], file: Path) -> None:
    """Write verdicts as JUnit XML, each under a name of its own."""
    root = ElementTree.Element("testsuites")
    for name, verdict in ((clean(given), verdict) for given, verdict in named):
        suite = ElementTree.SubElement(root, "testsuite", name=name, tests=str(len(verdict.checks)))
        for outcome, attribute in (("failed", "failures"), ("broken", "errors"), ("skipped", "skipped")):
            suite.set(attribute, str(sum(check.outcome.value == outcome for check in verdict.checks)))
        for check in verdict.checks:
            _junit_case(suite, name, check)
    ElementTree.indent(root)
    file.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)


def _junit_case(suite: ElementTree.Element, name: str, check: Result) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=name, name=check.title, time=f"{check.seconds:.3f}")
    tag = {Outcome.FAILED: "failure", Outcome.BROKEN: "error", Outcome.SKIPPED: "skipped"}.get(check.outcome)
    if not tag:
        return
    detail = ElementTree.SubElement(case, tag)
    if check.waits_for:
        detail.set("message", f"waits for: {check.waits_for}")
    if check.finding:
        detail.set("type", check.finding.reason)
        detail.set("message", clean(check.finding.why))
        detail.text = clean(f"expected: {check.finding.expected}\nseen: {check.finding.actual}")
