"""What the tests stand on: the real engine, a copy of the repository, and strangers that must not be touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import docker
import pytest
from docker.models.containers import Container

from workshop.engine import cli, labels
from workshop.trouble import MachineTrouble

ROOT = Path(__file__).resolve().parent.parent
NOT_COPIED = (".venv", ".git", ".workshop", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis")
KNOWN = ("wrong", "right", "recordings")
"""Folders that stay empty in a copy: known answers and error texts, which only the tests read."""
BUILDERS = ("classic", "buildkit")


@pytest.fixture(scope="session")
def engine() -> docker.DockerClient:
    """Give a client of the real engine; without one the test is skipped, or in CI fails."""
    from workshop.engine import api

    try:
        return api.connect()
    except MachineTrouble as trouble:
        said = f"{trouble.what} {trouble.why} `./invoke setup` may help."
        if os.environ.get("CI"):
            pytest.fail(f"CI must have an engine. {said}", pytrace=False)
        pytest.skip(said)


@pytest.fixture(scope="session")
def strangers(engine: docker.DockerClient) -> Iterator[None]:
    """Let things stand by that are not the workshop's, and see that they are untouched at the end."""
    mark = f"stranger-{os.getpid()}"
    running = engine.containers.run("busybox", ["sleep", "3600"], name=f"{mark}-running", detach=True, init=True)
    stopped = engine.containers.create("busybox", ["true"], name=f"{mark}-stopped", labels={"workshop": "another"})
    engine.images.get("busybox").tag(mark)
    volume = engine.volumes.create(mark)
    network = engine.networks.create(mark)
    before = _looks(running, stopped)
    yield
    assert _looks(running, stopped) == before, "a container that is not the workshop's was touched"
    assert engine.images.get(mark)
    assert engine.volumes.get(mark)
    assert engine.networks.get(str(network.id))
    for container in (running, stopped):
        container.remove(force=True)
    engine.images.remove(mark)
    volume.remove()
    network.remove()


def _looks(*containers: Container) -> list[tuple[str, str, str]]:
    for container in containers:
        container.reload()
    return [(one.id or "", one.name or "", one.attrs["State"]["StartedAt"]) for one in containers]


def _buildkit_cli() -> Path | None:
    """Find a docker command whose builder is BuildKit: one with buildx, or one older than 23 that has it built in."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        program = Path(folder, "docker")
        if not program.is_file():
            continue
        said = subprocess.run(
            [program, "version", "-f", "{{.Client.Version}}"], capture_output=True, text=True, check=False
        )
        if said.stdout.split(".")[0].isdigit() and int(said.stdout.split(".")[0]) < 23:
            return program
        if subprocess.run([program, "buildx", "version"], capture_output=True, check=False).returncode == 0:
            return program
    return None


@pytest.fixture(params=BUILDERS)
def builder(
    request: pytest.FixtureRequest, engine: docker.DockerClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[str]:
    """Let `docker build` use this builder, for the test and all that it starts."""
    name = str(request.param)
    use_builder(name, monkeypatch, tmp_path)
    yield name
    cli.forget()


def use_builder(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Choose the builder of every `docker build` from here on."""
    if name == "buildkit":
        program = _buildkit_cli()
        if program is None:
            said = "no docker command here has BuildKit"
            if os.environ.get("CI"):
                pytest.fail(said, pytrace=False)
            pytest.skip(said)
        tools = tmp_path / "buildkit-cli"
        tools.mkdir()
        (tools / "docker").symlink_to(program)
        monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("DOCKER_BUILDKIT", "1" if name == "buildkit" else "0")
    cli.forget()


def give_environment(root: Path) -> None:
    """Give the copy the .venv that this test runs in, so that `./invoke` need not fetch one."""
    venv = root / ".venv"
    venv.mkdir()
    for one in ("bin", "lib", "pyvenv.cfg"):
        (venv / one).symlink_to(Path(sys.prefix, one))
    (venv / "ready").write_text(f"{root}\n")


@dataclass
class Checkout:
    """A copy of the repository, in which the tasks are run as a learner would run them."""

    root: Path
    env: dict[str, str] = field(default_factory=dict)

    def _typed(self, words: Sequence[str]) -> list[str]:
        return [sys.executable, str(Path(sys.executable).with_name("invoke")), "--search-root", str(self.root), *words]

    def _surroundings(self) -> dict[str, str]:
        return {**os.environ, "PYTHONUTF8": "1", **self.env}

    def start(self, *words: str, output: IO[bytes] | int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """Start `invoke` with these words beside the test, with nothing on standard input."""
        return subprocess.Popen(
            self._typed(words),
            cwd=self.root,
            env=self._surroundings(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )

    def invoke(
        self, *words: str, cwd: Path | None = None, timeout: float = 120, typed: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `invoke` with these words; `typed` is what comes on standard input (else nothing)."""
        done = subprocess.run(
            self._typed(words),
            cwd=cwd or self.root,
            env=self._surroundings(),
            input=typed if typed is not None else "",
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        return done

    def docker(self, *words: str) -> str:
        """Run a `docker` command, which must succeed."""
        return subprocess.run(["docker", *words], capture_output=True, text=True, check=True, cwd=self.root).stdout

    def containers(self) -> list[str]:
        """List the containers that this copy made, stopped ones too."""
        label = f"label={labels.STARTED}={labels.checkout_id(self.root)}"
        return self.docker("ps", "-aq", "--no-trunc", "-f", label).split()


@pytest.fixture
def checkout(tmp_path: Path, engine: docker.DockerClient, strangers: None) -> Iterator[Checkout]:
    """Give a copy of the repository with names of its own; what it made is gone afterwards."""
    root = tmp_path / "a copy"
    copy_repository(root)
    mark = f"test-{os.getpid()}-{abs(hash(tmp_path)) % 10_000}"
    copy = Checkout(
        root,
        {"INVOKE_WORKSHOP_IMAGE": f"banana-smith-image-{mark}", "INVOKE_WORKSHOP_CONTAINER": f"banana-smith-{mark}"},
    )
    yield copy
    mine = f"{labels.CHECKOUT}={labels.checkout_id(root)}"
    if engine.containers.list(all=True, filters={"label": mine}) or engine.images.list(filters={"label": mine}):
        copy.invoke("cleanup", "--all", "--yes")


def copy_repository(root: Path) -> None:
    """Copy what a learner uses of the repository, without what a run leaves in it; all of it would take much longer."""
    unused = shutil.ignore_patterns(*NOT_COPIED)

    def left_out(folder: str, names: list[str]) -> set[str]:
        return set(names) if Path(folder).name in KNOWN else unused(folder, names)

    shutil.copytree(ROOT, root, symlinks=True, ignore=left_out)


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """Wait until something is so, at most half a minute."""
    from workshop.judging.running import until

    def wait(so: Callable[[], bool]) -> None:
        assert until(lambda: so() or None, 30), "did not become true within 30 seconds"

    return wait
