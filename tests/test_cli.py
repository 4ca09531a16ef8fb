"""The workshop knows before a build which builder `docker build` will use."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from workshop.engine import cli, endpoint
from workshop.trouble import MachineTrouble

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMANDS = sorted({path for folder in ("/usr/local/bin", "/usr/bin") if (path := shutil.which("docker", path=folder))})


@pytest.fixture(autouse=True)
def _no_memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("DOCKER_BUILDKIT", raising=False)
    cli.forget()
    yield
    cli.forget()


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """Make the smallest thing that can be built with no base image."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    return tmp_path


def use(monkeypatch: pytest.MonkeyPatch, folder: Path, command: str) -> None:
    """Make `docker` mean this one of the commands on this machine."""
    place = folder / "bin"
    place.mkdir()
    (place / "docker").symlink_to(command)
    monkeypatch.setenv("PATH", f"{place}{os.pathsep}{os.environ['PATH']}")


def add_buildx(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    (folder / "cli-plugins").mkdir()
    (folder / "cli-plugins" / "docker-buildx").write_text("#!/bin/sh\n")
    (folder / "cli-plugins" / "docker-buildx").chmod(0o755)


@pytest.mark.skipif(not COMMANDS, reason="the docker commands are elsewhere on this system")
@pytest.mark.parametrize("asked", ["", "0", "1"])
@pytest.mark.parametrize("command", COMMANDS)
def test_the_foretold_builder_is_the_one_that_builds(
    monkeypatch: pytest.MonkeyPatch, context: Path, command: str, asked: str
) -> None:
    use(monkeypatch, context, command)
    if asked:
        monkeypatch.setenv("DOCKER_BUILDKIT", asked)
    told = None
    with contextlib.suppress(MachineTrouble):
        told = cli.builder()
    name = context / "image"
    built = subprocess.run(
        ["docker", "build", "--no-cache", "--label", "workshop=docker-101", "--iidfile", name, context],
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode == 0:
        subprocess.run(["docker", "rmi", "--force", name.read_text()], capture_output=True, check=True)
    said = built.stdout + built.stderr
    did = None if built.returncode else "classic" if "Step 1/" in said else "buildkit"
    assert did == told, said


def test_the_reason_names_what_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_BUILDKIT", "0")
    assert cli.choice() == cli.Choice("classic", "DOCKER_BUILDKIT=0 switches BuildKit off")


def test_a_value_that_the_docker_command_refuses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_BUILDKIT", "yes please")
    with pytest.raises(MachineTrouble, match="refuses"):
        cli.builder()


def test_a_buildx_plugin_in_the_users_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli.find().number > (0, 0)
    add_buildx(tmp_path, monkeypatch)
    assert cli.buildx() == tmp_path / "cli-plugins" / "docker-buildx"
    monkeypatch.setenv("DOCKER_BUILDKIT", "1")
    assert cli.builder() == "buildkit"


def test_the_buildx_driver_is_read_from_the_chosen_builder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli.buildx_driver() is None or cli.buildx() is not None
    cli.forget()
    add_buildx(tmp_path, monkeypatch)
    monkeypatch.delenv("BUILDX_BUILDER", raising=False)
    assert cli.buildx_driver() == "docker"
    (tmp_path / "buildx" / "instances").mkdir(parents=True)
    (tmp_path / "buildx" / "instances" / "room").write_text('{"Name": "room", "Driver": "docker-container"}')
    (tmp_path / "buildx" / "current").write_text('{"Key": "x", "Name": "room", "Global": false}')
    assert cli.buildx_driver() == "docker-container"


def test_an_engine_that_prefers_buildkit_decides_for_an_old_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "find", lambda: cli.Cli("docker", "20.10.24"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    for preference, builder in (("2", "buildkit"), ("1", "classic")):
        cli.choice.cache_clear()
        monkeypatch.setattr(endpoint, "ping", lambda _, said=preference: {"builder-version": said})
        assert cli.builder() == builder
    monkeypatch.undo()
