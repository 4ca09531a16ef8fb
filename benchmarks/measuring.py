"""What every measurement shares: rows, repeated runs in turn, and the engine's socket without any library."""

from __future__ import annotations

import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INVOKE = [sys.executable, str(Path(sys.executable).with_name("invoke"))]
SOCKET = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")


@dataclass(frozen=True)
class Work:
    """Something to measure."""

    name: str
    run: Callable[[], object]


@dataclass(frozen=True)
class Row:
    """One command beside its peer, in milliseconds."""

    name: str
    ours: list[float]
    peer_name: str
    peer: list[float]
    goal: str = ""

    @property
    def ratio(self) -> float:
        """How many times the peer's median ours is."""
        return statistics.median(self.ours) / statistics.median(self.peer)


def timed(work: Callable[[], object]) -> float:
    """Run `work` once; milliseconds."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def compare(ours: Work, peer: Work, repeat: int, goal: str = "", *, tidy: Callable[[], object] = lambda: None) -> Row:
    """Run both in turn, after one run each that does not count; `tidy` runs after each, and is not timed."""
    taken: dict[str, list[float]] = {ours.name: [], peer.name: []}
    for _ in range(repeat + 1):
        for work in (ours, peer):
            taken[work.name].append(timed(work.run))
            tidy()
    return Row(ours.name, taken[ours.name][1:], peer.name, taken[peer.name][1:], goal)


def process(*words: str, cwd: Path = ROOT, code: int = 0) -> Callable[[], None]:
    """Make a run of a whole process, which must end with `code`."""

    def run() -> None:
        done = subprocess.run(words, cwd=cwd, capture_output=True, check=False, text=True)
        if done.returncode != code:
            raise SystemExit(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")

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
