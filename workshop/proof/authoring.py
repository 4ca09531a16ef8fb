"""What an exercise's own texts must keep: the task short, the hints three, none of them the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workshop.exercises import Exercise
from workshop.judging import checking

README_WORDS = 120
"""The most a task may have: what is longer is not read before the work begins."""
README_PARTS = ("**Done**", "**Why**")
HINTS = ["1.", "2.", "3."]
_TELLING = 3
"""Words from which on a line of the model answer is an answer; fewer are a name, such as `COPY .`."""


def complaints(exercise: Exercise) -> Iterator[str]:
    """Say what is wrong with the exercise's README and hints; nothing when all is well."""
    readme = (exercise.starter / "README.md").read_text("utf-8")
    if (words := len(re.findall(r"\S*\w\S*", readme))) > README_WORDS:
        yield f"README.md has {words} words; {README_WORDS} are read."
    for part in README_PARTS:
        if part not in readme:
            yield f"README.md does not say {part}."
    hints = (exercise.key / "hints.md").read_text("utf-8")
    if (numbers := [line[:2] for line in hints.splitlines() if line[:1].isdigit()]) != HINTS:
        yield f"hints.md must be a list numbered 1. 2. 3.; its numbers are {' '.join(numbers) or 'none'}."
    known = {checking.id_of(one) for one in checking.load(exercise)}
    for comment in re.findall(r"<!--(.*?)-->", hints, re.DOTALL):
        if unknown := [name for name in re.findall(r"[\w-]+", comment) if name not in known]:
            yield f"hints.md names no check of this exercise: {', '.join(unknown)}"
    for line in new_lines(exercise):
        if line in hints:
            yield f"hints.md holds a line of the answer: {line}"


def new_lines(exercise: Exercise) -> list[str]:
    """List the lines of the model Dockerfile that the starter's has not, and that say something."""
    given = (exercise.starter / "Dockerfile").read_text("utf-8").splitlines()
    answer = (exercise.key / "Dockerfile").read_text("utf-8").splitlines()
    return [line.strip() for line in answer if line not in given and len(line.split()) >= _TELLING]
