"""Hints, which say where to look, and the model answer, once it is passed or asked for."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from workshop import exercises, places
from workshop.exercises import Exercise
from workshop.judging.verdict import Outcome
from workshop.trouble import CheckerBug, NotThere, Usage

from . import progress, verifying
from .progress import Said

_ABOUT = re.compile(r"(?P<text>.*?)\s*(?:<!--(?P<checks>.*)-->)?", re.DOTALL)
"""A hint, and behind it the checks that it is about."""
LEVELS = 3
"""Hints an exercise has: where to look, which idea, almost the answer."""


@dataclass(frozen=True)
class Hint:
    """One of the written hints."""

    text: str
    checks: tuple[str, ...]
    """The checks that it is about, such as "serves-your-page"; none where it is about all."""

    def fits(self, said: Said | None) -> bool:
        """Whether it is about the check that failed; any is where that is not known."""
        return not (said and said.id and self.checks) or said.id in self.checks


def hints(exercise: Exercise) -> list[Hint]:
    """Read the hints of an exercise, the gentlest first; a comment behind each may name the checks it is about.

    Raises:
        CheckerBug: there are not three.

    """
    text = (exercise.key / "hints.md").read_text("utf-8")
    items = [one.strip() for one in re.split(r"^\d\.\s+", text, flags=re.MULTILINE)[1:]]
    if len(items) != LEVELS:
        raise CheckerBug(f"{exercise.name} has {len(items)} hints, not {LEVELS}.")
    parts = (_ABOUT.fullmatch(one) for one in items)
    return [Hint(one["text"], tuple(re.findall(r"[\w-]+", one["checks"] or ""))) for one in parts if one]


def hint(word: str, level: int) -> list[str]:
    """Give the lines of the next hint: sharper with each real attempt, or hint number `level` when that is not 0.

    What the verdict on the present files says comes first, so they are judged when nobody has done that yet; not
    for a `level`, which is answered at once.

    Raises:
        Usage: there is no such exercise, or no such level.

    """
    exercise = exercises.find(word)
    if not 0 <= level <= LEVELS:
        raise Usage(
            f"There is no hint {level}.", why=f"Each exercise has {LEVELS}.", fix=f"--level 1 to --level {LEVELS}"
        )
    said, note = progress.said(exercise), ""
    if not level and not (said and said.holds_here):
        said, note = _judged(exercise)
    lines = [*advice(exercise, said, level), *([note] if note else [])]
    progress.hinted(exercise)
    return lines


def _judged(exercise: Exercise) -> tuple[Said | None, str]:
    """Judge the present files for what a hint needs of it; and say where that can't be done."""
    from workshop import report

    with report.patience():
        judgement = verifying.judge_own(exercise)
    judgement.keep()
    broken = next((one for one in judgement.verdict.checks if one.outcome is Outcome.BROKEN), None)
    if broken is None:
        return progress.said(exercise), ""
    why = broken.finding.actual if broken.finding else broken.title
    return None, f"(your files could not be judged just now, so this is what fits everybody: {why})"


def advice(exercise: Exercise, said: Said | None, level: int = 0, *, sharper: str = "") -> list[str]:
    """Give the lines of a hint: what was `said` of the present files first, then a step of the written ladder.

    `sharper` tells how one gets the next step without another attempt, if not by the command.
    """
    lines = [f"{exercise.name}  {exercise.title}"]
    if said and said.outcome == Outcome.PASSED.value and not level:
        return [*lines, "passed as it is now: there is nothing to hint at", verifying.what_next(exercise)]
    written = hints(exercise)
    number = level or first_level(exercise, said)
    if said and said.check:
        lines.append(f"not yet   {said.check}")
        lines += [f"because   {said.why}"] if said.why else []
        lines += [f"try       {said.hint}"] if said.hint and said.holds_here else []
        if number != 1 and said.holds_here:
            lines += [f"where     {said.where}"] if said.where else []
            lines += [f"look      {said.look}"] if said.look else []
    if number:
        lines.append(f"hint {number} of {LEVELS}: {written[number - 1].text}")
        lines += [] if written[number - 1].fits(said) else ["(that hint is about another check than this one)"]
    if after := next_level(exercise, said, number):
        how = sharper or f"invoke hint {exercise.name} --level {after}"
        when = "your next attempt" if after <= _reached(exercise) + 1 else "a later attempt"
        lines.append(f"(the next hint{'' if number else ' about this'}: with {when}, or {how})")
    elif not number:
        see = ": see “try”" if "try" in {line.partition(" ")[0] for line in lines} else ""
        lines.append(f"(there is no further hint for this{see})")
    return lines


def first_level(exercise: Exercise, said: Said | None) -> int:
    """Choose the hint that fits what failed and the attempts so far; 0 where none does yet.

    Where the one that the attempts give is about other checks, it is one before.
    """
    most = _reached(exercise)
    return max((n for n, one in enumerate(hints(exercise), 1) if n <= most and one.fits(said)), default=0)


def _reached(exercise: Exercise) -> int:
    """Give the number of the hint that the attempts so far give: after none or one the first, after three the last.

    Who had the first before any attempt gets the second after one: each attempt brings a closer one.
    """
    return min(LEVELS, max(1, progress.attempts(exercise) + progress.asked_early(exercise)))


def next_level(exercise: Exercise, said: Said | None, after: int) -> int:
    """Give the number of the next hint that fits what failed; 0 where there is none."""
    return next((n for n, one in enumerate(hints(exercise), 1) if n > after and one.fits(said)), 0)


def solution(word: str, *, now: bool) -> list[str]:
    """Give the model answer, file by file, as a difference to the learner's own, and why it works.

    Raises:
        Usage: there is no such exercise.
        NotThere: it is not passed yet, and `now` was not said.

    """
    exercise = exercises.find(word)
    if not now and not progress.may_see_solution(exercise):
        raise NotThere(
            f"The solution of {exercise.name} opens when you have passed it.",
            why="Finding it yourself is what stays.",
            fix=[f"invoke hint {exercise.name}", f"invoke solution {exercise.name} --now   (to see it all the same)"],
        )
    lines = [f"{exercise.name}  {exercise.title}"]
    for path in exercise.model_files():
        lines += ["", *_difference(exercise, path)]
    return [*lines, "", (exercise.key / "why.md").read_text("utf-8").rstrip()]


def _difference(exercise: Exercise, path: Path) -> list[str]:
    name = path.relative_to(exercise.key).as_posix()
    mine, theirs = exercise.folder / name, path.read_bytes()
    try:
        yours = mine.read_bytes() if mine.is_file() else b""
        old, new = (one.decode("utf-8-sig").splitlines() for one in (yours, theirs))
    except (OSError, UnicodeDecodeError):
        return [f"{name}: not a text file, or not to be read; see {places.as_typed(path)}"]
    if yours == theirs:
        return [f"{name}: yours is the same"]
    whole = len(old) + len(new)
    names = f"your {name}", f"the solution's {name}"
    if lines := list(difflib.unified_diff(old, new, *names, n=whole, lineterm="")):
        return [line for line in lines if not line.startswith("@@")]  # there is one piece: the whole file
    ends = "Windows line ends (CRLF)" if b"\r\n" in yours and b"\r\n" not in theirs else "other blanks or line ends"
    return [f"{name}: yours has the same words, and {ends}"]
