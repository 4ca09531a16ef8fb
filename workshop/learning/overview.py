"""`invoke exercises`: all of them, how far the learner is, and what comes next."""

from __future__ import annotations

from workshop import exercises, places
from workshop.exercises import Exercise

from . import progress
from .progress import Standing, State


def show(*, watched: bool = False) -> None:
    """Show the list and the next step; a pass counts as long as the files are those that passed.

    Who watches an exercise (`watched`) has the next step before them, and gets the list alone.
    """
    from workshop import report

    found = [(one, progress.standing(one)) for one in exercises.every()]
    report.exercises(found)
    if not progress.readable():
        kept = places.as_typed(progress.aside())
        report.say(
            f"note  your progress can't be read: broken, or of a newer workshop. The next verdict moves it to {kept}."
        )
    if not watched:
        _next(found)


def _next(found: list[tuple[Exercise, Standing]]) -> None:
    from workshop import report

    solved = [one.name for one, standing in found if standing.state is State.SOLVED]
    todo = next((one for one, standing in found if standing.state not in (State.PASSED, State.SOLVED)), None)
    changed = [one.name for one, standing in found if standing.state is State.CHANGED]
    if todo is None:
        report.say(f"\nAll passed{' or solved for you' if solved else ''}, as the files are now.")
    elif todo.name in changed:
        report.say(f"\nnext  {todo.name} was changed after it passed: invoke verify {todo.name}")
    else:
        report.say(f"\nnext  read {places.as_typed(todo.folder / 'README.md')}, then: invoke watch {todo.name}")
    if solved:
        report.say(f"      what you had before it was solved for you comes back with: invoke reset {solved[0]} --undo")
    report.say(f"      the lesson is {places.as_typed(places.LESSON / 'README.md')}; all tasks: invoke --list")
