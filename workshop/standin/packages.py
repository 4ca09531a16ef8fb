"""The distribution's packages: fetched and unpacked into a folder, never installed, so that no server is started."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workshop.trouble import MachineTrouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NAMED = ("busybox-static", "nginx-light", "nginx", "nginx-common", "curl", "gettext-base")
"""Fetched by name. The nginx program is in `nginx-light` up to Debian 11 and Ubuntu 22.04, later in `nginx`."""
NEEDS = ("nginx-light", "curl")
"""Those of them whose own needs are fetched too; a library that is installed already comes from this machine."""
BUSY = 300
"""Seconds that one call of apt may take on a slow line."""
SHELL = "busybox"
"""BusyBox whose shell looks for programs in PATH, as the official image's does; that of `busybox-static` prefers its
own. Both packages have the same file, so this one is unpacked apart."""
PROGRAMS = ("bin", "sbin", "usr/bin", "usr/sbin")


@dataclass(frozen=True)
class Unpacked:
    """Packages laid out under `root`; what is missing there is taken from this machine."""

    root: Path
    multiarch: str
    origin: str

    def program(self, name: str) -> Path:
        """Find a program by `name`.

        Raises:
            MachineTrouble: neither the packages nor this machine have it.

        """
        return self._first(name, [f"{folder}/{name}" for folder in PROGRAMS])

    def shell(self) -> Path:
        """Find the program that is to be `sh`; where `SHELL` could not be had, it is BusyBox's other build."""
        apart = self.root / "apart/bin/busybox"
        return apart if apart.is_file() else self.program("busybox")

    def data(self, path: str) -> Path:
        """Find a data file by its `path` from the root folder; raises as `program` does."""
        return self._first(path, [path])

    def library(self, name: str) -> Path:
        """Find a shared library by its file `name`; raises as `program` does."""
        return self._first(name, [f"{folder}/{self.multiarch}/{name}" for folder in ("lib", "usr/lib")])

    def libraries(self, programs: Iterable[Path]) -> dict[str, Path]:
        """Find what `programs` need at run time: file name, as the program asks for it, to file.

        The loader itself is in it too, under its whole path.

        Raises:
            MachineTrouble: a library is nowhere.

        """
        folders = [self.root / folder / self.multiarch for folder in ("lib", "usr/lib")]
        searching = os.environ | {"LD_LIBRARY_PATH": ":".join(map(str, folders)), "LC_ALL": "C"}
        found: dict[str, Path] = {}
        for program in programs:
            told = subprocess.run(["ldd", program], capture_output=True, text=True, check=False, env=searching)
            for line in told.stdout.splitlines():
                if "not found" in line:
                    raise MachineTrouble(f"{program.name} needs a library that is not here: {line.strip()}")
                if asked := re.match(r"\s*(\S+) => (/\S+)", line):
                    found[asked[1]] = Path(asked[2])
                elif loader := re.match(r"\s*(/\S+) \(", line):
                    found[loader[1]] = Path(loader[1])
        return found

    def _first(self, name: str, places: list[str]) -> Path:
        for base in (self.root, Path("/")):
            for place in places:
                if (base / place).is_file():
                    return base / place
        raise MachineTrouble(f"Neither the fetched packages nor this machine have {name}.")


def fetch(folder: Path, say: Callable[[str], None]) -> Unpacked:
    """Fetch and unpack the packages under `folder`, which must be empty.

    Raises:
        MachineTrouble: apt could not fetch them; `why` has its words.

    """
    downloads, root = folder / "downloads", folder / "root"
    downloads.mkdir()
    root.mkdir()
    wanted = sorted({*NAMED, *_needed(say)})
    say(f"Fetching {len(wanted)} packages of this distribution (they are unpacked, not installed)")
    _run(["apt-get", "download", "-q", *wanted], cwd=downloads)
    with contextlib.suppress(MachineTrouble):  # not in every distribution's main part
        _run(["apt-get", "download", "-q", SHELL], cwd=downloads)
    for package in sorted(downloads.glob("*.deb")):
        apart = package.name.startswith(f"{SHELL}_")
        _run(["dpkg-deb", "-x", str(package), str(root / "apart" if apart else root)])
    return Unpacked(root, _multiarch(), platform.freedesktop_os_release().get("NAME", "Debian").split()[0])


def architecture() -> str:
    """Name this machine's package architecture in Docker's words (GOARCH)."""
    debian = _run(["dpkg", "--print-architecture"]).strip()
    return {"armhf": "arm", "armel": "arm", "i386": "386", "ppc64el": "ppc64le"}.get(debian, debian)


def available() -> str:
    """Say why this machine can't make stand-ins, or nothing when it can."""
    missing = [tool for tool in ("apt-get", "dpkg-deb", "dpkg", "ldd") if shutil.which(tool) is None]
    return f"that works on Debian and Ubuntu only; there is no {', no '.join(missing)} here" if missing else ""


def _needed(say: Callable[[str], None]) -> list[str]:
    simulate = ["apt-get", "-s", "--no-install-recommends", "install", *NEEDS]
    try:
        plan = _run(simulate)
    except MachineTrouble:  # most likely there are no lists of packages, as in a fresh container
        _refresh_lists(say)
        plan = _run(simulate)
    return re.findall(r"^Inst (\S+)", plan, flags=re.MULTILINE)


def _refresh_lists(say: Callable[[str], None]) -> None:
    say("Fetching the lists of packages (apt-get update)")
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    _run([*as_root, "apt-get", "update", "-q"])


def _multiarch() -> str:
    for folder in sorted(Path("/usr/lib").glob("*-linux-gnu*")):
        if (folder / "libc.so.6").exists():
            return folder.name
    raise MachineTrouble("This machine's C library is not where Debian and Ubuntu keep it.")


def _run(command: list[str], *, cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=True,
            cwd=cwd,
            timeout=BUSY,
            env=os.environ | {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        )
    except FileNotFoundError:
        raise MachineTrouble(f"There is no {command[0]} on this machine.") from None
    except subprocess.TimeoutExpired:
        raise MachineTrouble(f"`{' '.join(command[:3])}` did not end within {BUSY} seconds.") from None
    except subprocess.CalledProcessError as failed:
        last = (failed.stderr or failed.stdout).strip().splitlines()[-3:]
        raise MachineTrouble(f"`{' '.join(command[:3])} …` failed.", why=" ".join(last)) from None
    return done.stdout
