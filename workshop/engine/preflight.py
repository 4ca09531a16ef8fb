"""Why no engine answers: not installed, not running, no permission, a wrong address … and the fix for each."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workshop.trouble import MachineTrouble

from . import cli, endpoint, machine, remedies, symptoms

if TYPE_CHECKING:
    from .cli import Builder, Cli
    from .endpoint import Endpoint
    from .symptoms import Kind

CLI_WITHIN = 5
"""Seconds `docker version` may take to hear from the engine; it needs about 0.02."""


@dataclass(frozen=True)
class Engine:
    """The engine that answers, and the command that talks to it."""

    endpoint: Endpoint
    product: str
    """Such as "Docker Engine", "Docker Desktop", "Podman"."""
    version: str
    api: str
    api_minimum: str
    os: str
    """What its containers are: "linux" or "windows"."""
    arch: str
    """As images name it: amd64, arm64."""
    rootless: bool
    root: str
    """The folder on the engine's machine in which it keeps images."""
    storage: str
    """The storage driver, such as overlay2 or vfs."""
    containerd_store: bool
    """True where images live in containerd: sizes and ids look different there."""
    cli: Cli
    proxy: str
    """The proxy that the engine pulls through; empty without one."""
    builder: Builder | None
    """None when `docker build` would refuse to work; `builder_why` says why."""
    builder_why: str

    @property
    def platform(self) -> str:
        """Such as linux/arm64."""
        return f"{self.os}/{self.arch}"


def look(within: int | None = None) -> Engine:
    """Ask the engine and the docker command what they are; about 50 ms.

    `within`, in seconds, bounds each answer, over a connection of its own: for those who must know soon.

    Raises:
        MachineTrouble: no engine answers, or it and the docker command do not get along.

    """
    from . import api  # knows the SDK; imports this module when it fails

    at = endpoint.where()
    command = cli.find()
    client = api.connect() if within is None else api.fresh(within)
    try:
        version, info = client.version(), client.info()
    except Exception as error:
        raise explain(error) from error
    finally:
        if within is not None:
            client.close()
    if info.get("ServerErrors"):
        raise trouble("server-errors", why="; ".join(map(str, info["ServerErrors"])))
    _let_the_command_ask(command, within or CLI_WITHIN)
    if info.get("OSType") == "windows":
        raise trouble("windows-containers")
    builder, why = _builder()
    security = info.get("SecurityOptions") or []
    status = {str(row[0]): str(row[1]) for row in info.get("DriverStatus") or [] if len(row) > 1}
    return Engine(
        endpoint=at,
        product=_product(version, info),
        version=str(version.get("Version", "")),
        api=str(version.get("ApiVersion", "")),
        api_minimum=str(version.get("MinAPIVersion", "")),
        os=str(version.get("Os", "")),
        arch=str(version.get("Arch", "")),
        rootless=any("rootless" in str(option) for option in security),
        root=str(info.get("DockerRootDir", "")),
        storage=str(info.get("Driver", "")),
        containerd_store="containerd.snapshotter" in status.get("driver-type", ""),
        proxy=str(info.get("HttpsProxy") or info.get("HttpProxy") or ""),
        cli=command,
        builder=builder,
        builder_why=why,
    )


def explain(error: BaseException | str) -> MachineTrouble:
    """Turn what the SDK, python-on-whales or a docker command raised or printed into what is wrong here."""
    if isinstance(error, MachineTrouble):
        return error
    kind = symptoms.kind_of(error)
    if kind == "engine-hangs" and not endpoint.where().here:
        kind = "wrong-context"  # a far address that swallows calls is more often wrong than slow
    return trouble(kind, why=symptoms.own_words(error))


def trouble(kind: Kind, *, why: str = "", on: machine.Machine | None = None) -> MachineTrouble:
    """Make the trouble of a kind, with the fix for this machine (or for `on`); `why` is what was said."""
    at = endpoint.where()
    here = on or machine.this_machine()
    if at.missing and kind in ("not-running", "wrong-context", "unknown"):
        return _elsewhere(f'The Docker context "{at.context}" does not exist.', f"{at.said_by} names it.", at, here)
    if kind == "not-running":
        return _not_running(at, here, why)
    if kind == "wrong-context":
        return _elsewhere(f"No Docker engine answers at {at.url}.", f"That is {at.chosen()}. {why}", at, here)
    if kind == "no-cli" and endpoint.ping(at.url) is not None:  # a container with the engine's socket, for one
        because = f"An engine answers at {at.url}, but the command that talks to it is not on your PATH."
        install = "Install the docker command alone (packages docker-cli or docker-ce-cli): https://docs.docker.com/engine/install/"
        return MachineTrouble("There is no docker command on this machine.", kind=kind, why=because, fix=install)
    what, because, fix = _plain(kind, at, here)
    return MachineTrouble(what, kind=kind, why=" ".join(filter(None, (because, why))), fix=fix)


