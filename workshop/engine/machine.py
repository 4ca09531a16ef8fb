"""What kind of machine this is, as far as a fix for Docker depends on it."""

from __future__ import annotations

import getpass
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

System = Literal["linux", "wsl", "macos", "windows"]
Product = Literal["Docker Desktop", "Colima", "OrbStack", "Rancher Desktop", "Podman", "rootless Docker"]


@dataclass(frozen=True)
class Machine:
    """The facts a fix depends on; made by `this_machine`, or by a test."""

    system: System = "linux"
    systemd: bool = False
    """True when systemd is process 1, so that `systemctl` works."""
    apt: bool = False
    """True on Debian, Ubuntu and their relatives."""
    dockerd: bool = False
    """True when an engine is installed as a program of this machine."""
    products: tuple[Product, ...] = ()
    """Desktop products that are installed."""
    user: str = "YOUR-NAME"

    @property
    def invoke(self) -> str:
        """How to type the launcher here."""
        return r".\invoke" if self.system == "windows" else "./invoke"


def this_machine() -> Machine:
    """Look at the machine; a few file tests, no command."""
    system = _system()
    return Machine(
        system=system,
        systemd=Path("/run/systemd/system").is_dir(),  # the test of sd_booted(3)
        apt=system in ("linux", "wsl") and shutil.which("apt-get") is not None,
        dockerd=find_dockerd() is not None,
        products=tuple(product for product, places in _PLACES.items() if any(map(_there, places.get(system, ())))),
        user=_user(),
    )


def find_dockerd() -> str | None:
    """Find the engine's program; /usr/sbin is not on every user's PATH."""
    return shutil.which("dockerd") or shutil.which("dockerd", path="/usr/sbin:/usr/local/sbin:/usr/local/bin")


def product_at(url: str) -> Product | None:
    """Tell whose address this is, from the places the products are known to listen at."""
    for mark, product in _ADDRESSES.items():
        if mark in url:
            return product
    return None


def _system() -> System:
    if sys.platform == "win32":
        return "windows"
    if sys.platform == "darwin":
        return "macos"
    try:
        kernel = Path("/proc/sys/kernel/osrelease").read_text(encoding="ascii")
    except OSError:
        kernel = ""
    return "wsl" if "microsoft" in kernel.lower() else "linux"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such variable, and no entry for this number in the list of users
        return "YOUR-NAME"


def _there(place: str) -> bool:
    if "/" in place or "\\" in place:
        return Path(os.path.expandvars(place)).exists()
    return shutil.which(place) is not None


_PLACES: dict[Product, dict[System, tuple[str, ...]]] = {
    "Docker Desktop": {
        "linux": ("/opt/docker-desktop",),
        "wsl": ("/mnt/wsl/docker-desktop", "/mnt/c/Program Files/Docker/Docker"),
        "macos": ("/Applications/Docker.app",),
        "windows": (r"${ProgramFiles}\Docker\Docker\Docker Desktop.exe",),
    },
    "Rancher Desktop": {
        "linux": ("/opt/rancher-desktop",),
        "wsl": ("/mnt/wsl/rancher-desktop",),
        "macos": ("/Applications/Rancher Desktop.app",),
        "windows": (
            r"${LOCALAPPDATA}\Programs\Rancher Desktop\Rancher Desktop.exe",
            r"${ProgramFiles}\Rancher Desktop\Rancher Desktop.exe",
        ),
    },
    "OrbStack": {"macos": ("/Applications/OrbStack.app",)},
    "Colima": {"linux": ("colima",), "macos": ("colima",)},
}
"""Product → system → a path or a command that shows that it is installed."""

_ADDRESSES: dict[str, Product] = {
    "/.docker/desktop/": "Docker Desktop",
    "/.docker/run/": "Docker Desktop",
    "dockerDesktopLinuxEngine": "Docker Desktop",
    "/.colima/": "Colima",
    "/colima/": "Colima",
    "/.orbstack/": "OrbStack",
    "/.rd/": "Rancher Desktop",
    "podman": "Podman",
    "/run/user/": "rootless Docker",
}
"""Part of an address → the product that listens there. The first match wins."""
