"""A class's grades on the terminal: live progress while they come, then a table, and what went wrong most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from workshop.judging.verdict import Outcome

from .terminal import clean, console, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from workshop.classroom.results import Grade, Results

_LETTER = {Outcome.PASSED: "P", Outcome.FAILED: "F", Outcome.BROKEN: "B"}
_STYLE = {"P": "green", "F": "bold red", "B": "bold magenta"}
_NAME = 28
"""Columns of a learner's name that are shown."""
_STUMBLES, _BROKEN = 5, 10
"""How many of them are shown; the report has all."""


@contextmanager
def grading(total: int) -> Iterator[Callable[[Grade], object]]:
    """Show grades as they come, of `total`: a bar on a terminal, a line each elsewhere."""
    if not console().is_terminal:
        yield lambda one: say(_line(one))
        return
    from rich import progress

    count: Counter[str] = Counter()
    columns = [progress.BarColumn(24), progress.MofNCompleteColumn(), progress.TimeRemainingColumn()]
    with progress.Progress(
        *columns, progress.TextColumn("{task.description}"), console=console(), transient=True
    ) as bar:
        task = bar.add_task("", total=total)

        def show(one: Grade) -> None:
            count[one.outcome.value] += 1
            told = " ".join(f"{word} {many}" for word, many in sorted(count.items()))
            bar.update(task, advance=1, description=clean(f"{told}  {_short(one.learner)} {one.exercise}"))

        yield show


def _line(one: Grade) -> str:
    cause = f"  {one.failed_check}: {one.cause.reason}" if one.cause else ""
    return f"{_whole(one.learner)}  {one.exercise or 'everything'}  {one.outcome.value}{cause}"


def grades(results: Results) -> None:
    """Show who passed what, what the class stumbled at, and what could not be judged."""
    say("")
    _table(results)
    say("\nP passed  F failed  - not begun  . not handed in  B broken, not judged", style="dim")
    if results.stumbles:
        say("\nMost failed", style="bold")
    for one in results.stumbles[:_STUMBLES]:
        say(f"  {one.learners:3}  {one.exercise or 'everything'}  {one.title} ({one.why})")
    for lost in results.broken[:_BROKEN]:
        say(f"\nBROKEN   {_line(lost)}", style="bold")
        if lost.cause:
            say(f"         {lost.cause.actual or lost.cause.why}")
    passed, failed, broken = (results.count(one) for one in (Outcome.PASSED, Outcome.FAILED, Outcome.BROKEN))
    say(f"\n{passed} passed, {failed} failed, {broken} broken, of {len(results.grades)}.")
    if broken:
        say(
            "What is broken is the machine's trouble or ours, and nobody's grade. Run the same again: it goes on there."
        )


def _table(results: Results) -> None:
    from rich.text import Text

    wide = max([7, *(len(_short(name)) for name in results.learners)])
    numbers = [one.rpartition("-")[2] for one in results.exercises]
    console().print(
        f"{'LEARNER':<{wide}} {''.join(f'{one:>3}' for one in numbers)}   PASSED", style="bold", soft_wrap=True
    )
    for learner in results.learners:
        row = Text(f"{_short(learner):<{wide}} ")
        if refused := results.refused(learner):
            letter = _LETTER[refused.outcome]
            row.append(f"  {letter}  {refused.cause.reason if refused.cause else ''}", _STYLE[letter])
        else:
            for exercise in results.exercises:
                grade = results.of(learner, exercise)
                letter = ("-" if grade.untouched else _LETTER[grade.outcome]) if grade else "."
                row.append(f"{letter:>3}", _STYLE.get(letter, "dim"))
            row.append(f"   {results.passed(learner)} of {len(results.exercises)}")
        console().print(row, soft_wrap=True)


def _short(name: str) -> str:
    name = _whole(name)
    return name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"


def _whole(name: str) -> str:
    """Keep a folder's name in its line."""
    return clean(name).replace("\n", " ")
