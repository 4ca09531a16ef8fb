"""Get an engine where none answers: on Debian and Ubuntu from the distribution, elsewhere by saying how."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from workshop.trouble import MachineTrouble

from . import api, cli, endpoint, machine, remedies
from .daemon import Daemon

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

from workshop.places import LOGS

INSTALL_WITHIN = 900
"""Seconds for one apt-get; docker.io with what it needs is about 70 MB to fetch."""
START_WITHIN = 120
"""Seconds for `systemctl start docker`; systemd itself gives up after 90."""

NEEDED = ("docker.io", "iptables", "ca-certificates")
"""The engine, what it publishes ports with, and what it trusts registries by. Only recommended, so named here."""
WELCOME = ("docker-buildx",)
"""Installed where the distribution has it: without it the docker command builds with the old builder."""


def ensure_engine(
    say: Callable[[str], None], *, ask: Callable[[str], bool], daemon: Daemon | None = None, logs: Path = LOGS
) -> bool:
    """Make sure that an engine answers; True when that changed something on this machine.

    The engine that answers is used. Where none is installed or it is off, on Debian and Ubuntu with root or
    password-less sudo, docker.io is installed and started, once `ask` has said yes to a question in one line. Nothing
    is started where an engine runs already. `say` gets one line for each thing done. `daemon` is the engine to start,
    when it is not the usual one of this machine.

    Raises:
        MachineTrouble: no engine answers, and it is not ours to change that, or `ask` said no, or it did not work.

    """
    trouble = _trouble()
    if trouble is None:
        return False
    ours = daemon or Daemon(logs)
    here = machine.this_machine()
    sudo = _sudo()
    if not _may_fix(trouble, ours, here) or sudo is None:
        raise trouble
    if ours.process() is not None:
        say("An engine is starting already; waiting for it to answer.")
        ours.wait()
        _check_it_is_ours_to_use()
        return False
    packages = _packages(here)
    if packages is None:
        raise trouble
    if not ask(_question(packages)):
        raise trouble
    if packages:
        _install(packages, sudo, logs, say)
    _start(ours, sudo, here, say)
    _let_in(sudo, here, say)
    _check_it_is_ours_to_use()
    return True


def _trouble() -> MachineTrouble | None:
    """Find what keeps the engine and the command from working; None when they do."""
    api.connect.cache_clear()
    cli.forget()
    try:
        api.connect()
        cli.find()
    except MachineTrouble as trouble:
        return trouble
    return None


def _may_fix(trouble: MachineTrouble, ours: Daemon, here: machine.Machine) -> bool:
    """Tell whether an engine is missing or off where ours would listen; never so beside one that answers."""
    if here.system not in ("linux", "wsl") or (here.products and not ours.arguments):
        return False
    if endpoint.where().url != ours.host or ours.answers():
        return False
    return trouble.kind in ("not-running", "no-cli") or (trouble.kind == "wrong-context" and bool(ours.arguments))


def _sudo() -> list[str] | None:
    """Choose what to put before a command that needs root; None when there is no way that asks no password."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ["sudo", "-n"] if asked.returncode == 0 else None


def _packages(here: machine.Machine) -> list[str] | None:
    """List the packages that are missing; empty when all is there, None when this system has other packages."""
    if here.dockerd and shutil.which("docker"):
        return []
    if not here.apt:
        return None
    extra = [*WELCOME] if cli.buildx() is None else []
    if shutil.which("docker") is None:
        extra.append("docker-cli")  # newer Debians have the command in a package of its own
    return [*NEEDED, *extra]


def _question(packages: Sequence[str]) -> str:
    if packages:
        return (
            f"No Docker engine is on this machine. Install {packages[0]} from the distribution's packages and start it?"
        )
    return "The Docker engine of this machine is not running. Start it?"


def _install(packages: Sequence[str], sudo: Sequence[str], logs: Path, say: Callable[[str], None]) -> None:
    log = logs / "apt.log"
    logs.mkdir(parents=True, exist_ok=True)
    say(f"Fetching the list of packages (log: {log}) ...")
    with log.open("wb") as out:
        # a failure here is not the end: the list may be good enough, and one foreign source in it may be out of order
        _apt(["update"], sudo, out.fileno())
        known = [name for name in packages if name in NEEDED or _is_known(name)]
        say(f"Installing {' '.join(known)} ...")
        # never at the price of another package: Debian's docker.io and Docker's own packages exclude each other
        done = _apt(["install", "--yes", "--no-install-recommends", "--no-remove", *known], sudo, out.fileno())
    if not done:
        last = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.startswith("E:")]
        raise MachineTrouble(
            "Docker could not be installed.",
            kind="not-installed",
            why="\n".join(last[-3:]) or "apt-get failed.",
            fix=[f"The whole log: {log}", remedies.INSTALL["linux"]],
        )


def _apt(arguments: Sequence[str], sudo: Sequence[str], log: int) -> bool:
    quiet = ["-qq", "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::http::Timeout=20", "-o", "Acquire::Retries=2"]
    command = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", "apt-get", *quiet, *arguments]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=INSTALL_WITHIN, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _is_known(package: str) -> bool:
    """Tell whether the distribution has a package of that name to install."""
    shown = subprocess.run(["apt-cache", "policy", package], capture_output=True, text=True, check=False).stdout
    return "Candidate:" in shown and "Candidate: (none)" not in shown


def _start(ours: Daemon, sudo: Sequence[str], here: machine.Machine, say: Callable[[str], None]) -> None:
    if ours.answers() or ours.process() is not None:  # the package's own script may have started it
        ours.wait()
        return
    if here.systemd and not ours.arguments:
        say("Starting Docker (systemctl start docker) ...")
        _systemctl_start(sudo)
    else:
        say(f"Starting Docker (dockerd, log: {ours.log}) ...")
        ours.start(sudo)
    ours.wait()


def _systemctl_start(sudo: Sequence[str]) -> None:
    try:
        started = subprocess.run(
            [*sudo, "systemctl", "start", "docker"], capture_output=True, text=True, timeout=START_WITHIN, check=False
        )
        said = started.stderr.strip() if started.returncode else ""
    except subprocess.TimeoutExpired:
        said = f"systemctl did not come back within {START_WITHIN} seconds."
    if said:
        raise MachineTrouble(
            "systemd could not start the Docker engine.", kind="engine-died", why=said, fix="journalctl -u docker -n 50"
        )


def _let_in(sudo: Sequence[str], here: machine.Machine, say: Callable[[str], None]) -> None:
    """Put the user into the group docker, as the package's notes say; it counts from the next login on."""
    if sudo and not endpoint.ping(endpoint.where().url):
        say(f"Adding {here.user} to the group docker ...")
        subprocess.run([*sudo, "usermod", "-aG", "docker", here.user], capture_output=True, check=False)


def _check_it_is_ours_to_use() -> None:
    """Raise what is still in the way; for a user who is new in the group docker, the login."""
    if trouble := _trouble():
        raise trouble
