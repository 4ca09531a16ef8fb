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
    todo = next((one for one, standing in found if standing.state is not State.PASSED), None)
    changed = [one.name for one, standing in found if standing.state is State.CHANGED]
    if todo is None:
        report.say("\nAll passed, as the files are now.")
    elif todo.name in changed:
        report.say(f"\nnext  {todo.name} was changed after it passed: invoke verify {todo.name}")
    else:
        report.say(f"\nnext  read exercises/{todo.name}/README.md, then: invoke watch {todo.name}")
    report.say("      the lesson is docker-101/README.md; all tasks: invoke --list")
