"""Machines to grade on, for tests: Dask workers beside this machine's engine, and beside a second one."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import docker

from tests.second_engine import beside, stop
from workshop import bases, places
from workshop.judging.running import until

BRIDGE = f"wm{os.getpid()}"
ADDRESS = f"198.18.{os.getpid() % 256}.129/28"  # RFC 2544: a range for tests, routed nowhere
DASK = str(Path(sys.executable).with_name("dask"))
_JOINED = re.compile(r"Registered to: +tcp:")


class Engine:
    """A second engine on this machine, with the base images of the first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._daemon = beside(folder, BRIDGE, ADDRESS)
        self.host = self._daemon.host
        self.start()
        with subprocess.Popen(["docker", "save", *bases.BASE_IMAGES], stdout=subprocess.PIPE) as saved:
            subprocess.run(["docker", "-H", self.host, "load"], stdin=saved.stdout, check=True, capture_output=True)
        assert saved.returncode == 0

    def start(self) -> None:
        """Start it, and wait for its answer."""
        self._daemon.start()
        self._daemon.wait()

    def kill(self) -> None:
        """End it at once, as a machine that loses its power does; no container survives that."""
        with contextlib.closing(docker.DockerClient(base_url=self.host)) as client:
            running = [int(one.attrs["State"]["Pid"]) for one in client.containers.list()]
        inside = [one for one in running if one]  # one that just ended has process 0, and killing that kills the caller
        number = self._daemon.process()
        for one in [*_children(number), number, *inside] if number else []:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        # dead is not enough: as long as nobody took note of its death, the next engine finds its number in use
        assert until(lambda: not Path(f"/proc/{number}").exists() or None, 10)

    def busy(self) -> bool:
        """Whether a container runs on it."""
        with contextlib.closing(docker.DockerClient(base_url=self.host)) as client:
            return bool(client.containers.list())

    def close(self) -> None:
        """Stop it, and take its bridge away."""
        stop(self._daemon, BRIDGE)


def _children(number: int) -> list[int]:
    listed = subprocess.run(["pgrep", "-P", str(number)], capture_output=True, text=True, check=False)
    return [int(one) for one in listed.stdout.split()]


class Processes:
    """A scheduler and its workers; all are gone when it is closed."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._all: list[subprocess.Popen[bytes]] = []
        self._count = 0
        self._start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", says=re.compile(r"Scheduler at")
        )
        said = (folder / "1.log").read_text("utf-8")
        found = re.search(r"Scheduler at: +(tcp://\S+)", said)
        assert found, said
        self.address = found[1]

    def worker(self, name: str, host: str | None = None, **env: str) -> subprocess.Popen[bytes]:
        """Start a worker with two threads, beside the engine at `host` (else this machine's own)."""
        if host:
            env["DOCKER_HOST"] = host
        words = ("worker", self.address, "--name", name, "--nthreads", "2", "--no-dashboard", "--no-nanny")
        return self._start(*words, says=_JOINED, **env)

    def _start(self, *words: str, says: re.Pattern[str], **env: str) -> subprocess.Popen[bytes]:
        self._count += 1
        log = self._folder / f"{self._count}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [DASK, *words],
                stdout=out,
                stderr=out,
                cwd=self._folder,
                env={**os.environ, **env},
                start_new_session=True,
            )
        self._all.append(process)
        assert until(lambda: says.search(log.read_text("utf-8")), 60), log.read_text("utf-8")
        return process

    def close(self) -> None:
        """End them all; the workers first, and they get the time to clean up."""
        for process in reversed(self._all):
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a worker at once, and the processes in which it judges, too: they lead groups of their own."""
    for number in [*_children(process.pid), process.pid]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    process.wait()


def started(words: list[str], log: Path) -> subprocess.Popen[str]:
    """Start a task of the workshop beside the test."""
    program = str(Path(sys.executable).with_name("invoke"))
    with log.open("w") as out:
        return subprocess.Popen(
            [sys.executable, program, "--search-root", str(places.ROOT), *words], stdout=out, stderr=out, text=True
        )


def wait_until(so: Callable[[], bool], what: Callable[[], str]) -> None:
    """Wait until something is so, at most a minute; `what` tells what is there instead."""
    assert until(lambda: so() or None, 60), what()
