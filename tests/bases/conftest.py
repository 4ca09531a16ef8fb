"""Stand-ins under names of their own: nobody's `busybox` or `nginx:mainline-alpine` is touched."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from workshop.standin import making, packages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 20
"""Seconds until a container that should answer counts as silent; it takes a fraction of one."""


class Engine:
    """The docker program, as a learner has it."""

    def docker(self, *words: str, stdin: str | None = None, fine: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `docker WORDS…`; a failure fails the test, unless `fine=False`."""
        done = subprocess.run(["docker", *words], input=stdin, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or not fine, done.stderr
        return done

    def run(self, image: str, *command: str, options: tuple[str, ...] = (), fine: bool = True) -> str:
        """Run a command in a container that goes again; give what it said."""
        done = self.docker("run", "--rm", *options, image, *command, fine=fine)
        return (done.stdout if fine else done.stdout + done.stderr).strip()

    def script(self, image: str, lines: str) -> str:
        """Run shell lines in a container, as one script; give all that it said."""
        return self.docker("run", "--rm", "-i", image, "sh", "-c", f"exec 2>&1\n{lines}", fine=False).stdout.strip()

    def inspect(self, thing: str) -> dict[str, Any]:
        """Look at an image or a container."""
        attrs: dict[str, Any] = json.loads(self.docker("inspect", thing).stdout)[0]
        return attrs

    @contextmanager
    def serving(self, image: str, *command: str, options: tuple[str, ...] = (), port: int = 80) -> Iterator[Server]:
        """Keep a container with a published port while the test looks at it."""
        started = self.docker("run", "-d", "-p", f"127.0.0.1::{port}", *options, image, *command)
        container = started.stdout.strip()
        try:
            published = self.docker("port", container, f"{port}/tcp").stdout.split(":")[-1]
            yield Server(self, container, int(published))
        finally:
            self.docker("rm", "-fv", container, fine=False)

    @contextmanager
    def built(self, folder: Path, *, program: str = "docker", buildkit: bool = False) -> Iterator[str]:
        """Build a folder, and take the image away again."""
        name = f"docker-101-test-{uuid.uuid4().hex[:12]}"
        environment = os.environ | {"DOCKER_BUILDKIT": "1" if buildkit else "0"}
        build = [program, "build", "-q", "--network", "none", "-t", name, str(folder)]
        done = subprocess.run(build, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr
        try:
            yield name
        finally:
            self.docker("rmi", "-f", name, fine=False)


class Server:
    """One running container with a published port."""

    def __init__(self, engine: Engine, container: str, port: int) -> None:
        self.engine, self.container, self.port = engine, container, port

    def get(self, path: str = "/") -> tuple[int, str]:
        """Fetch a page as soon as the server answers."""
        deadline = time.monotonic() + PATIENCE
        while True:
            asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                asking.request("GET", path)
                answer = asking.getresponse()
                return answer.status, answer.read().decode()
            except (OSError, http.client.HTTPException):
                assert time.monotonic() < deadline, self.logs()
                assert self.engine.inspect(self.container)["State"]["Running"], self.logs()
            finally:
                asking.close()

    def logs(self) -> tuple[str, str]:
        """Give what it said on standard output and on standard error."""
        told = self.engine.docker("logs", self.container)
        return told.stdout, told.stderr

    def inside(self, lines: str) -> str:
        """Run shell lines inside it."""
        return self.engine.docker("exec", self.container, "sh", "-c", lines, fine=False).stdout.strip()


@pytest.fixture(scope="session")
def engine() -> Engine:
    return Engine()


@pytest.fixture(scope="session")
def names(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """From the base image's name to the name of its stand-in, freshly made for this run."""
    if cannot := packages.available():
        pytest.skip(f"no stand-ins here: {cannot}")
    mark = uuid.uuid4().hex[:12]
    given = {name: f"docker-101-test-{name.split(':')[0]}:{mark}" for name in making.RECIPES}
    archive = tmp_path_factory.mktemp("standins") / "standins.tar"
    making.make(archive, given, lambda _: None)
    engine.docker("load", "-q", "-i", str(archive))
    archive.unlink()
    yield given
    engine.docker("rmi", "-f", *given.values(), fine=False)


@pytest.fixture(scope="session")
def busybox(names: dict[str, str]) -> str:
    return names["busybox"]


@pytest.fixture(scope="session")
def nginx(names: dict[str, str]) -> str:
    return names["nginx:mainline-alpine"]
