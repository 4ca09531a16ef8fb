"""Proof that the checks are right: starters and wrong answers fail for their reason, solutions and right ones pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from workshop.engine import cleaning
from workshop.exercises import Exercise
from workshop.judging import checking
from workshop.judging.verdict import Outcome, Verdict

BUILDERS = ("buildkit", "classic")


@dataclass(frozen=True)
class Claim:
    """One answer, and what the checks must say of it."""

    exercise: Exercise
    answer: Path
    reason: str
    """The reason it must fail for; empty when it must pass."""
    builders: tuple[str, ...] = BUILDERS
    """The builders it speaks of."""

    @property
    def name(self) -> str:
        """Name it for a listing: exercise-1/wrong/page-elsewhere."""
        return f"{self.exercise.name}/{self.answer.relative_to(self.exercise.key).as_posix()}".removesuffix("/.")


@dataclass(frozen=True)
class Proof:
    """What the checks did say."""

    claim: Claim
    verdict: Verdict

    @property
    def holds(self) -> bool:
        """Whether that is what they must say."""
        if not self.claim.reason:
            return self.verdict.outcome is Outcome.PASSED
        first = self.verdict.failed[:1]
        reasons = [check.finding.reason for check in first if check.finding]
        return self.verdict.outcome is Outcome.FAILED and reasons == [self.claim.reason]

    @property
    def wanted(self) -> str:
        """Say what must come out, in a few words."""
        return f"must fail for {self.claim.reason}" if self.claim.reason else "must pass"

    @property
    def said(self) -> str:
        """Say what came out, in a few words."""
        return self.verdict.said


def claims(exercise: Exercise) -> Iterator[Claim]:
    """Find what is claimed of an exercise.

    A folder wrong/REASON fails for REASON, right/SLUG passes. Behind `--` a name may go on with anything that tells it
    from others, and with a builder's name when it holds for that one only: wrong/heredoc-ignored--classic.
    """
    yield Claim(exercise, exercise.starter, checking.starter_reason(exercise))
    yield Claim(exercise, exercise.key, "")
    for kind in ("wrong", "right"):
        for answer in exercise.answers(kind):
            reason, *more = answer.name.split("--")
            builders = tuple(one for one in BUILDERS if one in more) or BUILDERS
            yield Claim(exercise, answer, reason if kind == "wrong" else "", builders)


def prove(claim: Claim) -> Proof:
    """Judge the claim's answer, and leave the removal of what that made to go on by itself."""
    with claim.exercise.context_of(claim.answer) as folder:
        return Proof(claim, checking.judge(claim.exercise, folder))


def prove_all(claims: Iterable[Claim], *, jobs: int) -> Iterator[Proof]:
    """Judge the answers, `jobs` at a time; proofs come in the order of the claims, each as soon as it is known."""
    with cleaning.images_kept(), ThreadPoolExecutor(jobs) as pool:
        try:
            yield from pool.map(prove, claims)
        finally:
            pool.shutdown(cancel_futures=True)
