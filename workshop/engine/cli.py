"""Which `docker` command is here, and which builder `docker build` will use."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workshop.trouble import MachineTrouble

from . import endpoint

ANSWER_WITHIN = 5
"""Seconds `docker --version` may take; it asks nobody and needs about 0.02."""
BUILDKIT_BY_DEFAULT = (23, 0)
"""The first version of the command that wants BuildKit, through the buildx plugin, when nobody says otherwise."""

Builder = Literal["buildkit", "classic"]


@dataclass(frozen=True)
class Cli:
    """The docker command."""

    path: str
    version: str
    """Such as 28.2.2; empty when it could not be read."""

    @property
    def number(self) -> tuple[int, int]:
        """Major and minor; (0, 0) when the version could not be read."""
        found = re.match(r"(\d+)\.(\d+)", self.version)
        return (int(found[1]), int(found[2])) if found else (0, 0)


@dataclass(frozen=True)
class Choice:
    """The builder that `docker build` will use, and why."""

    builder: Builder
    why: str


@functools.cache
def find() -> Cli:
    """Find the docker command on PATH; one call of `docker --version`, once.

    Raises:
        MachineTrouble: there is none (kind "no-cli"), or it does not run.

    """
    path = shutil.which("docker")
    from . import preflight  # only needed when something is wrong; imports this module

    if path is None:
        raise preflight.trouble("no-cli")
    try:
        # even --version fails when DOCKER_BUILDKIT holds nonsense, and that is a trouble of its own (see choice)
        calm = {name: value for name, value in os.environ.items() if name != "DOCKER_BUILDKIT"}
        shown = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=ANSWER_WITHIN, check=True, env=calm
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise MachineTrouble(
            f"The docker command at {path} does not run.",
            kind="no-cli",
            why=str(error),
            fix="Install Docker again: https://docs.docker.com/get-started/get-docker/",
        ) from error
    number = re.search(r"version v?(\d[\w.+~-]*)", shown.stdout)
    return Cli(path, number[1] if number else "")


def builder() -> Builder:
    """Tell which builder a plain `docker build` uses here.

    Raises:
        MachineTrouble: there is no docker command, or it would refuse to build (kind "no-builder").

    """
    return choice().builder


@functools.cache
def choice() -> Choice:
    """Like `builder`, with the reason; looked up once.

    Raises:
        MachineTrouble: there is no docker command, or it would refuse to build (kind "no-builder").

    """
    cli = find()
    plugin = buildx()
    asked = os.environ.get("DOCKER_BUILDKIT", "")
    if asked:
        wanted = _truth(asked)
        if not wanted:
            return Choice("classic", f"DOCKER_BUILDKIT={asked} switches BuildKit off")
        if plugin or cli.number < BUILDKIT_BY_DEFAULT:
            return Choice("buildkit", f"DOCKER_BUILDKIT={asked} switches BuildKit on")
        raise MachineTrouble(
            "`docker build` refuses to work here.",
            kind="no-builder",
            why=f"DOCKER_BUILDKIT={asked} asks for BuildKit; docker {cli.version} finds no buildx plugin for it.",
            fix=[
                "Take DOCKER_BUILDKIT out of your environment: `unset DOCKER_BUILDKIT`"
                if sys.platform != "win32"
                else "Take DOCKER_BUILDKIT out of your environment: `set DOCKER_BUILDKIT=`",
                "Or install the plugin: https://docs.docker.com/go/buildx/",
            ],
        )
    if cli.number < BUILDKIT_BY_DEFAULT:
        if "builder" in endpoint.config().get("aliases", {}) or _engine_prefers_buildkit():
            return Choice("buildkit", f"docker {cli.version} does what the engine prefers, and that is BuildKit")
        return Choice("classic", f"docker {cli.version} uses BuildKit only when DOCKER_BUILDKIT=1 asks for it")
    if plugin:
        return Choice("buildkit", f"docker {cli.version} has the buildx plugin ({plugin})")
    return Choice(
        "classic", f"docker {cli.version} finds no buildx plugin; it says that the classic builder is deprecated"
    )


@functools.cache
def buildx() -> Path | None:
    """Find the buildx plugin where the docker command looks for plugins; None without one.

    Reads folders instead of running `docker buildx version`: that would cost 50 ms where the plugin is.
    """
    name = "docker-buildx.exe" if sys.platform == "win32" else "docker-buildx"
    for folder in plugin_folders():
        file = folder / name
        if file.is_file() and os.access(file, os.X_OK):
            return file
    return None


def buildx_driver() -> str | None:
    """Name the driver of the current buildx builder: "docker", or e.g. "docker-container"; None without buildx.

    A build by another driver than "docker" stays out of `docker images` unless --load is given.
    """
    if buildx() is None:
        return None
    named = os.environ.get("BUILDX_BUILDER")
    store = Path(os.environ.get("BUILDX_CONFIG") or endpoint.config_folder() / "buildx")
    try:
        current = named or json.loads((store / "current").read_text(encoding="utf-8")).get("Name") or ""
        instance = json.loads((store / "instances" / current).read_text(encoding="utf-8")) if current else {}
    except (OSError, ValueError, AttributeError):
        return "docker"  # no builder was made or chosen: each context has one of its own, with this driver
    return str(instance.get("Driver") or "docker")


def plugin_folders() -> list[Path]:
    """List the folders in which the docker command looks for plugins, in its order."""
    extra = endpoint.config().get("cliPluginsExtraDirs")
    folders = [endpoint.config_folder() / "cli-plugins"]
    folders += [Path(folder) for folder in extra if isinstance(folder, str)] if isinstance(extra, list) else []
    if sys.platform == "win32":
        roots = [os.environ.get("ProgramData"), os.environ.get("ProgramFiles")]  # noqa: SIM112  # Windows spells them so
        return folders + [Path(root) / "Docker" / "cli-plugins" for root in roots if root]
    return folders + [
        Path(root) / "docker" / "cli-plugins"
        for root in ("/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec")
    ]


def _engine_prefers_buildkit() -> bool:
    return (endpoint.ping(endpoint.where().url) or {}).get("builder-version") == "2"


def _truth(text: str) -> bool:
    """Read a boolean as the docker command does (Go's ParseBool); what it can't read, it refuses."""
    if text in ("1", "t", "T", "TRUE", "true", "True"):
        return True
    if text in ("0", "f", "F", "FALSE", "false", "False"):
        return False
    raise MachineTrouble(
        "`docker build` refuses to work here.",
        kind="no-builder",
        why=f"DOCKER_BUILDKIT is {text!r}; it must be 0 or 1.",
        fix="Set it to 0 or 1, or take it out of your environment.",
    )


@contextlib.contextmanager
def using(wanted: Builder | None) -> Iterator[Builder]:
    """Let `docker build` use this builder inside the block, by the first docker command on PATH that has it.

    None leaves everything as it is. Gives the builder that is used then.

    Raises:
        MachineTrouble: no docker command here has that builder (kind "no-builder").

    """
    if wanted is None:
        yield builder()
        return
    before = {name: os.environ.get(name) for name in ("PATH", "DOCKER_BUILDKIT")}
    try:
        os.environ["DOCKER_BUILDKIT"] = "1" if wanted == "buildkit" else "0"
        for folder in ["", *(before["PATH"] or "").split(os.pathsep)]:
            if folder and not shutil.which("docker", path=folder):
                continue
            os.environ["PATH"] = os.pathsep.join(part for part in (folder, before["PATH"]) if part)
            forget()
            with contextlib.suppress(MachineTrouble):
                if builder() == wanted:
                    break
        else:
            raise MachineTrouble(
                f"No docker command here builds with {wanted}.",
                kind="no-builder",
                why="BuildKit needs the buildx plugin, or a docker command older than 23.",
                fix="https://docs.docker.com/go/buildx/",
            )
        yield wanted
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        forget()


def forget() -> None:
    """Look again at the next call: the command or its plugins may just have been installed."""
    find.cache_clear()
    choice.cache_clear()
    buildx.cache_clear()
