"""What is left of the engine's machine: room on its disk, memory, processes. Only readable where it is this machine."""

from __future__ import annotations

import functools
import itertools
import os
import shutil
import sys
from pathlib import Path

from .limits import MEGA

DISK_RESERVE, MEMORY_RESERVE = 1024 * MEGA, 256 * MEGA
"""Bytes that must stay free: below, other programs of the machine begin to fail, and the kernel kills what it picks."""
DISK_FALL = 4096 * MEGA
"""Bytes by which the free room may fall while one thing is watched."""
MEMORY_FALL = 0.5
"""Share of the available memory that may go meanwhile."""
_FILES = 10_000
"""Files that are looked at when a folder's size is asked for."""
MORE_TASKS = 4_000
"""Processes and threads of the whole machine that may come meanwhile; a busy desktop has two thousand."""


class Gauges:
    """The machine as it was when looking began."""

    def __init__(self) -> None:
        self._root = _engines_folder()
        self._before = _read(self._root) if self._root else (0, 0, 0)

    def in_need(self) -> str:
        """Name what runs out, "disk", "memory" or "processes"; empty when all is well, or can't be seen from here."""
        if self._root is None:
            return ""
        (disk, memory, tasks), (disk_before, memory_before, tasks_before) = _read(self._root), self._before
        if disk < max(DISK_RESERVE, disk_before - DISK_FALL):
            return "disk"
        if memory < max(MEMORY_RESERVE, memory_before * MEMORY_FALL):
            return "memory"
        return "processes" if tasks > tasks_before + MORE_TASKS else ""


def size_of_volume(volume: str) -> int:
    """Give the bytes that a volume's files take; 0 where that can't be seen from here."""
    root = _engines_folder()
    if root is None:
        return 0
    found = (Path(at, name) for at, _, names in os.walk(root / "volumes" / volume) for name in names)
    return sum(map(_taken, itertools.islice(found, _FILES)))


def _taken(file: Path) -> int:
    try:
        return file.lstat().st_blocks * 512  # stat(2); Windows has none, and no engine's folder either
    except OSError:  # gone meanwhile
        return 0


def free_disk() -> int | None:
    """Give the bytes that are free where the engine keeps its data; None where that can't be seen from here."""
    root = _engines_folder()
    return shutil.disk_usage(root).free if root else None


def _read(root: Path) -> tuple[int, int, int]:
    """Give the free bytes of the disk, the available bytes of memory, and the number of processes and threads."""
    meminfo = dict(line.split(":") for line in Path("/proc/meminfo").read_text("ascii").splitlines())
    memory = int(meminfo["MemAvailable"].split()[0]) * 1024
    tasks = Path("/proc/loadavg").read_text("ascii").split()[3]  # running/all, see proc(5)
    return shutil.disk_usage(root).free, memory, int(tasks.partition("/")[2])


@functools.cache
def _engines_folder() -> Path | None:
    """Find where the engine keeps its data; None where it runs on another machine, or in a virtual one."""
    from .api import connect
    from .endpoint import where

    if sys.platform != "linux" or not where().here:
        return None
    root = Path(str(connect().info().get("DockerRootDir") or "/nowhere"))
    try:
        return root if root.is_dir() else None
    except OSError:  # not ours to look at
        return None
