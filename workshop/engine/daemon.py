"""One engine of this machine, started without systemd: is it there, start it, why did it die."""

from __future__ import annotations

import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workshop.trouble import MachineTrouble

from . import endpoint
from .machine import find_dockerd

if TYPE_CHECKING:
    from collections.abc import Sequence

UP_WITHIN = 60
"""Seconds a starting engine has to answer; it takes 1 to 3, and 10 on a machine that is busy."""
LOOK_EVERY = 0.05
"""Seconds between two looks while it starts."""
LAST_LINES = 8
"""Lines of a dead engine's log that are shown."""
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where an engine finds iptables, containerd and runc; a user's PATH may lack the sbin folders."""


@dataclass(frozen=True)
class Daemon:
    """How one engine is started and found again. The defaults are the engine of this machine."""

    logs: Path
    """Folder for `dockerd.log`."""
    host: str = endpoint.DEFAULT_SOCKET
    pidfile: Path = Path("/var/run/docker.pid")
    """Where the engine itself notes its process; an engine that systemd or an init script started does so too."""
    arguments: tuple[str, ...] = ()
    """More for dockerd's command line; empty for the engine of this machine."""

    @property
    def log(self) -> Path:
        """What the engine said since it was started here."""
        return self.logs / "dockerd.log"

    @property
    def started(self) -> Path:
        """The process that was started here; dockerd writes its own note only after its first checks."""
        return self.logs / "dockerd.pid"

    def answers(self) -> bool:
        """Tell whether it answers now. False too where the socket may not be opened."""
        return endpoint.ping(self.host) is not None

    def process(self) -> int | None:
        """Find the running process, whoever started it; None when there is none."""
        return self._process("dockerd")

    def _process(self, *names: str) -> int | None:
        for note in (self.pidfile, self.started):
            try:
                number = int(note.read_text(encoding="ascii"))
            except (OSError, ValueError):
                continue
            if _is_alive(number, names):
                return number
        return None

    def start(self, sudo: Sequence[str] = ()) -> None:
        """Start it in a session of its own, so that it outlives this process and its terminal; returns at once.

        Raises:
            MachineTrouble: there is no dockerd on this machine.

        """
        program = find_dockerd()
        if program is None:
            raise MachineTrouble("There is no engine to start: dockerd is not installed.", kind="not-running")
        self.logs.mkdir(parents=True, exist_ok=True)
        self.started.unlink(missing_ok=True)
        command = [program, *self.arguments] if self.arguments else [program]
        # sh notes its own number and becomes dockerd; setsid --fork makes it a child of process 1, as a service is
        note = 'echo $$ > "$0" && exec "$@"'
        with self.log.open("wb") as log:
            subprocess.run(
                [
                    *sudo,
                    "env",
                    f"PATH={SYSTEM_PATH}",
                    "setsid",
                    "--fork",
                    "sh",
                    "-c",
                    note,
                    str(self.started),
                    *command,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                check=True,
            )

    def wait(self, within: float = UP_WITHIN) -> None:
        """Wait until it listens and answers (to root at least), or has died.

        Raises:
            MachineTrouble: it died or did not answer in time; with its last lines and what they mean.

        """
        deadline = time.monotonic() + within
        socket_file = Path(self.host.removeprefix("unix://"))
        seen = False
        while time.monotonic() < deadline:
            if self.answers() or (os.geteuid() != 0 and socket_file.is_socket() and self.pidfile.exists()):
                return
            alive = self._process("dockerd", "sh") is not None  # it is sh in its first millisecond
            if (seen or self.started.exists()) and not alive and not self.answers():
                raise self._trouble("The Docker engine died while it started.")
            seen = seen or alive
            time.sleep(LOOK_EVERY)  # between two looks, under a deadline
        raise self._trouble(f"The Docker engine did not answer within {within:.0f} seconds.")

    def _trouble(self, what: str) -> MachineTrouble:
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            lines = []
        meaning, fix = why_it_died("\n".join(lines))
        fix = [*fix, f"The whole log: {self.log}"]
        last = "\n".join(["Its last lines:", *("  " + plain(line) for line in lines[-LAST_LINES:])]) if lines else ""
        return MachineTrouble(
            what,
            kind="engine-died",
            why="\n".join(filter(None, (meaning, last))),
            fix=[*fix, f"The whole log: {self.log}"],
        )


def plain(line: str) -> str:
    """Shorten a line of the engine's log to its message, without control characters."""
    message = re.search(r'msg="((?:[^"\\]|\\.)*)"', line)
    text = message[1].replace('\\"', '"') if message else line
    return re.sub(r"[\x00-\x1f\x7f]", " ", text)[:300]


def why_it_died(log: str) -> tuple[str, list[str]]:
    """Find in an engine's log what stopped it: the meaning and the fix; empty when no rule knows it."""
    for pattern, meaning, fix in _DEATHS:
        if re.search(pattern, log, re.IGNORECASE):
            return meaning, [fix]
    return "", []


_DEATHS: list[tuple[str, str, str]] = [
    (
        r"dockerd needs to be started with root|rootless mode",
        "An engine needs root to start.",
        "Run the command as root, or give yourself sudo rights.",
    ),
    (
        r"pid file found, ensure docker is not running|process with PID \d+ is still running",
        "Another engine runs already, or one left its note behind.",
        "Look for it with `ps -C dockerd`; if there is none, delete the file that the log names.",
    ),
    (
        r"Devices cgroup isn't mounted|cgroup mountpoint does not exist|cgroups?: .*(?:not mounted|no such file)",
        "This machine gives no control groups (cgroups) to its processes; most likely it is a container itself.",
        "Start that container with --privileged, or use a virtual machine.",
    ),
    (
        r"iptables.*(?:executable file not found|not found)|failed to find iptables",
        "iptables is missing; the engine needs it to publish ports.",
        "apt-get install iptables",
    ),
    (
        r"iptables.*(?:permission denied|you must be root|Operation not permitted|can't initialize)"
        r"|NAT chain DOCKER.*Permission denied",
        "The engine may not change this machine's network; most likely it is a container without that right.",
        "Start that container with --privileged, or use a virtual machine.",
    ),
    (
        r"iptables.*(?:No chain/target/match|Table does not exist|nf_tables|Failed to initialize nft)",
        "This kernel does not have what iptables asks for.",
        "Try the older tables: update-alternatives --set iptables /usr/sbin/iptables-legacy",
    ),
    (
        r"non-overlapping IPv4 address pool|cannot create network .* conflicts with network",
        "No address range is left for the engine's network; a VPN often takes them all.",
        "Leave the VPN while the engine starts.",
    ),
    (
        r"(?:error initializing graphdriver|driver not supported|failed to mount overlay|overlay.*invalid argument)",
        "The file system under the engine's folder can't hold image layers.",
        'Put {"storage-driver": "vfs"} into /etc/docker/daemon.json, then start again.',
    ),
    (
        r"unable to configure the Docker daemon with file|invalid character .* in .*daemon\.json",
        "/etc/docker/daemon.json has a mistake in it.",
        "Correct that file; the log names the place.",
    ),
    (r"no space left on device", "The disk is full.", "Make room on the disk, then start again."),
    (
        r"containerd.*(?:executable file not found|timeout|failed to start)|failed to dial .*containerd",
        "containerd, which the engine works with, did not start.",
        "apt-get install --reinstall containerd",
    ),
    (
        r"address already in use|bind: ",
        "The address the engine wants to listen at is taken.",
        "Look for another engine with `ps -C dockerd`.",
    ),
    (
        r"operation not permitted|permission denied",
        "This machine forbids the engine something it needs; most likely it is a container itself.",
        "Start that container with --privileged, or use a virtual machine.",
    ),
]
"""What a dying engine's log says → what it means → what to do. The first match wins."""


def _is_alive(number: int, names: tuple[str, ...]) -> bool:
    try:
        status = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    # "123 (dockerd) S …"; a process that is dead but not yet reaped is Z.
    found = re.match(r"\d+ \((?P<name>.*)\) (?P<state>\S)", status)
    return found is not None and found["name"] in names and found["state"] not in "ZX"