def _not_running(at: Endpoint, here: machine.Machine, why: str) -> MachineTrouble:
    """Nothing listens: installed and off, never installed, or the address is not where the engine is."""
    if shutil.which("docker") is None and at.source == "default" and not here.dockerd:
        return trouble("no-cli", on=here)
    answering = endpoint.neighbours(at.url)
    known = machine.product_at(at.url)
    if answering or (at.source != "default" and known is None):
        return _elsewhere(f"No Docker engine answers at {at.url}.", f"That is {at.chosen()}.", at, here, answering)
    name = known or "Docker"
    because = f"Nothing listens at {at.url} ({at.chosen()})."
    if here.system == "linux" and not here.dockerd and known is None and not here.products:
        because += " The docker command is here, but no engine is installed."
    del why  # "no such file" and "connection refused" both mean: nothing listens
    return MachineTrouble(f"{name} is not running.", kind="not-running", why=because, fix=remedies.start(here, at))


def _elsewhere(
    what: str, why: str, at: Endpoint, here: machine.Machine, answering: dict[str, str] | None = None
) -> MachineTrouble:
    found = endpoint.neighbours(at.url) if answering is None else answering
    if at.url.startswith("ssh://"):
        why += " The workshop opens what a container publishes, so its engine must be on this machine, not behind ssh."
    fix = remedies.elsewhere(here, at, found)
    return MachineTrouble(what, kind="wrong-context", why=why.strip(), fix=fix)


def _plain(kind: Kind, at: Endpoint, here: machine.Machine) -> tuple[str, str, list[str]]:
    """Say what, why and fix of the kinds that need no further look at the machine."""
    pinned = os.environ.get("DOCKER_API_VERSION")
    unpin = ["unset DOCKER_API_VERSION" if here.system != "windows" else "Remove-Item Env:DOCKER_API_VERSION"]
    restart = remedies.restart(here, at)
    if kind == "no-permission":
        member, group = _docker_group(here.user)
        because = f"The engine listens at {at.url}, and your user may not open that."
        if member:
            because += " You are in the group docker, but you logged in before that."
        return (
            "Docker is running, but you may not use it.",
            because,
            remedies.permission(here, member=member, group=group),
        )
    rows: dict[str, tuple[str, str, list[str]]] = {
        "no-cli": (
            "There is no docker command on this machine.",
            "`docker` is not in any folder of your PATH.",
            remedies.install(here),
        ),
        "api-too-old": (
            "The engine is too old for the docker command or library here.",
            f"DOCKER_API_VERSION={pinned} asks for what the engine can't speak." if pinned else "",
            unpin if pinned else ["Update the engine to 20.10 or newer. Version 29 of the command needs 25 or newer."],
        ),
        "api-too-new": (
            "The engine no longer speaks to a docker command or library as old as the one here.",
            f"DOCKER_API_VERSION={pinned} asks for what the engine has given up." if pinned else "",
            unpin if pinned else ["Update the docker command to 25 or newer: https://docs.docker.com/engine/install/"],
        ),
        "server-errors": ("The engine answers, but only with an error.", "", restart),
        "engine-hangs": ("The engine takes the call and never answers.", f"It was called at {at.url}.", restart),
        "engine-died": (
            "The engine hung up in the middle of a call.",
            "It may have crashed or been restarted.",
            restart,
        ),
        "windows-containers": (
            "The engine runs Windows containers; this workshop needs Linux ones.",
            "Docker Desktop was switched over.",
            ["In the menu of Docker Desktop's icon: Switch to Linux containers"],
        ),
        "unknown": ("Docker says something that the workshop does not know.", "", ["docker version", "docker info"]),
    }
    return rows[kind]


def _docker_group(user: str) -> tuple[bool, bool]:
    """Is `user` listed in the group docker, and is there such a group? Both look at the file, not at this login."""
    try:
        import grp  # not on Windows

        return user in grp.getgrnam("docker").gr_mem, True
    except ImportError:
        return False, True
    except KeyError:
        return False, False


def _let_the_command_ask(command: cli.Cli, within: int) -> None:
    """Let the docker command itself ask the engine: it may refuse what the SDK puts up with."""
    try:
        asked = subprocess.run(
            [command.path, "version", "--format", "{{.Server.APIVersion}}"],
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise explain(error) from error
    if asked.returncode != 0:
        raise explain(asked.stderr or asked.stdout)


def _builder() -> tuple[Builder | None, str]:
    try:
        choice = cli.choice()
    except MachineTrouble as error:
        return None, error.why
    return choice.builder, choice.why


def _product(version: dict[str, Any], info: dict[str, Any]) -> str:
    components = " ".join(str(part.get("Name")) for part in version.get("Components") or [])
    described = f"{info.get('OperatingSystem')} {info.get('Name')} {(version.get('Platform') or {}).get('Name')}"
    if "Podman" in components:
        return "Podman"
    for name in ("Docker Desktop", "OrbStack", "Rancher Desktop", "Colima"):
        if name.lower() in described.lower():
            return name
    return "Rancher Desktop" if "lima-rancher-desktop" in described else "Docker Engine"
