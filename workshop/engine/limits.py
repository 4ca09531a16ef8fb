"""How much a stranger's build or container may take: the bounds within which a class is graded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MEGA = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Bounds for each build step and each container; sizes in bytes.

    BuildKit has no bound for the memory and the processes of a step; there `guard` looks after the machine instead.
    """

    memory: int = 512 * MEGA
    """Swap included; a model answer needs under 30 MB."""
    processes: int = 256
    """Threads count, too; nginx starts one process for each processor."""
    cpus: float = 1.0
    disk: int = 512 * MEGA
    """What one container, or all steps of one build together, may write; the largest file, too."""
    printed: int = 32 * MEGA
    """What a build may print. The engine keeps `log` of what a container prints."""
    log: int = 8 * MEGA
    ports: int = 100
    """What an image may expose: each becomes a process of the engine's when all are published."""
    network: str | None = None
    """The network for containers; None for the engine's default. Build steps have none."""


def on_build(limits: Limits, builder: str) -> list[str]:
    """Give the flags by which `docker build` keeps the limits, as far as this builder can.

    ADD of an address, and FROM, are the engine's own doing: no flag keeps those in, see `admission`.
    """
    flags = ["--network", "none", "--ulimit", f"fsize={limits.disk}", "--ulimit", "core=0"]
    if builder == "classic":
        period = 100_000  # microseconds; the kernel's own default
        flags += ["--memory", f"{limits.memory // MEGA}m", "--memory-swap", f"{limits.memory // MEGA}m"]
        flags += ["--cpu-period", str(period), "--cpu-quota", str(int(limits.cpus * period))]
    return flags


def as_flags(limits: Limits) -> list[str]:
    """Write what `on_container` says as flags of `docker run`."""
    flags = ["--memory", f"{limits.memory // MEGA}m", "--memory-swap", f"{limits.memory // MEGA}m"]
    flags += ["--pids-limit", str(limits.processes), "--cpus", f"{limits.cpus:g}", "--ulimit", f"fsize={limits.disk}"]
    return [*flags, "--security-opt", "no-new-privileges", "--cap-drop", "NET_RAW", "--cap-drop", "MKNOD"]


def on_container(limits: Limits) -> dict[str, Any]:
    """Give the host configuration, in the SDK's words, by which a container is kept within the limits."""
    bounds: dict[str, Any] = {
        "mem_limit": limits.memory,
        "memswap_limit": limits.memory,
        "pids_limit": limits.processes,
        "nano_cpus": int(limits.cpus * 1_000_000_000),
        "security_opt": ["no-new-privileges"],
        "cap_drop": ["NET_RAW", "MKNOD"],
        "ulimits": [{"Name": name, "Soft": most, "Hard": most} for name, most in (("fsize", limits.disk), ("core", 0))],
        # Two files, of which the engine drops the older: a flood fills no disk, and its end can be read.
        "log_config": {"Type": "json-file", "Config": {"max-size": str(limits.log // 2), "max-file": "2"}},
    }
    if limits.network:
        # A name server that nobody runs: lookups fail at once, where the engine's own would carry them out.
        bounds |= {"network_mode": limits.network, "dns": ["127.0.0.1"]}
    return bounds
