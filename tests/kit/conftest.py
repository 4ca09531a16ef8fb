"""An engine of the tests' own behind a cut network: in a namespace of Linux's with no way out, and nothing on it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.second_engine import let_go
from workshop import places
from workshop.engine import endpoint, machine
from workshop.judging.running import until

UP_WITHIN = 60
"""Seconds for the engine to answer; it takes two, and ten on a busy machine."""
WITHIN = 600
"""Seconds for one command; all solutions take half a minute, and many times that beside other work."""
ADDRESS = "172.31.0.1"
"""The address of this machine in the room: on a bridge that leads nowhere."""


@dataclass
class Cut:
    """The engine, and the way to run programs beside it: they see what it sees, and that is nobody."""

    process: subprocess.Popen[bytes]
    host: str
    env: dict[str, str] = field(default_factory=dict)

    def words(self, *words: str | Path) -> list[str]:
        """Write a command that runs behind the cut."""
        return ["nsenter", f"--net=/proc/{self.process.pid}/ns/net", *map(str, words)]

    def environment(self, **more: str) -> dict[str, str]:
        """Give what makes `docker` and the tasks talk to this engine."""
        return os.environ | {"DOCKER_HOST": self.host, "PYTHONUTF8": "1"} | self.env | more

    def invoke(self, *words: str | Path, root: Path = places.ROOT, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a task of the copy at `root`, behind the cut; `more` goes into its environment."""
        program = Path(sys.executable).with_name("invoke")
        done = subprocess.run(
            self.words(sys.executable, program, "--search-root", root, *words),
            cwd=root,
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WITHIN,
            check=False,
        )
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        return done

    def docker(self, *words: str | Path) -> str:
        """Run a `docker` command, which must succeed."""
        command = self.words("docker", *words)
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=self.environment())
        assert done.returncode == 0, done.stderr
        return done.stdout

    def images(self) -> dict[str, str]:
        """Give the IDs of the images that have a name, by name."""
        lines = self.docker("images", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}").splitlines()
        return {name: its_id for name, its_id in (line.split() for line in lines) if "<none>" not in name}

    def clear(self) -> None:
        """Take away all that is on it."""

        def no_container() -> bool:
            for one in self.docker("ps", "-aq").split():  # what a test left is perhaps being removed already
                command = self.words("docker", "rm", "-f", "-v", one)
                subprocess.run(command, capture_output=True, check=False, env=self.environment())
            return not self.docker("ps", "-aq")

        assert until(no_container, UP_WITHIN)
        for _ in range(3):  # an image goes after those that were made from it
            if found := self.docker("images", "-aq").split():
                command = self.words("docker", "rmi", "-f", *set(found))
                subprocess.run(command, capture_output=True, check=False, env=self.environment())
        assert not self.docker("images", "-aq")


@pytest.fixture(scope="session")
def cut_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cut]:
    tools = all(shutil.which(one) for one in ("unshare", "nsenter", "ip"))
    if sys.platform != "linux" or os.geteuid() != 0 or machine.find_dockerd() is None or not tools:
        pytest.skip("starts an engine behind a cut network, which takes Linux, root, dockerd, ip and util-linux")
    home = tmp_path_factory.mktemp("cut")
    host = f"unix://{home}/docker.sock"
    (home / "none.json").write_text("{}")
    options = {
        "host": host,
        "data-root": home / "data",
        "exec-root": home / "exec",
        "pidfile": home / "docker.pid",
        "config-file": home / "none.json",
    }
    dockerd = [str(machine.find_dockerd()), *(f"--{name}={value}" for name, value in options.items())]
    network = (
        "ip link set lo up && ip link add room type bridge && ip link set room up && "
        f'ip addr add {ADDRESS}/16 dev room && exec "$@"'
    )
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(["unshare", "--net", "sh", "-c", network, "sh", *dockerd], stdout=log, stderr=log)
    try:
        answer = until(lambda: process.poll() is not None or endpoint.ping(host), UP_WITHIN)
        assert process.poll() is None, (home / "log").read_text()[-2000:]
        assert answer, "no answer in time"
        yield Cut(process, host)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        process.kill()
        process.wait()
        let_go(home)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def cut(cut_engine: Cut) -> Cut:
    """Give the engine with nothing on it."""
    cut_engine.clear()
    cut_engine.env.clear()
    return cut_engine
