"""What came out of grading a class: a verdict for each learner and exercise, and what it adds up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from workshop.judging.verdict import Finding, Outcome, Verdict


@dataclass(frozen=True)
class Grade:
    """One learner's verdict on one exercise; on everything they handed in where `exercise` is empty."""

    learner: str
    exercise: str
    verdict: Verdict
    fingerprint: str = ""
    """The same for equal content, which was judged once."""
    notes: tuple[str, ...] = ()
    """What was not taken of what they handed in."""
    untouched: bool = False
    """It is the starter, as it was handed out."""

    @property
    def outcome(self) -> Outcome:
        """Passed, failed or broken."""
        return self.verdict.outcome

    @property
    def cause(self) -> Finding | None:
        """Why it did not pass: what the first check that did not found."""
        return next((one.finding for one in self.verdict.checks if one.finding), None)

    @property
    def failed_check(self) -> str:
        """The stable name of the first check that did not pass; empty when all did."""
        return next((one.id for one in self.verdict.checks if one.finding), "")

    @property
    def passed_checks(self) -> int:
        """How many checks passed."""
        return sum(one.outcome is Outcome.PASSED for one in self.verdict.checks)


@dataclass(frozen=True)
class Stumble:
    """A check that learners failed: how many, and for which reasons, the most frequent first."""

    exercise: str
    title: str
    learners: int
    reasons: tuple[tuple[str, int], ...]

    @property
    def why(self) -> str:
        """Say the reasons in one line."""
        return ", ".join(f"{reason} {many}" if len(self.reasons) > 1 else reason for reason, many in self.reasons)


@dataclass(frozen=True)
class Results:
    """A graded class; `learners` in order, also those with nothing that could be judged."""

    learners: tuple[str, ...]
    grades: tuple[Grade, ...]

    @classmethod
    def ordered(cls, learners: Sequence[str], grades: Sequence[Grade]) -> Results:
        """Put grades, in whatever order they came, into the order of learners and exercises."""
        place = {name: number for number, name in enumerate(learners)}
        ordered = sorted(grades, key=lambda one: (place[one.learner], _number(one.exercise)))
        return cls(tuple(learners), tuple(ordered))

    @cached_property
    def exercises(self) -> tuple[str, ...]:
        """Every exercise that somebody handed in, in order."""
        found = {one.exercise for one in self.grades if one.exercise}
        return tuple(sorted(found, key=_number))

    @cached_property
    def _by_place(self) -> dict[tuple[str, str], Grade]:
        return {(one.learner, one.exercise): one for one in self.grades}

    def of(self, learner: str, exercise: str) -> Grade | None:
        """Give a learner's grade for an exercise; None where they handed in none."""
        return self._by_place.get((learner, exercise))

    def refused(self, learner: str) -> Grade | None:
        """Give the verdict on all that a learner handed in, where none of it could be judged."""
        return self._by_place.get((learner, ""))

    def passed(self, learner: str) -> int:
        """Count the exercises that a learner passed."""
        grades = (self.of(learner, exercise) for exercise in self.exercises)
        return sum(grade is not None and grade.outcome is Outcome.PASSED for grade in grades)

    @property
    def broken(self) -> list[Grade]:
        """List what could not be judged, which says nothing about the answer."""
        return [one for one in self.grades if one.outcome is Outcome.BROKEN]

    def count(self, outcome: Outcome) -> int:
        """Count the grades with this outcome."""
        return sum(one.outcome is outcome for one in self.grades)

    @cached_property
    def stumbles(self) -> Sequence[Stumble]:
        """Rank the checks that learners failed, the most failed first; who has not begun has not failed at anything."""
        reasons: dict[tuple[str, str], Counter[str]] = {}
        for one in self.grades:
            for check in one.verdict.failed[:1]:  # the others follow from it, or were not looked at
                if check.finding and not one.untouched:
                    reasons.setdefault((one.exercise, check.title), Counter())[check.finding.reason] += 1
        found = [Stumble(*check, count.total(), tuple(count.most_common())) for check, count in reasons.items()]
        return sorted(found, key=lambda one: (-one.learners, _number(one.exercise), one.title))


def _number(exercise: str) -> int:
    return int(exercise.rpartition("-")[2] or 0)
