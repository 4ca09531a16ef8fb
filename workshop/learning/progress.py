"""How far the learner is: kept in `.workshop/progress.json`, and never worth a failure."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, field, fields
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workshop import places
from workshop.judging.verdict import Outcome, Verdict

from .contents import fingerprint

if TYPE_CHECKING:
    from workshop.exercises import Exercise

VERSION = 2
"""Of the file. Version 1 had no such number, the exercises at the top, and no fingerprints."""
_LONGEST = 4_000_000
"""Bytes of a file that is read; 14 exercises make some 20 kB."""
_SEEN = 200
"""Fingerprints of judged files that are kept for an exercise, so that judging the same files again is no attempt."""


class State(str, Enum):
    """How far the learner is with an exercise."""

    NOT_BEGUN = "not begun"
    TRIED = "tried"
    PASSED = "passed"
    CHANGED = "changed"
    """Passed, and the files are others now."""
    SOLVED = "solved for you"
    """By `invoke catchup`, and the files are as that left them."""


@dataclass(frozen=True)
class Said:
    """What the last verdict said, and of which files."""

    fingerprint: str = ""
    outcome: str = ""
    check: str = ""
    """The sentence of the first check that failed; this and what follows are empty after a pass."""
    why: str = ""
    hint: str = ""
    look: str = ""
    where: str = ""
    id: str = ""
    """The stable name of that check."""
    read_at: str = ""
    """The folder in which it was read: paths are written as one types them from there."""

    @property
    def holds_here(self) -> bool:
        """Whether its paths are as one types them from the current folder."""
        return self.read_at in ("", _here())


def _here() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it is gone
        return ""


@dataclass
class Record:
    """What is kept of one exercise."""

    attempts: int = 0
    asked_early: bool = False
    """A hint was asked for before the first attempt."""
    seen: list[str] = field(default_factory=list)
    """Fingerprints of the files that were judged, the latest last."""
    passed: str = ""
    """Fingerprint of the files that passed last; empty where none did, or they failed later."""
    opened: bool = False
    """It was passed once, so its solution may be seen."""
    solved: str = ""
    """Fingerprint of the files with which `invoke catchup` solved it; empty where it did not."""
    said: Said = field(default_factory=Said)


@dataclass(frozen=True)
class Standing:
    """How far the learner is with an exercise, as the files are now."""

    state: State
    words: str
    """Such as "tried 3 times"."""


# The file ---------------------------------------------------------------------------------------------------


def _file() -> Path:
    return places.STATE / "progress.json"


def _load() -> tuple[dict[str, Record], bool]:
    """Read the records; False where there is a file that can't be read: broken, or of a newer workshop."""
    file = _file()
    try:
        with file.open("rb") as stream:
            kept = json.loads(stream.read(_LONGEST))
    except FileNotFoundError:
        return {}, True
    except (OSError, ValueError, RecursionError):
        return {}, False
    if not isinstance(kept, dict):
        return {}, False
    if "version" not in kept:
        return {name: _older(one) for name, one in kept.items() if isinstance(one, dict)}, True
    exercises = kept.get("exercises")
    if kept["version"] != VERSION or not isinstance(exercises, dict):
        return {}, False
    return {name: _record(one) for name, one in exercises.items() if isinstance(one, dict)}, True


def _record(kept: dict[str, Any]) -> Record:
    """Take what is of the right kind, and leave out the rest."""
    said, seen = kept.get("said"), kept.get("seen")
    texts = {one.name: said.get(one.name) for one in fields(Said)} if isinstance(said, dict) else {}
    return Record(
        attempts=_count(kept.get("attempts")),
        asked_early=kept.get("asked_early") is True,
        seen=[one for one in seen if isinstance(one, str)][-_SEEN:] if isinstance(seen, list) else [],
        passed=_text(kept.get("passed")),
        opened=kept.get("opened") is True,
        solved=_text(kept.get("solved")),
        said=Said(**{name: _text(text) for name, text in texts.items()}),
    )


def _older(kept: dict[str, Any]) -> Record:
    """Take over what version 1 kept: which files had passed, it did not know."""
    return Record(attempts=_count(kept.get("attempts")), opened=kept.get("passed") is True)


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**6 else 0


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _keep(records: dict[str, Record], *, readable: bool) -> None:
    kept = {"version": VERSION, "exercises": {name: asdict(one) for name, one in records.items()}}
    file = _file()
    with contextlib.suppress(OSError):  # a full or read-only disk must not cost the learner the verdict
        if not readable:
            file.replace(aside())
        file.parent.mkdir(parents=True, exist_ok=True)
        places.write_whole(file, json.dumps(kept, indent=1) + "\n")


def aside() -> Path:
    """Name the file that keeps the next progress file which can't be read; none that is kept already is lost."""
    number = 1
    while os.path.lexists(kept := _file().with_name(f"progress.unreadable{f'-{number}' if number > 1 else ''}.json")):
        number += 1
    return kept


