"""The workers of a Dask scheduler: who is there, who passed the preflight, who fell silent. Knows `distributed`."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import station
from .workers import SETTLES_WITHIN

if TYPE_CHECKING:
    from distributed import Client, Future

    from .station import Order

FETCHED_WITHIN = 30.0
"""Seconds for a verdict that is ready to come over the line."""
LOOK_EVERY = 0.5
"""Seconds between two looks at who is there."""
ANSWERS_WITHIN = 5.0
"""Seconds for the scheduler to tell who is there."""
SILENT = 30.0
"""Seconds without a heartbeat, which comes about once a second, after which a machine counts as gone."""
PREFLIGHT_WITHIN = 90.0
"""Seconds for a preflight, which starts a container, perhaps two, and waits 10 seconds for the answer of each."""
ASK_AGAIN = 3.0
"""Seconds until a worker is asked again whose machine could no longer judge."""


class Away(Exception):
    """The scheduler can't be spoken to; the next looks will tell whether it comes back."""


@dataclass
class Member:
    """One worker, as the scheduler tells of it."""

    address: str
    name: str
    threads: int
    ident: str
    """A folder that each worker's process makes for itself."""
    heard: float
    """When the scheduler last heard of it, by the scheduler's clock."""
    changed: float
    """When we saw that change, by ours."""
    preflight: Future[Any] | None = None
    asked: float = 0.0
    fit: bool = False
    was_fit: bool = False
    reason: str = ""
    """Why it is not fit; empty while that is not known."""

    def __str__(self) -> str:
        """Name it for people."""
        return self.address if self.name in ("", self.address) else f"{self.name} ({self.address})"


