"""Removes what a verification made, in a process of its own: needs the docker command, and nothing but Python itself.

It also finds what verifications that were killed left behind: their process, whose number stands in a container's
label and in an image's tag, is no longer there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable

AT_ONCE = 200
"""Names in one command: Windows takes 32,000 characters."""


def alive(process: str) -> bool:
    """Whether the process with this number runs on this machine; unreadable numbers count as gone."""
    if not process.isdigit():
        return False
    if sys.platform == "win32":
        import ctypes

        query_limited_information = 0x1000  # PROCESS_QUERY_LIMITED_INFORMATION, processthreadsapi.h
        handle = ctypes.windll.kernel32.OpenProcess(query_limited_information, False, int(process))
        if handle:
            ctypes.windll.kernel32.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's process, so it is there
    return True


def owner(tag: str) -> str:
    """Give the number of the process that gave an image this tag, such as 4711 of "exercise-1-0a1b2c3d_4711-0"."""
    return tag.rpartition("-")[0].rpartition("_")[2]


def beginning(images: Iterable[str], ids: Iterable[str]) -> list[str]:
    """Give those of `images`, whole IDs, that begin with one of `ids`, with sha256: in front or not."""
    beginnings = tuple(one.removeprefix("sha256:") for one in ids)
    return [one for one in images if one.removeprefix("sha256:").startswith(beginnings)]


def _docker(*words: str) -> list[str]:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return done.stdout.splitlines()


def _remove(command: list[str], names: Iterable[str]) -> None:
    names = list(names)
    for start in range(0, len(names), AT_ONCE):
        _docker(*command, *names[start : start + AT_ONCE])


def main(order: str) -> None:
    """Carry out an order, in JSON: what to remove, and where to look for leftovers, if at all.

    It has the names of `containers` and `images`, and IDs of images that go only if `nameless`. Containers go first:
    an image can go only after them.
    """
    wanted = json.loads(order)
    _remove(["rm", "-f", "-v"], wanted["containers"])
    _remove(["rmi"], wanted["images"])
    if wanted["nameless"]:
        # `docker rmi ID` would take the one name that somebody gave an image, and the image with it.
        dangling = _docker("images", "-q", "--no-trunc", "--filter", "dangling=true")
        _remove(["rmi"], beginning(dangling, wanted["nameless"]))
    if not wanted["leftovers"]:
        return
    lab, started, checkout, repository = wanted["leftovers"]
    words = [
        "--filter",
        f"label={started}",
        "--filter",
        f"label={lab}",
        "--format",
        f'{{{{.ID}}}} {{{{.Label "{lab}"}}}}',
    ]
    found = (line.partition(" ") for line in _docker("ps", "-a", *words))
    _remove(["rm", "-f", "-v"], (one for one, _, process in found if not alive(process)))
    words = ["--filter", f"reference={repository}", "--filter", f"label={checkout}", "--format", "{{.Tag}}"]
    tags = _docker("images", *words)
    _remove(["rmi"], (f"{repository}:{tag}" for tag in tags if not alive(owner(tag))))


if __name__ == "__main__":
    main(sys.argv[1])
