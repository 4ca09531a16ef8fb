"""What the board knows by itself of the exercises: their names, titles and checks. Learners send names alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ANOTHER = "a check that this board does not know"
"""What is shown for one; the words of a stranger are not."""


@dataclass(frozen=True)
class Unit:
    """An exercise, as the board shows it."""

    name: str
    title: str
    checks: Mapping[str, str]
    """Their ids, and the sentences that learners read."""


@dataclass(frozen=True)
class Course:
    """All exercises, in order."""

    units: tuple[Unit, ...]

    def number(self, name: object) -> int | None:
        """Give an exercise's place in the order; None where there is none of that name."""
        return next((place for place, one in enumerate(self.units) if one.name == name), None)

    def title(self, number: int, check: str) -> str:
        """Give the sentence of a check."""
        return self.units[number].checks.get(check, ANOTHER)


def read() -> Course:
    """Read the exercises of this copy of the workshop.

    Raises:
        CheckerBug: one is incomplete.

    """
    from workshop import exercises
    from workshop.judging import checking

    units = []
    for exercise in exercises.every():
        checks = {checking.id_of(one): checking.title_of(one) for one in checking.load(exercise)}
        units.append(Unit(exercise.name, exercise.title, checks))
    return Course(tuple(units))
