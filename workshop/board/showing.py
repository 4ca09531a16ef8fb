"""What the page is told of a class: with names for the instructor, or with nothing in it that tells who is who."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from .learners import Learner
from .room import Room

TRIES = 5
"""Verdicts in which the same check failed, after which a learner is stuck for long, whatever the clock says."""
QUIET = 45
"""Minutes without a verdict after which a learner does not count as one who is at it."""
_SHOWN = 6
"""Checks in the list of those that most are stuck at."""
_NAMED = 24
"""People in the list of those that are stuck for long."""


@dataclass(frozen=True)
class _Seen:
    """A learner, as they are now."""

    learner: Learner
    place: int | None
    check: str
    """What they are stuck at; empty where nothing failed."""
    minutes: int
    """Since it first failed."""
    tries: int
    long: bool
    quiet: bool


def snapshot(room: Room, *, names: bool, long: int) -> dict[str, Any]:
    """Give all that a page shows; stuck for long is who is so for `long` minutes, or `TRIES` verdicts.

    Without names there is nothing in it that belongs to one learner: only numbers, and the workshop's own sentences.
    Whole minutes are told, so that nothing changes while nothing happens.
    """
    now = room.clock()
    units = room.course.units
    seen = [_look(one, len(units), now, long) for one in room.learners]
    here = Counter(one.place for one in seen if not one.quiet)
    failing = [one for one in seen if one.check and not one.quiet]
    stuck = Counter(one.place for one in failing)
    passed = Counter(place for one in seen for place in one.learner.passed())
    machines = sum(not one.quiet and _outcome(one) == "broken" for one in seen)
    told: dict[str, Any] = {
        "names": names,
        "learners": len(seen),
        "quiet": sum(one.quiet for one in seen),
        "passed": passed.total(),
        "stuck": len(failing),
        "long": sum(one.long for one in failing),
        "minutes": long,
        "tries": TRIES,
        "machines": machines,
        "done": sum(one.place is None for one in seen),
        "units": [
            {
                "name": unit.name,
                "title": unit.title,
                "here": here[place],
                "stuck": stuck[place],
                "passed": passed[place],
            }
            for place, unit in enumerate(units)
        ],
        "checks": _checks(room, failing),
    }
    if names:
        told["people"] = [_person(one) for one in sorted(seen, key=lambda one: one.learner.name.casefold())]
        waiting = sorted((one for one in failing if one.long), key=lambda one: -one.minutes)
        told["waiting"] = [
            _person(one) | {"title": room.course.title(one.place or 0, one.check)} for one in waiting[:_NAMED]
        ]
    return told


def _look(learner: Learner, exercises: int, now: float, long: int) -> _Seen:
    place = learner.place(exercises)
    standing = learner.standings.get(place) if place is not None else None
    quiet = now - learner.heard > QUIET * 60
    if standing is None or not standing.tries:
        return _Seen(learner, place, "", 0, 0, long=False, quiet=quiet)
    minutes = max(0, int((now - standing.since) / 60))
    is_long = minutes >= long or standing.tries >= TRIES
    return _Seen(learner, place, standing.check or "?", minutes, standing.tries, long=is_long, quiet=quiet)


def _outcome(one: _Seen) -> str:
    standing = one.learner.standings.get(one.place) if one.place is not None else None
    return standing.outcome if standing else ""


def _checks(room: Room, failing: list[_Seen]) -> list[dict[str, Any]]:
    count = Counter((one.place or 0, one.check) for one in failing)
    long = Counter((one.place or 0, one.check) for one in failing if one.long)
    order = sorted(count, key=lambda key: (-count[key], key))
    return [
        {
            "unit": room.course.units[place].name,
            "title": room.course.title(place, check),
            "learners": count[place, check],
            "long": long[place, check],
        }
        for place, check in order[:_SHOWN]
    ]


def _person(one: _Seen) -> dict[str, Any]:
    return {
        "id": one.learner.id,
        "name": one.learner.name,
        "at": one.place,
        "passed": one.learner.passed(),
        "stuck": bool(one.check),
        "long": one.long,
        "minutes": one.minutes,
        "tries": one.tries,
        "quiet": one.quiet,
        "broken": _outcome(one) == "broken",
    }
