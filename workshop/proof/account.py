"""What was found out about one exercise: its claims, its mutants, and what is wrong with its own texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workshop.judging.verdict import Outcome
from workshop.trouble import DONE, MACHINE, NOT_YET, OUR_BUG

from . import mutating
from .mutating import Fate, Trial
from .proving import Proof

VERSION = 1
"""Of the JSON below; it changes when a program that reads it would have to."""


@dataclass(frozen=True)
class Account:
    """All that was proved, or not, of one exercise with one builder."""

    exercise: str
    builder: str
    proofs: tuple[Proof, ...]
    complaints: tuple[str, ...]
    trials: tuple[Trial, ...] | None = None
    """None when no mutants were asked for."""

    @property
    def holds(self) -> bool:
        """Whether everything is as it must be."""
        told = [*(proof.holds for proof in self.proofs), *(trial.holds for trial in self.trials or ())]
        return all(told) and not self.complaints

    @property
    def exit_code(self) -> int:
        """What a program that only reads exit codes learns; a verdict that was broken is no one's claim."""
        verdicts = [*(proof.verdict for proof in self.proofs), *(trial.verdict for trial in self.trials or ())]
        broken = [one.exit_code for one in verdicts if one.outcome is Outcome.BROKEN]
        if broken:
            return OUR_BUG if OUR_BUG in broken else MACHINE
        return DONE if self.holds else NOT_YET

    @property
    def score(self) -> tuple[int, int]:
        """The mutation score: how many mutants were killed, of those that should have been."""
        return self.count(Fate.KILLED), self.count(Fate.KILLED, Fate.SURVIVED, Fate.BROKEN)

    @property
    def same_image(self) -> int:
        """How many mutants make the model answer's image, and so could not be killed."""
        return self.count(Fate.SAME_IMAGE)

    @property
    def equal(self) -> int:
        """How many are listed as no different."""
        return self.count(Fate.EQUAL)

    def count(self, *fates: Fate) -> int:
        """Count the mutants that met one of these fates."""
        return mutating.count(self.trials or (), *fates)

    def as_json(self) -> dict[str, Any]:
        """Give the object that `prove --json` prints for the exercise."""
        killed, killable = self.score
        return {
            "exercise": self.exercise,
            "builder": self.builder,
            "holds": self.holds,
            "complaints": list(self.complaints),
            "claims": [
                {
                    "name": proof.claim.name,
                    "wanted": proof.claim.reason or None,
                    "said": proof.said,
                    "holds": proof.holds,
                    "seconds": round(proof.verdict.seconds, 3),
                }
                for proof in self.proofs
            ],
            "mutants": None
            if self.trials is None
            else {
                "killed": killed,
                "killable": killable,
                "same_image": self.same_image,
                "equal": self.equal,
                "trials": [_trial(one) for one in self.trials],
            },
        }


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "name": trial.mutant.name,
        "fate": trial.fate.value,
        "reasons": trial.verdict.reasons,
        "holds": trial.holds,
        "seconds": round(trial.verdict.seconds, 3),
    }
