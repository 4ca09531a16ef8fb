"""Where a class is judged: on this machine, or on several. The grading knows no more of it than this."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from . import ground, slots

if TYPE_CHECKING:
    from workshop.engine.cli import Builder
    from workshop.engine.limits import Limits
    from workshop.judging.verdict import Verdict

    from .workers import Job

    Say = Callable[[str], object]
    Judged = Generator[tuple[Job, Verdict], None, None]


class Judging(Protocol):
    """Judges jobs; which verdict it gives depends on the job, the base images, the limits and the builder alone."""

    limits: Limits
    """What each answer is kept in."""

    def judge(self, jobs: Sequence[Job]) -> Judged:
        """Judge the jobs, and give each once with its verdict as soon as it is known, in any order.

        Broken is what the machines, not the answer, are to blame for. Closing the iterator calls off what is left.
        """
        ...

    def ready(self) -> bool:
        """Wait until something can be judged again; False when that takes too long."""
        ...


class Here:
    """Judges on this machine, `count` answers at a time."""

    def __init__(self, limits: Limits, count: int) -> None:
        self.limits = limits
        self._count = count

    def judge(self, jobs: Sequence[Job]) -> Judged:
        """See `Judging.judge`."""
        return slots.run(jobs, self._count, go_on=ground.answers_again)

    def ready(self) -> bool:
        """See `Judging.ready`."""
        return ground.answers_again()


@contextlib.contextmanager
def here(count: int, say: Say) -> Iterator[Judging]:
    """Lend this machine.

    Raises:
        MachineTrouble: its engine can't hold the limits.

    """
    with ground.limited(say) as limits:
        yield Here(limits, count)


@contextlib.contextmanager
def on_machines(address: str, builder: Builder, say: Say) -> Iterator[Judging]:
    """Lend the machines whose workers have joined the scheduler at `address`, those that are like this one.

    Raises:
        MachineTrouble: what that needs is not installed, the scheduler does not answer, or no worker will do.

    """
    from . import machines  # imports half a second's worth of libraries

    with machines.joined(address, builder, say) as joined:
        yield joined
