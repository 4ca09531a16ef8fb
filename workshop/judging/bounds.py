"""Which limit of a grading an answer ran into: the cause, before anything that follows from it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from workshop import diagnosis
from workshop.bases import BASE_IMAGES
from workshop.engine import cli, images
from workshop.engine.api import Refused
from workshop.engine.guard import Guard
from workshop.engine.limits import MEGA
from workshop.engine.presence import Presence
from workshop.trouble import MachineTrouble

from . import admission
from .checking import NotYet, of_trouble
from .verdict import Finding, Outcome, Result, Where

if TYPE_CHECKING:
    from workshop.engine.build import Build
    from workshop.engine.limits import Limits
    from workshop.inside.image import Image

    from .lab import Lab

_KILLED = re.compile(r"(?:returned a non-zero code|exit code): 137\b")
_NO_FORK = re.compile(r"can't fork|cannot fork|fork: retry|resource temporarily unavailable", re.IGNORECASE)
_TOO_LARGE = re.compile(r"file too large|file size limit exceeded", re.IGNORECASE)
_LAST = 2000
"""Characters at the end of a build's output in which its end is told."""
_FULL = 0.9
"""Share of the processes it may have from which on a container is at its limit: one that forks comes and goes."""


class Bounds:
    """What a stranger's answer is kept in while it is verified."""

    def __init__(self, lab: Lab, limits: Limits) -> None:
        self.limits = limits
        self._lab = lab
        self._guard: Guard | None = None
        self._engine: Presence | None = None

    @property
    def tripped(self) -> str:
        """The limit for which the containers were killed, in the words of `Guard.tripped`; empty for none."""
        return self._guard.tripped if self._guard else ""

    def admit(self) -> None:
        """Not there yet when the Dockerfile asks for what no limit of a build keeps in.

        From here on, the engine must stay: see `must_have_stayed`.
        """
        self._engine = self._engine or Presence()
        if finding := admission.objection(self._lab.dockerfile, builder=cli.builder()):
            raise NotYet(finding)

    def too_large(self, image: Image) -> Finding | None:
        """Say that what an image adds to its base, or opens, is more than may be; None when it is not."""
        below = [facts["Size"] for base in BASE_IMAGES if image.is_on(base) and (facts := images.inspect(base))]
        size = int(image.facts["Size"]) - max(below, default=0)
        if (ports := len(image.exposed)) > self.limits.ports:
            why = f"This image exposes {ports:,} ports, and each would be published."
            return _finding("too-many-ports", why, f"EXPOSE of {ports:,} ports", self._lab.where("EXPOSE"))
        if size <= self.limits.disk:
            return None
        why = f"The steps of this build wrote more than {_disk(self.limits)}."
        where = self._lab.where("RUN", "COPY", "ADD")
        return _finding("too-much-disk", why, f"an image of {size // MEGA} MB", where)

    def follow(self, container: str) -> None:
        """Look after this container, too."""
        self._guard = self._guard or Guard(self.limits, self._kill)
        self._guard.follow(container)

    def close(self) -> None:
        """Look no more."""
        for one in (self._guard, self._engine):
            if one:
                one.close()

    def must_have_stayed(self) -> None:
        """See that all that failed failed by itself.

        Raises:
            MachineTrouble: the engine went away meanwhile, or the machine ran out of something.

        """
        if self._engine and self._engine.broken:
            what, why = "The engine went away while this was judged.", "What it ran ended with it."
            raise MachineTrouble(what, kind="engine-gone", why=why, fix="grade again")
        in_need(self.tripped)

    def _kill(self) -> None:
        for one in self._lab.containers:
            one.kill()


def of_build(result: Build, limits: Limits, where: Where | None) -> Finding | None:
    """Say which limit stopped a build that gave no image; None where it was none.

    Raises:
        MachineTrouble: the machine itself ran out of something.

    """
    in_need(result.tripped)
    end = result.output[-_LAST:]
    if result.tripped == "printed":
        return _finding("prints-without-end", f"This build printed more than {limits.printed // MEGA} MB.", end, where)
    if result.tripped == "disk":
        return _finding("too-much-disk", f"The steps of this build wrote more than {_disk(limits)}.", end, where)
    if _TOO_LARGE.search(end):
        return _finding("too-much-disk", f"A step wrote a file larger than {limits.disk // MEGA} MB.", end, where)
    if _NO_FORK.search(end):
        return _finding("too-many-processes", f"A step wanted more than {_processes(limits)}.", end, where)
    if _KILLED.search(end):
        return _finding("too-much-memory", f"A step was killed: it wanted more than {_memory(limits)}.", end, where)
    return None


def in_need(tripped: str) -> None:
    """Raise the trouble when it was the machine that ran out of something.

    Raises:
        MachineTrouble: so it was; whose doing that is can't be told.

    """
    of, _, what = tripped.partition(" ")
    if of == "machine":
        raise MachineTrouble(
            f"The machine ran out of {what} while this was judged.",
            kind="machine-in-need",
            why="This answer took it all, or something else on the machine did.",
            fix="free some, and grade again; if it happens with this answer alone, look at it by hand",
        )


def explained(lab: Lab, results: tuple[Result, ...]) -> tuple[Result, ...]:
    """Give the results of an answer's checks with the limit named that it ran into, where it did."""
    first = next((number for number, one in enumerate(results) if one.outcome is Outcome.FAILED), None)
    if first is None or lab.bounds is None:
        return results
    result = results[first]
    try:
        lab.bounds.must_have_stayed()
    except MachineTrouble as trouble:
        broken = replace(result, outcome=Outcome.BROKEN, finding=of_trouble(trouble))
        return (*results[:first], broken, *results[first + 1 :])
    found = _of_containers(lab, lab.bounds)
    if found is None or result.finding is None:
        return results
    reason, why = found
    told = replace(result.finding, reason=reason, why=f"{why} {result.finding.why}")
    return (*results[:first], replace(result, finding=told), *results[first + 1 :])


def _of_containers(lab: Lab, bounds: Bounds) -> tuple[str, str] | None:
    limits = bounds.limits
    if bounds.tripped == "disk":
        return "too-much-disk", f"Its containers wrote more than {_disk(limits)} and were stopped."
    for one in lab.containers:
        try:
            state = one.state()
            if state.get("OOMKilled"):
                return "too-much-memory", f"Its container wanted more than {_memory(limits)}."
            full = state.get("Running") and one.process_count() >= limits.processes * _FULL
            if full or _NO_FORK.search(one.logs()):
                return "too-many-processes", f"Its container started as many as it may, {_processes(limits)}."
        except Refused:
            continue  # it is gone
    return None


def _finding(reason: str, why: str, actual: str, where: Where | None) -> Finding:
    return Finding(
        reason,
        f"{why} That is as much as grading allows.",
        expected="a build within the bounds that a model answer needs a tenth of",
        actual="\n".join(diagnosis.last_words(actual).splitlines()[-6:]) or actual,
        where=where,
    )


def _disk(limits: Limits) -> str:
    return f"{limits.disk // MEGA} MB to the disk"


def _memory(limits: Limits) -> str:
    return f"{limits.memory // MEGA} MB of memory"


def _processes(limits: Limits) -> str:
    return f"{limits.processes} processes"
