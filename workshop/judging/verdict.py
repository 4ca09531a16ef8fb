"""What a judgement says: four outcomes, and for each check what was expected, seen, why, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from workshop.trouble import DONE, MACHINE, NOT_YET, OUR_BUG

VERSION = 1
"""Of the JSON below; it changes when a program that reads it would have to."""

_SHOWN = 1500
"""Characters of one text in a finding; the reader is after the cause, not the log."""


class Outcome(str, Enum):
    """How a check, or a whole exercise, came out."""

    PASSED = "passed"
    FAILED = "failed"
    """The learner is not there yet."""
    SKIPPED = "skipped"
    """It waits for another check."""
    BROKEN = "broken"
    """Our fault, or the machine's; never the learner's."""


@dataclass(frozen=True)
class Where:
    """A line to look at."""

    file: str
    line: int
    text: str


@dataclass(frozen=True)
class Finding:
    """Why a check failed: the diagnosis, its evidence, and one next step."""

    reason: str
    """The diagnosis's stable name, such as "welcome-page"."""
    why: str
    expected: str = ""
    actual: str = ""
    hint: str = ""
    """Where to look next; never the answer. It is "try" in JSON."""
    look: str = ""
    """A command that shows the evidence."""
    where: Where | None = None


@dataclass(frozen=True)
class Result:
    """One check's outcome."""

    id: str
    title: str
    outcome: Outcome
    seconds: float = 0.0
    finding: Finding | None = None
    waits_for: str | None = None
    """Of a skipped check: the title of the check that failed, and must pass before this one can be judged."""
    notes: tuple[str, ...] = ()
    """What is worth knowing though it passed."""
    our_bug: bool = False
    """Of a broken check: the check itself is wrong (else the machine is)."""

    def as_json(self) -> dict[str, Any]:
        """Give the check's part of the JSON that `verify --json` prints."""
        finding = asdict(self.finding) if self.finding else {}
        return {
            "id": self.id,
            "title": self.title,
            "outcome": self.outcome.value,
            "reason": finding.get("reason"),
            "seconds": round(self.seconds, 3),
            "expected": finding.get("expected") or None,
            "actual": finding.get("actual") or None,
            "why": finding.get("why") or None,
            "try": finding.get("hint") or None,
            "look": finding.get("look") or None,
            "waits_for": self.waits_for,
            "where": finding.get("where"),
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Verdict:
    """All checks of one exercise, in the order in which a learner should read them."""

    exercise: str
    title: str
    checks: tuple[Result, ...] = field(default_factory=tuple)
    seconds: float = 0.0

    @property
    def outcome(self) -> Outcome:
        """Passed only when every check passed; broken when any is, for then nothing is known."""
        outcomes = {check.outcome for check in self.checks}
        if Outcome.BROKEN in outcomes or not self.checks:
            return Outcome.BROKEN
        return Outcome.PASSED if outcomes == {Outcome.PASSED} else Outcome.FAILED

    @property
    def exit_code(self) -> int:
        """What a program that only reads exit codes learns."""
        if self.outcome is Outcome.BROKEN:
            ours = not self.checks or any(check.our_bug for check in self.checks)
            return OUR_BUG if ours else MACHINE
        return DONE if self.outcome is Outcome.PASSED else NOT_YET

    @property
    def reasons(self) -> list[str]:
        """The stable names of what was found, the first cause first."""
        return [check.finding.reason for check in self.checks if check.finding]

    @property
    def said(self) -> str:
        """Say how it came out in a few words, such as "failed (serves-your-page: welcome-page)"."""
        found = [f"{check.id}: {check.finding.reason}" for check in self.checks if check.finding]
        return f"{self.outcome.value} ({'; '.join(found)})" if found else self.outcome.value

    @property
    def failed(self) -> list[Result]:
        """The failed checks; their reasons are the diagnosis."""
        return [check for check in self.checks if check.outcome is Outcome.FAILED]

    def as_json(self) -> dict[str, Any]:
        """Give the object that `verify --json` prints."""
        return {
            "version": VERSION,
            "exercise": self.exercise,
            "outcome": self.outcome.value,
            "seconds": round(self.seconds, 3),
            "checks": [check.as_json() for check in self.checks],
        }


def from_json(data: Mapping[str, Any]) -> Verdict:
    """Read back what `Verdict.as_json` wrote; titles of exercises and whose bug it was are not in it.

    Raises:
        KeyError, TypeError, ValueError: it is not that.

    """
    return Verdict(str(data["exercise"]), "", tuple(_result(one) for one in data["checks"]), float(data["seconds"]))


def _result(data: Mapping[str, Any]) -> Result:
    said = {key: str(data.get(name) or "") for name, key in _PARTS.items()}
    where = Where(**data["where"]) if data.get("where") else None
    return Result(
        str(data["id"]),
        str(data["title"]),
        Outcome(data["outcome"]),
        float(data["seconds"]),
        Finding(**said, where=where) if data.get("reason") else None,
        data.get("waits_for"),
        tuple(data.get("notes") or ()),
    )


_PARTS = {one: one for one in ("reason", "why", "expected", "actual", "look")} | {"try": "hint"}
"""Names of a finding's parts in JSON, and here."""


def clip(text: str) -> str:
    """Shorten a long text in its middle, and say by how much."""
    if len(text) <= _SHOWN:
        return text
    half = _SHOWN // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"
