"""What there is to say below a red verdict: nothing was done yet, nothing was saved, a given file is gone."""

from __future__ import annotations

from workshop.exercises import Exercise

SHOWN = 3
"""Names of missing files that are told; of more, how many."""


def on_red(exercise: Exercise, *, untouched: bool, again: bool, then: str) -> list[str]:
    """Give the remarks on files that failed: the starter's (`untouched`), or those judged last time, too (`again`).

    `then` says what to do when the task's words are done, such as "and save".
    """
    if not exercise.folder.is_dir():
        return [f"The folder of {exercise.name} is not there: `invoke reset {exercise.name}` puts it back."]
    if untouched:
        return [f"Red is expected here: nothing is changed yet. Do what the task says, {then}."]
    lines = [gone] if (gone := _missing(exercise)) else []
    return [*lines, "The files are the same as at your last try. Saved?"] if again else lines


def _missing(exercise: Exercise) -> str:
    """Say which of the given files are not there any more, and what brings them back; empty for none."""
    given = (path.relative_to(exercise.starter).as_posix() for path in sorted(exercise.starter.rglob("*")))
    gone = [one for one in given if one != "README.md" and not (exercise.folder / one).exists()]
    names = ", ".join(gone[:SHOWN]) + (f" and {len(gone) - SHOWN} more" if len(gone) > SHOWN else "")
    back = f"`invoke reset {exercise.name}` puts the files back; yours go to a backup."
    return f"Given with the task, and not there now: {names}. {back}" if gone else ""
