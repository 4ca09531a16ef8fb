"""One learner on the board: how each exercise stands, where they are, and for how long they have been stuck."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

LONGEST_AGO = 24 * 3600
"""Seconds that a verdict may have waited on a learner's machine."""
_CHECK = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
_OUTCOMES = ("passed", "failed", "broken")
_LARGEST = 2**63


@dataclass(frozen=True)
class Said:
    """What a learner's machine says of one verdict. No words of theirs are in it."""

    number: int
    """Grows from verdict to verdict; what comes twice counts once."""
    exercise: str
    outcome: str
    check: str
    """The id of the first check that failed, or empty."""
    untouched: bool
    """Nothing was changed in the exercise yet."""
    ago: float
    """Seconds since the verdict."""


@dataclass
class Standing:
    """How an exercise stands with a learner."""

    outcome: str
    """Of the last verdict: passed, failed or broken; begun while nothing is changed in it."""
    check: str = ""
    """The check that failed last; `since` (Unix time) and `tries` count from the first verdict that it failed."""
    since: float = 0.0
    tries: int = 0
    passed: bool = False
    """At some time."""


@dataclass
class Learner:
    """A learner: a number that means nothing, a nickname, and how far they are."""

    id: int
    name: str
    token: str
    """The digest of what they prove themselves with."""
    joined: float
    """Unix time, as is `heard`."""
    heard: float
    last: int = -1
    """Number of the last verdict."""
    at: int | None = None
    """The place of the exercise that they were last seen to work at."""
    standings: dict[int, Standing] = field(default_factory=dict)

    def take(self, said: Said, place: int, now: float) -> None:
        """Take in a verdict on the exercise at `place`."""
        when = now - said.ago
        before = self.standings.get(place, Standing(""))
        passed = before.passed or said.outcome == "passed"
        outcome = "begun" if said.untouched and said.outcome == "failed" else said.outcome
        after = Standing(outcome, passed=passed)
        if outcome == "failed":
            same = before.check == said.check and before.tries
            after.check = said.check
            after.since = before.since if same else when
            after.tries = before.tries + 1 if same else 1
        elif outcome == "broken":  # says nothing about the answer: what was known of it still holds
            after.check, after.since, after.tries = before.check, before.since, before.tries
        self.standings[place] = after
        if outcome != "begun" or self.at is None or self.standings[self.at].outcome == "passed":
            self.at = place

    def place(self, exercises: int) -> int | None:
        """Give the place where they are now: behind a pass it is the next one; None when all are passed."""
        if self.at is None:
            return 0
        if self.standings[self.at].outcome != "passed":
            return self.at
        order = [*range(self.at + 1, exercises), *range(self.at)]
        return next((place for place in order if place not in self.standings or not self.standings[place].passed), None)

    def passed(self) -> list[int]:
        """List the places of the exercises that they have passed."""
        return sorted(place for place, one in self.standings.items() if one.passed)

    def as_kept(self) -> dict[str, Any]:
        """Give what is kept of them on disk."""
        return asdict(self)


def said(sent: object) -> Said | None:
    """Read one verdict that a stranger sent; None where it is none."""
    if not isinstance(sent, Mapping):
        return None
    number, ago = sent.get("number"), sent.get("ago", 0)
    exercise, outcome, check = sent.get("exercise"), sent.get("outcome"), sent.get("check")
    if type(number) is not int or not 0 <= number < _LARGEST:
        return None
    if not isinstance(exercise, str) or outcome not in _OUTCOMES:
        return None
    ago = float(ago) if type(ago) in (int, float) and 0 <= ago <= LONGEST_AGO else 0.0
    check = check if isinstance(check, str) and _CHECK.fullmatch(check) else ""
    return Said(number, exercise, str(outcome), check, sent.get("untouched") is True, ago)


def kept(entry: Mapping[str, Any], exercises: int) -> Learner:
    """Read back what `Learner.as_kept` gave; what is of exercises that are no more is left out.

    Raises:
        KeyError, TypeError, ValueError: it is not that.

    """
    standings = {int(place): Standing(**one) for place, one in entry["standings"].items() if int(place) < exercises}
    at = entry["at"]
    return Learner(
        int(entry["id"]),
        str(entry["name"]),
        str(entry["token"]),
        float(entry["joined"]),
        float(entry["heard"]),
        int(entry["last"]),
        at if at in standings else None,
        standings,
    )
