"""An engine of the tests' own beside this machine's: to be started, stopped, and killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workshop.engine import machine
from workshop.engine.daemon import Daemon

needs_root = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or machine.find_dockerd() is None or shutil.which("ip") is None,
    reason="starts an engine of its own, which takes Linux, root, dockerd and ip",
)
ENDS_WITHIN = 30
"""Seconds until it must have stopped."""


def beside(folder: Path, bridge: str, address: str, **options: str) -> Daemon:
    """Describe an engine that lives in `folder` and can run beside the first; it has a bridge of its own.

    `options` are more of dockerd's. Never address pools, nor "none" for its bridge: an engine with those takes the
    first one's docker0 away when it starts again.
    """
    subprocess.run(["ip", "link", "add", bridge, "type", "bridge"], check=False, capture_output=True)
    subprocess.run(["ip", "addr", "replace", address, "dev", bridge], check=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "no-daemon.json").write_text("{}")
    host = f"unix://{folder}/docker.sock"
    given = {
        "host": host,
        "data-root": folder / "data",
        "exec-root": folder / "exec",
        "pidfile": folder / "docker.pid",
        "bridge": bridge,
        "config-file": folder / "no-daemon.json",
        "iptables": "false",  # the chains belong to the first engine
        "ip-forward": "false",
        **options,
    }
    return Daemon(
        logs=folder / "logs with spaces",
        host=host,
        pidfile=folder / "docker.pid",
        arguments=tuple(f"--{name}={value}" for name, value in given.items()),
    )


def let_go(folder: Path) -> None:
    """Free an ended engine's data folder, which it mounts on itself and leaves so: else nobody can delete it."""
    subprocess.run(["umount", "--lazy", folder / "data"], check=False, capture_output=True)


def stop(daemon: Daemon, bridge: str = "") -> None:
    """Stop it if it runs, and take its bridge and its mount away."""
    deadline = time.monotonic() + ENDS_WITHIN
    while (number := daemon.process()) is not None and time.monotonic() < deadline:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGTERM)
        time.sleep(0.1)  # between two looks, under a deadline
    if bridge:
        subprocess.run(["ip", "link", "del", bridge], check=False, capture_output=True)
    let_go(daemon.pidfile.parent)
    assert daemon.process() is None
