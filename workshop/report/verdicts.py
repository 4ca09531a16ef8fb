"""How a verdict looks: words carry the status; colour and marks only repeat it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from workshop.judging.verdict import Finding, Outcome, Result, Verdict

from .terminal import beside, clean, console, hang, signed

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_SIGN = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.SKIPPED: "-", Outcome.BROKEN: "!"}
_WORD = {Outcome.PASSED: "pass", Outcome.FAILED: "FAIL", Outcome.SKIPPED: "skip", Outcome.BROKEN: "BROKEN"}
_STYLE = {Outcome.PASSED: "green", Outcome.FAILED: "bold red", Outcome.SKIPPED: "dim", Outcome.BROKEN: "bold magenta"}
"""Never yellow, which nobody reads on white."""
_INDENT = 10
_LABEL = 10
"""Columns before, and of, the words before a finding's parts: expected, seen, where …."""


def prepare() -> None:
    """Import what showing a verdict needs (50 ms), while something else is waited for."""
    import rich.text  # noqa: F401 - for its effect

    console()


def verdict(verdict: Verdict, *, attempt: int = 0, watched: bool = False, to: Console | None = None) -> None:
    """Show a verdict: the checks in order, the first failures with their cause, and one next step.

    `watched` says that the next save is judged by itself.
    """
    out = to or console()
    header = f"{verdict.exercise}  {verdict.title}"
    out.print(_line(header, f"attempt {attempt}" if attempt else "", out.width, "bold"))
    looks: set[str] = set()
    for waits_for, checks in itertools.groupby(verdict.checks, lambda check: check.waits_for):
        together = list(checks)
        for check in together:
            _check(out, check, looks)
        if waits_for and len(together) > 1:
            _part(out, f"these {len(together)}", f"wait for this to pass: {waits_for}")
        elif waits_for:
            _part(out, "waits for", f"this to pass: {waits_for}")
    out.print(_next_step(verdict, watched=watched))


def _line(left: str, right: str, width: int, style: str) -> Text:
    from rich.text import Text

    text = Text(clean(left), style=style)
    if right:
        text.append(" " * max(2, min(width, 100) - text.cell_len - len(right)))
        text.append(right, style="not bold dim")
    return text


def _check(out: Console, check: Result, looks: set[str]) -> None:
    word = f"  {signed(_SIGN[check.outcome], f'{_WORD[check.outcome]:<7}', out)}"
    took = f"{check.seconds:.1f} s" if check.seconds >= 0.05 else ""  # noqa: PLR2004 - less would read 0.0 s
    line = _line(f"{word}{check.title}", took, out.width, "")
    line.stylize(_STYLE[check.outcome], 0, len(word))
    out.print(line)
    if check.finding:
        _finding(out, check.finding, looks)
    for note in check.notes:
        _part(out, "note", note)


def _finding(out: Console, finding: Finding, looks: set[str]) -> None:
    """Show a finding; the commands that show its evidence only where no finding before it had the same: `looks`."""
    _part(out, "expected", finding.expected)
    _part(out, "seen", finding.actual)
    if finding.where:
        where = finding.where
        _part(out, "where", f"{where.file}:{where.line}\n{where.line} | {where.text}")
    _part(out, "because", finding.why)
    _part(out, "try", finding.hint)
    if finding.look in looks:
        _part(out, "look", "as above")
    elif finding.look:
        looks.add(finding.look)
        beside(" " * _INDENT + "look".ljust(_LABEL), finding.look, shift=_INDENT, to=out)


def _part(out: Console, label: str, text: str) -> None:
    """Show one part of a finding beside its label."""
    if text:
        hang(" " * _INDENT + label.ljust(_LABEL), text, left_style="dim", to=out)


def _next_step(verdict: Verdict, *, watched: bool) -> Text:
    from rich.text import Text

    passed = sum(check.outcome is Outcome.PASSED for check in verdict.checks)
    counted = f"{passed} of {len(verdict.checks)} passed"
    if verdict.outcome is Outcome.PASSED:
        return Text(f"Done: {counted}, in {verdict.seconds:.1f} s.", style="bold green")
    if verdict.outcome is Outcome.BROKEN:
        fault = "a bug of ours" if verdict.exit_code == 4 else "this machine"  # noqa: PLR2004 - see trouble.py
        return Text(f"Not judged: this is {fault}, not your answer, and does not count.", style="bold")
    return Text(f"{counted} · next: change the file" + (" and save it" if watched else ", save it, and run this again"))