def readable() -> bool:
    """Whether the progress file can be read; one that is not there yet can."""
    return _load()[1]


# What is asked ----------------------------------------------------------------------------------------------


def record(verdict: Verdict, judged: str, *, untouched: bool = False) -> int:
    """Keep a verdict on the files with the fingerprint `judged`; give the number of attempts so far.

    An attempt is a verdict on files that were not judged before. The starter as it was given (`untouched`) is none,
    and neither is a broken verdict, which gives 0. `judged` is empty where the files changed while they were judged.
    """
    if verdict.outcome is Outcome.BROKEN:
        return 0
    records, understood = _load()
    one = records.setdefault(verdict.exercise, Record())
    if not untouched and judged not in one.seen:
        one.attempts += 1
    if judged:
        one.seen = [*(old for old in one.seen if old != judged), judged][-_SEEN:]
    if verdict.outcome is Outcome.PASSED:
        one.passed, one.opened = judged, True
    elif one.passed == judged:
        one.passed = ""  # the same files fail now: what passed then is no pass today
    one.said = _said(verdict, judged)
    _keep(records, readable=understood)
    return one.attempts


def _said(verdict: Verdict, judged: str) -> Said:
    first = next((check for check in verdict.failed if check.finding), None)
    if first is None or first.finding is None:
        return Said(judged, verdict.outcome.value)
    found, where = first.finding, first.finding.where
    place = f"{where.file}:{where.line}" if where else ""
    return Said(judged, verdict.outcome.value, first.title, found.why, found.hint, found.look, place, first.id, _here())


def hinted(exercise: Exercise) -> None:
    """Keep that a hint was given; it counts where there was no attempt yet."""
    records, understood = _load()
    one = records.setdefault(exercise.name, Record())
    if understood and not one.attempts and not one.asked_early:
        one.asked_early = True
        _keep(records, readable=understood)


def solved(exercise: Exercise) -> None:
    """Keep that the files as they are now came from `invoke catchup`."""
    records, understood = _load()
    records.setdefault(exercise.name, Record()).solved = fingerprint(exercise.folder)
    _keep(records, readable=understood)


def forget(exercise: str, *, keep: Path | None) -> None:
    """Forget an exercise's attempts, after it was reset; `keep` is the file that they go to."""
    records, understood = _load()
    if (one := records.pop(exercise, None)) is None:
        return
    if keep:
        with contextlib.suppress(OSError):
            keep.write_text(json.dumps(asdict(one)) + "\n", "utf-8")
    _keep(records, readable=understood)


def recall(exercise: str, kept: Path) -> None:
    """Take back what `forget` kept in that file, where it did."""
    try:
        said = json.loads(kept.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return
    records, understood = _load()
    if isinstance(said, dict):
        records[exercise] = _record(said)
        _keep(records, readable=understood)


def attempts(exercise: Exercise) -> int:
    """Count the attempts at an exercise since it was last reset."""
    return _of(exercise).attempts


def asked_early(exercise: Exercise) -> bool:
    """Whether a hint was asked for before the first attempt since it was last reset."""
    return _of(exercise).asked_early


def may_see_solution(exercise: Exercise) -> bool:
    """Whether an exercise was passed or solved since it was last reset, be it with other files than now."""
    one = _of(exercise)
    return one.opened or bool(one.solved)


def said(exercise: Exercise) -> Said | None:
    """Give what the last verdict said, when it was on the files as they are now."""
    last = _of(exercise).said
    return last if last.fingerprint and last.fingerprint == fingerprint(exercise.folder) else None


def judged_last(exercise: Exercise) -> str:
    """Give the fingerprint of the files that were judged last; empty for none."""
    return _of(exercise).said.fingerprint


def standing(exercise: Exercise) -> Standing:
    """Say how far the learner is; a pass only counts as one for the files that passed."""
    one = _of(exercise)
    now = fingerprint(exercise.folder) if one.passed or one.solved else ""
    if one.passed and one.passed == now:
        return Standing(State.PASSED, "passed")
    if one.solved and one.solved == now:
        return Standing(State.SOLVED, State.SOLVED.value)
    if one.passed:
        return Standing(State.CHANGED, "passed, changed since")
    if one.opened:  # the same files failed later, or it is not known which ones passed
        failed = one.said.outcome == Outcome.FAILED.value
        return Standing(State.CHANGED, "passed once, not now" if failed else "passed, verify again")
    if one.attempts:
        return Standing(State.TRIED, "tried once" if one.attempts == 1 else f"tried {one.attempts} times")
    return Standing(State.NOT_BEGUN, "not begun")


def _of(exercise: Exercise) -> Record:
    return _load()[0].get(exercise.name, Record())
