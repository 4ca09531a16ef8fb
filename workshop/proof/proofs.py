"""`invoke prove`: judge everything that is claimed of the exercises, say so as it comes, and give the exit code."""

from __future__ import annotations

from collections.abc import Iterator

from workshop import exercises
from workshop.engine import api, cli
from workshop.judging import checking
from workshop.trouble import Usage

from . import account, authoring, mutating, proving
from .account import Account

JOBS = 4
"""Verifications at a time: each waits for the engine most of its time, and some for a server to stop."""


def prove(word: str, *, builder: str | None, with_mutants: bool, as_json: bool) -> int:
    """Prove exercise `word` (or "all") and give the exit code: the worst of all.

    Raises:
        Usage: there is no such exercise, or no such builder.
        CheckerBug: an exercise lacks a file, or its checks can't be loaded or ask nothing.
        MachineTrouble: no engine answers, or no docker command here has that builder.

    """
    from workshop import report

    if builder not in (None, *proving.BUILDERS):
        raise Usage(f"There is no builder called {builder!r}.", fix=f"--builder {' or '.join(proving.BUILDERS)}")
    chosen = exercises.every() if word == "all" else [exercises.find(word)]
    api.connect()  # once, before several threads would
    accounts = []
    with cli.using(builder) as used:  # type: ignore[arg-type]  # it is one of the two, see above
        for exercise in chosen:
            accounts.append(_account(exercise, used, with_mutants=with_mutants, quiet=as_json))
            if not as_json:
                report.account(accounts[-1])
    if as_json:
        report.as_json({"version": account.VERSION, "exercises": [one.as_json() for one in accounts]})
    return max(one.exit_code for one in accounts)


def _account(exercise: exercises.Exercise, builder: str, *, with_mutants: bool, quiet: bool) -> Account:
    from workshop import report

    known = [checking.id_of(check) for check in checking.load(exercise)]
    claims = [claim for claim in proving.claims(exercise) if builder in claim.builders]
    complaints = list(authoring.complaints(exercise))
    if not quiet:
        report.proving(exercise, builder)
    proofs = []
    for proof in proving.prove_all(claims, jobs=JOBS):
        proofs.append(proof)
        if not quiet:
            report.proof(proof)
    trials = None
    if with_mutants:
        hunt = mutating.hunt(exercise, builder)
        complaints += hunt.complaints
        trials = []
        if not quiet:
            report.say(f"  judging {len(hunt.mutants)} mutants of the model answer")
        for trial in mutating.judge(hunt, jobs=JOBS):
            trials.append(trial)
            if not quiet and not trial.holds:
                report.trial(trial)
    complaints += _never_failed(known, [*proofs, *(trials or [])])
    return Account(exercise.name, builder, tuple(proofs), tuple(complaints), None if trials is None else tuple(trials))


def _never_failed(known: list[str], judged: list[proving.Proof | mutating.Trial]) -> Iterator[str]:
    """Find checks that nothing fails: they may be unable to."""
    failed = {check.id for one in judged for check in one.verdict.failed}
    for check in known:
        if check not in failed:
            yield f"no known wrong answer fails the check {check}; it may be one that can't fail."
