"""Looks after a stranger's build or containers while they run, and stops them when they take too much.

Where the engine has a bound of its own, it holds that, see `limits`. This is for what it has none: the disk, what a
build prints, the processes of the classic builder's steps, and, with BuildKit, the machine as a whole.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable

from workshop.trouble import MachineTrouble

from . import gauges
from .api import Refused, talking
from .gauges import Gauges
from .limits import Limits

PERIOD = 0.5
"""Seconds between two looks: a disk takes about 500 MB in that time."""
_STEP = re.compile(rb"(?:Step \d+/\d+ : (\S+)[^\n]*\n)? ---> Running in ([0-9a-f]{12,64})\n")
_LONGEST = 512
"""Bytes that are looked at again with those that come next: mostly, the line of a step and that of its container."""
_RUN_NOTHING = frozenset(
    b"ARG CMD ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL MAINTAINER ONBUILD SHELL STOPSIGNAL USER VOLUME WORKDIR".split()
)
"""Instructions for which the classic builder makes a container, too, and starts nothing in it."""


def started(text: bytes) -> tuple[list[str], bytes]:
    """Find the containers in which steps of the classic builder start a program; give them, and the text behind."""
    found = list(_STEP.finditer(text))
    rest = text[found[-1].end() if found else 0 :][-_LONGEST:]
    return [one[2].decode() for one in found if (one[1] or b"").upper() not in _RUN_NOTHING], rest


class Guard:
    """Watches containers and a build's output; calls `stop`, once, when a limit is passed."""

    def __init__(self, limits: Limits, stop: Callable[[], object]) -> None:
        self.tripped = ""
        """What was too much: "disk" or "printed"; "machine disk", "machine memory" or "machine processes"."""
        self._limits = limits
        self._stop = stop
        self._written: dict[str, int] = {}
        self._printed = 0
        self._tail = b""
        self._machine = Gauges()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def follow(self, container: str) -> None:
        """Look after this container, too."""
        self._written.setdefault(container, 0)

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes that the build printed; the classic builder names each step's container there."""
        self._printed += len(chunk)
        if self._printed > self._limits.printed:
            self._trip("printed")
        containers, self._tail = started(self._tail + chunk)
        for one in dict.fromkeys(containers):
            if one in self._written:  # a step may say so itself, as often as it likes
                continue
            self.follow(one)
            self._bound_processes(one)

    def close(self) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()

    def _bound_processes(self, container: str) -> None:
        """Bound what `docker build` has no flag for, before the step's program starts."""
        with contextlib.suppress(Refused, MachineTrouble), talking() as api:
            # The SDK's own update_container lacks this one.
            url = f"{api.base_url}/v{api.api_version}/containers/{container}/update"
            api.post(url, json={"PidsLimit": self._limits.processes}, timeout=api.timeout)

    def _watch(self) -> None:
        while not self._over.wait(PERIOD) and not self.tripped:
            with contextlib.suppress(Refused, MachineTrouble, OSError):
                self._look()

    def _look(self) -> None:
        if need := self._machine.in_need():
            self._trip(f"machine {need}")
        elif self._written:
            with talking() as api:
                found = api.containers(all=True, size=True, filters={"id": list(self._written)})
            for one in found:
                name = next((name for name in list(self._written) if one["Id"].startswith(name)), "")
                volumes = [mount["Name"] for mount in one.get("Mounts") or () if mount.get("Type") == "volume"]
                self._written[name] = int(one.get("SizeRw") or 0) + sum(map(gauges.size_of_volume, volumes))
            if sum(self._written.values()) > self._limits.disk:
                self._trip("disk")

    def _trip(self, what: str) -> None:
        if not self.tripped:
            self.tripped = what
            self._stop()
