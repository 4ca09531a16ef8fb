"""The class in memory: who joined, what their verdicts said. Bounded, whatever strangers send; knows no network."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from . import learners, nicknames
from .course import Course
from .learners import Learner

MOST = 1000
"""Learners on one board."""
UNUSED = 300
"""Seconds after which the place of one who joined and sent nothing goes to another, where there is no other place."""


class Full(Exception):
    """Nobody else can join."""


class Room:
    """A class. `version` grows with each change."""

    def __init__(self, course: Course, clock: Callable[[], float]) -> None:
        self.course = course
        self.version = 0
        self.clock = clock
        """Tells the Unix time."""
        self._by_token: dict[str, Learner] = {}
        self._next = 1

    def __len__(self) -> int:
        return len(self._by_token)

    @property
    def learners(self) -> Iterable[Learner]:
        """Everybody, in the order in which they joined."""
        return self._by_token.values()

    def join(self, name: object, token: object = None) -> tuple[Learner, str]:
        """Give someone a place, and the token they will prove themselves with; with a token of this class, their own.

        Raises:
            Full: there is no place.

        """
        now = self.clock()
        known = self.known(token)
        taken = {nicknames.alike(one.name) for one in self.learners if one is not known}
        fresh = nicknames.distinct(nicknames.clean(name), taken)
        if known:
            known.name = fresh
            self.version += 1
            return known, str(token)
        if len(self) >= MOST:
            self._make_room(now)
        new = secrets.token_urlsafe(18)
        learner = Learner(self._next, fresh, _digest(new), joined=now, heard=now)
        self._next += 1
        self._by_token[learner.token] = learner
        self.version += 1
        return learner, new

    def known(self, token: object) -> Learner | None:
        """Find who has this token."""
        return self._by_token.get(_digest(token)) if isinstance(token, str) else None

    def tell(self, learner: Learner, sent: Iterable[object]) -> int:
        """Take in what a learner's machine says of verdicts; give how many were new and of exercises known here."""
        now, taken = self.clock(), 0
        understood = (one for one in map(learners.said, sent) if one)
        for one in sorted(understood, key=lambda one: one.number):
            place = self.course.number(one.exercise)
            if one.number <= learner.last:
                continue
            learner.last = one.number
            if place is not None:
                learner.take(one, place, now)
                taken += 1
        learner.heard = now
        self.version += 1
        return taken

    def leave(self, learner: Learner) -> None:
        """Forget a learner."""
        self._by_token.pop(learner.token, None)
        self.version += 1

    def as_kept(self) -> dict[str, Any]:
        """Give what is kept of the class on disk."""
        names = [one.name for one in self.course.units]
        return {"next": self._next, "exercises": names, "learners": [one.as_kept() for one in self.learners]}

    def restore(self, entry: Mapping[str, Any]) -> None:
        """Take back what `as_kept` gave.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: it is not that.

        """
        same = entry["exercises"] == [one.name for one in self.course.units]
        people = [learners.kept(one, len(self.course.units) if same else 0) for one in entry["learners"][:MOST]]
        self._by_token = {one.token: one for one in people}
        self._next = max([int(entry["next"]), *(one.id + 1 for one in people)])
        self.version += 1

    def _make_room(self, now: float) -> None:
        unused = [one for one in self.learners if one.last < 0 and now - one.joined > UNUSED]
        if not unused:
            raise Full
        self.leave(min(unused, key=lambda one: one.joined))


def _digest(token: object) -> str:
    return hashlib.sha256(str(token).encode("utf-8", "replace")).hexdigest()