class Crew:
    """All workers, with news of them told by `say`."""

    def __init__(self, client: Client, order: Order, say: Callable[[str], object]) -> None:
        self._client = client
        self._order = order
        self._say = say
        self._members: dict[str, Member] = {}
        self._counter = itertools.count()
        self._looked = 0.0
        self._given_up: dict[str, float] = {}

    def __iter__(self) -> Iterator[Member]:
        return iter(self._members.values())

    @property
    def fit(self) -> list[Member]:
        """Those that can judge now."""
        return [one for one in self if one.fit]

    @property
    def undecided(self) -> bool:
        """Whether some are still at their preflight."""
        return any(one.preflight for one in self)

    def has(self, member: Member) -> bool:
        """Whether this very worker is still there."""
        return self._members.get(member.address) is member

    def look(self) -> None:
        """Follow who came, went and answered; at most every `LOOK_EVERY` seconds."""
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY:
            return
        self._looked = now
        if self.lost:
            if self._members:
                self._say("machine  the scheduler has gone, and with it the way to all machines")
            self._members.clear()
            return
        there = self._there()
        if there is not None:
            self._compare(there, now)
        for member in list(self):
            if now - member.changed > SILENT:
                self._lose(member, f"has been silent for {SILENT:g} seconds")
            else:
                self._follow(member, now)

    def _compare(self, there: dict[str, Any], now: float) -> None:
        """See who went, who is heard of, and who is new."""
        for member in list(self):
            facts = there.get(member.address)
            if facts is None or facts["local_directory"] != member.ident:
                self._lose(member, "has gone")
            elif facts["last_seen"] != member.heard:
                member.heard, member.changed = facts["last_seen"], now
        for address in there.keys() - self._members.keys() - self._silent(there):
            facts = there[address]
            heard, folder = float(facts["last_seen"]), str(facts["local_directory"])
            one = Member(address, str(facts["name"]), int(facts["nthreads"]), folder, heard, now)
            self._members[address] = one

    def _silent(self, there: dict[str, Any]) -> set[str]:
        """Name those that were given up on, and have not been heard of since, though the scheduler still lists them."""
        self._given_up = {
            one: heard for one, heard in self._given_up.items() if heard == there.get(one, {}).get("last_seen")
        }
        return set(self._given_up)

    def doubt(self, member: Member) -> None:
        """Give this worker nothing more until it has passed another preflight."""
        if self.has(member) and member.fit:
            member.fit, member.asked = False, 0.0

    def _there(self) -> dict[str, Any] | None:
        """Ask who is there; None when the scheduler does not say, which may be for a moment only."""
        try:
            if self._client.status != "running" or self._client.scheduler is None:
                return None
            # Client.scheduler_info would mix this with what it asks by itself every 2 seconds, which names no workers.
            known = self._client.sync(self._client.scheduler.identity, n_workers=-1, callback_timeout=ANSWERS_WITHIN)
            return dict(known["workers"])
        except Exception:  # noqa: BLE001 - its own kinds of errors differ from one version to the next
            return None

    def _lose(self, member: Member, how: str) -> None:
        del self._members[member.address]
        self._given_up[member.address] = member.heard
        if member.was_fit:
            self._say(f"machine  {member} {how}; what it was judging goes elsewhere")

    def _follow(self, member: Member, now: float) -> None:
        if member.preflight is None:
            if not member.fit and (not member.reason or (member.was_fit and now - member.asked > ASK_AGAIN)):
                member.asked = now
                with contextlib.suppress(Away):
                    member.preflight = self.submit(station.preflight, self._order, to=member, priority=10)
            return
        if not member.preflight.done():
            if now - member.asked > PREFLIGHT_WITHIN:
                self._judged(member, f"its preflight took more than {PREFLIGHT_WITHIN:g} seconds")
            return
        try:
            self._judged(member, str(member.preflight.result(timeout=5)))
        except ModuleNotFoundError as error:
            self._judged(member, f"{error}: start its worker in a copy of the workshop, as docs/cluster.md says")
        except Exception as error:  # noqa: BLE001 - whatever a foreign process raised says that it will not do
            self._judged(member, f"{type(error).__name__}: {error}"[:300])

    def _judged(self, member: Member, reason: str) -> None:
        told = member.reason
        member.preflight, member.reason, member.fit = None, reason, not reason
        if member.fit and not member.was_fit:
            self._say(f"machine  {member} judges {member.threads} at a time")
        elif member.fit and told:
            self._say(f"machine  {member} judges again")
        elif reason and reason != told:
            self._say(f"machine  {member} is not used: {reason}")
        member.was_fit = member.was_fit or member.fit

    @property
    def lost(self) -> bool:
        """Whether the scheduler is gone for good."""
        return self._client.status == "closed"

    def submit(self, work: Callable[..., Any], *args: object, to: Member, priority: int = 0) -> Future[Any]:
        """Have this worker, and no other, do some work.

        Raises:
            Away: the scheduler can't be told.

        """
        key = f"docker-101-{work.__name__}-{self._order['run']}-{next(self._counter)}"
        try:
            return self._client.submit(work, *args, key=key, workers=[to.address], pure=False, priority=priority)
        except Exception as error:
            raise Away(str(error)) from error

    def cancel(self, futures: list[Future[Any]]) -> None:
        """Want nothing more of these; what runs goes on until its end, unheard."""
        with contextlib.suppress(Exception):  # then the scheduler is gone, and its tasks with it
            self._client.cancel(futures, force=True)

    def call_off(self) -> None:
        """Have every worker drop what it judges for us."""
        there = [one.address for one in self]
        with contextlib.suppress(Exception):  # who can't hear it packs up by itself, see `station.IDLE`
            self._client.run(station.call_off, self._order["run"], workers=there, on_error="ignore")

    def dismiss(self) -> None:
        """Have every machine take away what it needed for this, as far as it answers."""
        futures: list[Future[Any]] = []
        with contextlib.suppress(Away):
            mine = [one for one in self if one.was_fit]
            futures = [self.submit(station.pack_up, self._order["run"], to=one, priority=10) for one in mine]
        deadline = time.monotonic() + SETTLES_WITHIN
        while time.monotonic() < deadline and not (self.lost or all(one.done() for one in futures)):
            self.look()
            time.sleep(LOOK_EVERY / 5)
        with contextlib.suppress(Exception):
            self._client.close(timeout=5)
