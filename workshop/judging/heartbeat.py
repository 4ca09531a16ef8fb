"""What a health check makes of a heartbeat: a file that its server touches again and again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import health
from .running import until

if TYPE_CHECKING:
    from .running import Running

_SELDOM = 600.0
"""Seconds between the engine's own looks, where nobody else is to look."""


@dataclass(frozen=True)
class Heart:
    """The heart of a container: its server touches `path`, and stops to do so while the file `stop` is there."""

    running: Running
    path: str
    stop: str

    def verdict_at(self, age: int | None) -> int:
        """Stop it, and give the health check's exit code for a last beat `age` seconds ago; None, for none."""
        if age is None:
            self._do(f"touch {self.stop}; rm -f {self.path}")
            return health.run_once(self.running).code
        code = 0
        for _ in range(5):
            self._beat(age)
            code = health.run_once(self.running).code
            if age <= self.age() <= age + 2:  # else the server beat once more, or the machine was slow
                break
        return code

    def printed_at(self, age: int) -> str:
        """Give what the health check prints for a last beat `age` seconds ago."""
        self.verdict_at(age)
        return health.run_once(self.running).text.strip()

    def age(self) -> int:
        """Give the seconds since the last beat; below 0 where there is none, or one of the future."""
        now = self._do(f"echo $(($(date +%s) - $(stat -c %Y {self.path})))").strip()
        return int(now) if now.isdigit() else -1

    def notices_in_time(self, old: int) -> bool:
        """Whether the check misses the file, and fails when it really stops: not all times can be set (%Z)."""
        if self.verdict_at(1_000_000) != 0 or self.verdict_at(None) == 0:
            return False
        self.verdict_at(0)
        self.running.exec("sleep", str(old))
        return health.run_once(self.running).code != 0

    def holds_after_a_beat(self, young: int) -> bool:
        """Whether the check, where nobody else does it, passes `young` seconds after a real beat.

        So does one that compares with its own last look: for it, a beat with a time of long ago is none.
        """
        alone = self._alone()
        health.run_once(alone.running)
        alone.running.exec("sleep", "1")  # find -newer of BusyBox compares whole seconds
        alone._do(f"touch {self.stop} {self.path}")
        alone.running.exec("sleep", str(young))
        return health.run_once(alone.running).code == 0

    def is_touched_by_the_check(self, old: int, within: float) -> bool:
        """Whether the health check makes an old heartbeat young, and nobody else does `within` some seconds."""
        alone = self._stuck(old, within)
        if alone.goes_on(old, within):
            return False
        health.run_once(alone.running)
        return alone.age() < old

    def is_touched_by_another(self, old: int, within: float) -> bool:
        """Whether another process of the container touches the heartbeat, where the server does so no more."""
        return self._stuck(old, within).goes_on(old, within)

    def goes_on(self, old: int, within: float) -> bool:
        """Whether the heartbeat is younger than `old`, now or `within` some seconds."""
        return until(lambda: self.age() < old or None, within) is not None

    def _alone(self) -> Heart:
        """Start another container of the same image, in which the engine does not look at the health."""
        running = self.running.lab.start(self.running.image, health={**health.TIMING, "interval": _SELDOM})
        return Heart(running, self.path, self.stop)

    def _stuck(self, old: int, within: float) -> Heart:
        """Start such a container, and let its server have beaten `old` seconds ago; it beats `within` some seconds."""
        alone = self._alone()
        alone._beat(old)
        alone.running.exec("sleep", str(math.ceil(within)))  # the server may have been about to beat
        alone._beat(old)
        return alone

    def _beat(self, age: int) -> None:
        self._do(f"touch {self.stop}; touch -d @$(($(date +%s) - {age})) {self.path}")

    def _do(self, line: str) -> str:
        return self.running.exec("sh", "-c", line, user="0").stdout
