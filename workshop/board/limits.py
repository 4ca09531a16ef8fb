"""How much one address, one learner and all together may ask for; the books about it are bounded, too."""

from __future__ import annotations

import ipaddress
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable

_BOOKS = 5000
"""Addresses, or learners, that a book holds; the one that asked longest ago goes first."""
CONNECTIONS = 512
"""Open at a time, from other machines; this machine's own have a room of their own."""
CONNECTIONS_EACH = 128
"""Open at a time from one address: a class may be behind one."""


class Buckets:
    """For each key: `burst` at once, and `rate` a second in the long run."""

    def __init__(self, *, burst: float, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._rate = rate
        self._clock = clock
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._left)

    def admits(self, key: Hashable) -> bool:
        """Take one; False where there is none left."""
        now = self._clock()
        left, then = self._left.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - then) * self._rate)
        self._left[key] = (left - 1 if left >= 1 else left, now)
        while len(self._left) > _BOOKS:
            self._left.popitem(last=False)
        return left >= 1


class Door:
    """Who may have one more connection."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._asked = Buckets(burst=2000, rate=50)

    def enter(self, address: str) -> bool:
        """Open one from `address`, if it may; then `leave` must follow."""
        who = subscriber(address)
        if not self._asked.admits(who) or self._open[who] >= CONNECTIONS_EACH:
            return False
        outside = self._open.total() - self._open[_HERE]
        if who != _HERE and outside >= CONNECTIONS:
            return False
        self._open[who] += 1
        return True

    def leave(self, address: str) -> None:
        """One from `address` is closed."""
        who = subscriber(address)
        self._open[who] -= 1
        if self._open[who] <= 0:
            del self._open[who]


_HERE = "here"


def subscriber(address: str) -> str:
    """Give what one machine can't change about its address; "here" for this machine's own."""
    try:
        it = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(it, ipaddress.IPv6Address):
        if it.ipv4_mapped:
            it = it.ipv4_mapped
        elif not it.is_loopback:
            return str(ipaddress.ip_network((it, 64), strict=False))
    return _HERE if it.is_loopback else str(it)


def is_here(address: str) -> bool:
    """Whether an address is this machine's loopback."""
    return subscriber(address) == _HERE
