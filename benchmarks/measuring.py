"""What every measurement shares: rows, repeated runs in turn, and the engine's socket without any library."""

from __future__ import annotations

import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INVOKE = [sys.executable, str(Path(sys.executable).with_name("invoke"))]
MEGA = 1024 * 1024
SOCKET = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")


@dataclass(frozen=True)
class Work:
    """Something to measure; `run` gives the most memory that a process of its had, in bytes, where it knows that."""

    name: str
    run: Callable[[], int | None]


@dataclass
class Taken:
    """What the runs of one work took."""

    name: str
    times: list[float] = field(default_factory=list)
    """Milliseconds."""
    memory: int = 0
    """Bytes, the most that one process of it had."""

    @property
    def median(self) -> float:
        """The median of the runs; milliseconds."""
        return statistics.median(self.times)


@dataclass(frozen=True)
class Row:
    """One command beside its peer."""

    ours: Taken
    peer: Taken
    goal: str = ""

    @property
    def ratio(self) -> float:
        """How many times the peer's median ours is."""
        return self.ours.median / self.peer.median


def compare(
    ours: Work, *peers: Work, repeat: int, goals: Sequence[str] = (), tidy: Callable[[], object] = lambda: None
) -> Iterator[Row]:
    """Run all in turn, after one run each that does not count; `tidy` runs after each, and is not timed."""
    taken = [Taken(work.name) for work in (ours, *peers)]
    for number in range(repeat + 1):
        for work, its in zip((ours, *peers), taken, strict=True):
            started = time.perf_counter()
            memory = work.run()
            if number:
                its.times.append((time.perf_counter() - started) * 1000)
                its.memory = max(its.memory, memory or 0)
            tidy()
    for peer, goal in zip(taken[1:], [*goals, *[""] * len(peers)], strict=False):
        yield Row(taken[0], peer, goal)


def process(*words: str, cwd: Path = ROOT, **env: str) -> Callable[[], int]:
    """Make a run of a whole process, which must succeed; it gives the most memory that one had."""

    def run() -> int:
        with tempfile.TemporaryFile() as said:
            started = subprocess.Popen(words, cwd=cwd, stdout=said, stderr=said, env={**os.environ, **env})
            _, status, used = os.wait4(started.pid, 0)  # what its children used is in it, if they were waited for
            started.returncode = os.waitstatus_to_exitcode(status)
            if started.returncode:
                said.seek(0)
                text = said.read().decode("utf-8", "replace")
                raise SystemExit(f"{' '.join(words)} ended with {started.returncode}:\n{text}")
        return used.ru_maxrss * 1024  # Linux counts kilobytes

    return run


class Engine(http.client.HTTPConnection):
    """HTTP on the engine's socket, and nothing else."""

    def __init__(self) -> None:
        super().__init__("localhost", timeout=60)

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(SOCKET)

    def call(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> bytes:
        """Make one call that must succeed."""
        self.request(method, path, body, {"Content-Type": kind})
        answer = self.getresponse()
        said = answer.read()
        if answer.status >= 400:  # noqa: PLR2004 - HTTP
            raise SystemExit(f"{method} {path}: {said.decode()}")
        return said
