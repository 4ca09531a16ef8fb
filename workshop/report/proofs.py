"""What `invoke prove` found out: a line per claim, the mutants that live, and a summary per exercise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .terminal import say, signed

if TYPE_CHECKING:
    from workshop.exercises import Exercise
    from workshop.proof.account import Account
    from workshop.proof.mutating import Trial
    from workshop.proof.proving import Proof

_WIDE = 44
"""Columns of an answer's name: wrong/REASON--BUILDER of the longest reasons."""


def proving(exercise: Exercise, builder: str) -> None:
    """Say what comes now."""
    say(f"{exercise.name}  {exercise.title}, with the builder {builder}", style="bold")


def proof(proof: Proof) -> None:
    """Show one claim: whether it holds, what was claimed, and where it does not hold, what came out."""
    name = proof.claim.name.partition("/")[2] or "the model answer"
    if proof.holds:
        say(f"  {signed('✓', 'holds')}    {name:<{_WIDE}} {proof.wanted}")
    else:
        say(f"  {signed('✗', 'WRONG')}    {name:<{_WIDE}} {proof.wanted}; {proof.said}", style="bold red")


def trial(trial: Trial) -> None:
    """Show a mutant that is not as it must be."""
    listed = "listed as equal, but " if trial.listed else ""
    fate = signed("✗", f"{trial.fate.value.upper():<8}")
    say(f"  {fate} {trial.mutant.name}; {listed}{trial.verdict.said}", style="bold red")


def account(account: Account) -> None:
    """Sum up what was proved of an exercise."""
    for complaint in account.complaints:
        say(f"  {signed('✗', 'WRONG')}    {complaint}", style="bold red")
    held = sum(proof.holds for proof in account.proofs)
    parts = [f"{held} of {len(account.proofs)} claims hold"]
    if account.trials is not None:
        killed, killable = account.score
        parts.append(f"{killed} of {killable} mutants are killed")
        parts.append(f"{account.same_image} more make the same image and {account.equal} are listed as equal")
    if account.complaints:
        parts.append(f"{len(account.complaints)} more to mend")
    say(f"  {', '.join(parts)}", style="bold green" if account.holds else "bold red")
