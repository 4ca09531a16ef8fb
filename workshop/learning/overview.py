"""`invoke exercises`: all of them, how far the learner is, and what comes next."""

from __future__ import annotations

from workshop import exercises, places

from . import progress
from .progress import State


def show() -> None:
    """Show the list and the next step; a pass counts as long as the files are those that passed."""
    from workshop import report

    found = [(one, progress.standing(one)) for one in exercises.every()]
    report.exercises(found)
    if not progress.readable():
        kept = places.as_typed(progress.aside())
        report.say(
            f"note  your progress can't be read: broken, or of a newer workshop. The next verdict moves it to {kept}."
        )
    solved = [one.name for one, standing in found if standing.state is State.SOLVED]
    todo = next((one for one, standing in found if standing.state not in (State.PASSED, State.SOLVED)), None)
    changed = [one.name for one, standing in found if standing.state is State.CHANGED]
    if todo is None:
        report.say(f"\nAll passed{' or solved for you' if solved else ''}, as the files are now.")
    elif todo.name in changed:
        report.say(f"\nnext  {todo.name} was changed after it passed: invoke verify {todo.name}")
    else:
        report.say(f"\nnext  read exercises/{todo.name}/README.md, then: invoke watch {todo.name}")
    if solved:
        report.say(f"      what you had before it was solved for you comes back with: invoke reset {solved[0]} --undo")
    report.say("      the lesson is docker-101/README.md; all tasks: invoke --list")
