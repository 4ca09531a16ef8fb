"""Verifications one after the other in a warm process: each in a thread, and the next calls off the one before."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from workshop.engine import calling_off
from workshop.exercises import Exercise

from . import verifying
from .verifying import Judgement

ENDS_WITHIN = 8
"""Seconds that a verification gets to clean up behind itself after it was called off."""


@dataclass(frozen=True)
class Judged:
    """Verification number `number` came to its end."""

    number: int
    judgement: Judgement


@dataclass(frozen=True)
class Crashed:
    """A verification ended as none may."""

    error: Exception


class Runs:
    """Verifications, one at a time, each in a thread; the next one calls off the one before."""

    def __init__(self, tell: Callable[[Judged | Crashed], object]) -> None:
        self._tell = tell
        self._means = calling_off.CallOff()
        self._thread: threading.Thread | None = None
        self._number = 0

    def start(self, exercise: Exercise) -> int:
        """Begin a verification of the files as they are now; give its number."""
        self.call_off()
        self._number += 1
        self._means = calling_off.CallOff()
        work = (exercise, self._number, self._means, self._thread)
        self._thread = threading.Thread(target=self._run, args=work, daemon=True, name="verification")
        self._thread.start()
        return self._number

    def call_off(self) -> None:
        """Have the running one end; nothing is told of it."""
        self._means.now()

    def settle(self) -> None:
        """Wait until the last one has cleaned up, at most `ENDS_WITHIN` seconds; the next run removes what it left."""
        if self._thread:
            self._thread.join(ENDS_WITHIN)

    def _run(
        self, exercise: Exercise, number: int, means: calling_off.CallOff, before: threading.Thread | None
    ) -> None:
        from workshop import report

        if before:
            before.join()
        try:
            with calling_off.by(means):
                calling_off.check()
                judgement = verifying.judge_own(exercise, report.prepare if number == 1 else None)
        except calling_off.CalledOff:
            return
        except Exception as error:  # noqa: BLE001 - shown where all such are shown
            self._tell(Crashed(error))
        else:
            if not means.off:
                self._tell(Judged(number, judgement))
