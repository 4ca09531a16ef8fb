"""Judges on several machines: jobs go to the workers of a Dask scheduler, each beside an engine of its own.

Each job is sent to one worker that has a thread free, never to two at a time. Dask's own choice of a worker would not
know which machine has an engine in trouble, and would give one that fails quickly the most.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import secrets
import sys
import time
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workshop import places
from workshop.engine.limits import MEGA, Limits
from workshop.judging.verdict import Finding, Outcome, Verdict, from_json
from workshop.trouble import MachineTrouble

from . import ground, station
from .crew import FETCHED_WITHIN, LOOK_EVERY, Away, Crew, Member
from .intake import verdict
from .workers import WITHIN, Job, unjudged

if TYPE_CHECKING:
    from distributed import Client, Future

    from workshop.engine.cli import Builder

    from .judging import Judged

CONNECTS_WITHIN = 10.0
"""Seconds a scheduler has for its first answer."""
WORKERS_WITHIN = 10.0
"""Seconds that a first worker has to join: those that were just started need a few."""
BACK_WITHIN = ground.BACK_WITHIN
"""Seconds that all machines may be away before what is left is given up."""
_FETCHERS = 8
TRIES = 3
"""How often a job is sent out, to different machines where there are, before it is called broken."""
SENT = 64 * MEGA
"""Bytes of answers that are on their way together; a single one has at most as many."""
_LOGGERS = (
    "distributed",
    "distributed.client",
    "distributed.worker",
    "distributed.scheduler",
    "distributed.core",
    "asyncio",
)


@contextlib.contextmanager
def joined(address: str, builder: Builder, say: Callable[[str], object]) -> Iterator[Machines]:
    """Join the scheduler, see which workers will do, and lend them.

    Raises:
        MachineTrouble: the libraries are not here, the scheduler does not answer, or no worker will do.

    """
    client = _connect(address)
    run = secrets.token_hex(4)
    machines = Machines(client, station.order(run, builder, WITHIN), say)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"distributed\..*")  # its advice is for large computations
        try:
            machines.gather(address)
            yield machines
        finally:
            machines.close()


def _connect(address: str) -> Client:
    try:
        from distributed import Client, Security
    except ImportError as error:
        python = places.as_typed(Path(sys.executable))
        raise MachineTrouble(
            "Grading on several machines needs the library distributed, which is not installed here.",
            kind="no-distributed",
            why=str(error),
            fix=f"{python} -m pip install -c constraints.txt '.[cluster]'   (in the workshop's folder)",
        ) from error
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters of it, we tell in plain words
    try:
        if address.startswith("tls:") and not Security().get_connection_args("client").get("ssl_context"):
            raise ValueError("No certificates are named in the environment.")  # noqa: TRY301 - as if it had noticed first
        return Client(address, timeout=CONNECTS_WITHIN, set_as_default=False, name="docker-101")
    except Exception as error:
        fix = ["is the address what `dask scheduler` printed, and may this machine reach it?"]
        if address.startswith("tls:"):
            fix = ["name the certificates in the environment, as docs/cluster.md says", *fix]
        raise MachineTrouble(
            f"No scheduler answers at {address}.", kind="no-scheduler", why=f"{error}".strip()[:300], fix=fix
        ) from error


@dataclass
class _Task:
    """A job, and how it fared so far."""

    job: Job
    tries: int = 0
    failed_on: set[str] = field(default_factory=set)
    broken: Verdict | None = None


@dataclass
class _Flight:
    """A job that a worker has."""

    task: _Task
    member: Member
    future: Future[Any]
    size: int


class Machines:
    """Judges on the workers of one scheduler, see `judging.Judging`."""

    def __init__(self, client: Client, order: station.Order, say: Callable[[str], object]) -> None:
        self.limits = Limits()
        self._order = order
        self._crew = Crew(client, order, say)
        self._flying: dict[str, _Flight] = {}
        self._landed: queue.SimpleQueue[tuple[str, Verdict | str]] = queue.SimpleQueue()
        self._fetching = ThreadPoolExecutor(_FETCHERS)

    def gather(self, address: str) -> None:
        """Wait until each worker has passed its preflight or failed it.

        Raises:
            MachineTrouble: none has passed.

        """
        deadline = time.monotonic() + WORKERS_WITHIN
        while self._crew.undecided or (not list(self._crew) and time.monotonic() < deadline):
            self._crew.look()
            time.sleep(LOOK_EVERY / 5)
        if self._crew.fit:
            return
        if not list(self._crew):
            raise MachineTrouble(
                f"No worker has joined the scheduler at {address}.",
                kind="no-workers",
                why=f"It was waited for {WORKERS_WITHIN:g} seconds.",
                fix=f"on each machine that is to judge, in its copy of the workshop: dask worker {address}",
            )
        raise MachineTrouble(
            "None of the machines can judge.",
            kind="no-workers",
            why="Each is named above, with the reason.",
            fix="mend one of them, start its worker again, and grade again",
        )

    def ready(self) -> bool:
        """See `Judging.ready`."""
        deadline = time.monotonic() + BACK_WITHIN
        while not self._crew.fit:
            if self._crew.lost or time.monotonic() > deadline:
                return False
            self._crew.look()
            time.sleep(LOOK_EVERY / 5)
        return True

    def judge(self, jobs: Sequence[Job]) -> Judged:
        """See `Judging.judge`."""
        waiting = deque(_Task(job) for job in jobs)
        try:
            while waiting or self._flying:
                self._crew.look()
                for flight in [one for one in self._flying.values() if not self._crew.has(one.member)]:
                    self._drop(flight)
                    yield from self._again(flight, "the machine that had it went away", waiting)
                if waiting and not self._flying and not self.ready():
                    yield from ((task.job, task.broken or unjudged(task.job)) for task in waiting)
                    return
                self._send(waiting)
                with contextlib.suppress(queue.Empty):
                    key, came = self._landed.get(timeout=LOOK_EVERY)
                    if landed := self._flying.get(key):
                        yield from self._settle(landed, came, waiting)
        finally:
            self._call_off()

    def _send(self, waiting: deque[_Task]) -> None:
        """Give jobs to workers as long as one of them has a thread free."""
        while waiting and (sum(one.size for one in self._flying.values()) < SENT):
            busy = Counter(one.member.address for one in self._flying.values())
            free = [one for one in self._crew.fit if busy[one.address] < one.threads]
            if not free:
                return
            task = waiting.popleft()
            untried = [one for one in free if one.address not in task.failed_on]
            member = min(untried or free, key=lambda one: busy[one.address] / one.threads)
            job, files = task.job, station.pack(task.job.folder)
            what = {"fingerprint": job.fingerprint, "exercise": job.exercise}
            try:
                future = self._crew.submit(station.judge, self._order, what, files, to=member)
            except Away:
                waiting.appendleft(task)
                return
            self._flying[str(future.key)] = _Flight(task, member, future, len(files))
            future.add_done_callback(self._landing)

    def _landing(self, future: Future[Any]) -> None:
        with contextlib.suppress(RuntimeError):  # it was called off, and nobody waits any more
            self._fetching.submit(self._fetch, future)

    def _fetch(self, future: Future[Any]) -> None:
        """Fetch a verdict, in a thread: it may take its time, when its machine goes away before it was fetched."""
        try:
            came: Verdict | str = from_json(future.result(timeout=FETCHED_WITHIN))
        except Exception as error:  # noqa: BLE001 - whatever a foreign process raised is the machine's trouble
            gone = isinstance(error, CancelledError)
            came = "the way to it was lost" if gone else f"{type(error).__name__}: {error}"[:300]
        self._landed.put((str(future.key), came))

    def _settle(self, flight: _Flight, came: Verdict | str, waiting: deque[_Task]) -> Judged:
        """Take a job's verdict; or send it out again where that is none."""
        self._drop(flight)
        if isinstance(came, str):
            yield from self._again(flight, f"{flight.member}: {came}", waiting)
        elif came.outcome is not Outcome.BROKEN:
            yield flight.task.job, came
        else:
            self._crew.doubt(flight.member)
            flight.task.broken = came
            yield from self._again(flight, "", waiting)

    def _again(self, flight: _Flight, why: str, waiting: deque[_Task]) -> Judged:
        """Have a job judged elsewhere, or say that it is broken when that was tried often enough."""
        task = flight.task
        task.tries += 1
        task.failed_on.add(flight.member.address)
        if why:
            found = Finding("machine-gone", "No machine came to an end with this; look at it by hand.", actual=why)
            task.broken = verdict(task.job.exercise, found, Outcome.BROKEN)
        if task.tries < TRIES:
            waiting.append(task)
        else:
            yield task.job, task.broken or unjudged(task.job)

    def _drop(self, flight: _Flight) -> None:
        self._flying.pop(str(flight.future.key), None)
        self._crew.cancel([flight.future])

    def _call_off(self) -> None:
        """Have the workers drop what they still judge."""
        if self._flying:
            self._crew.cancel([one.future for one in self._flying.values()])
            self._flying.clear()
            self._crew.call_off()

    def close(self) -> None:
        """Leave nothing behind on the machines."""
        self._fetching.shutdown(wait=False, cancel_futures=True)
        self._crew.dismiss()
