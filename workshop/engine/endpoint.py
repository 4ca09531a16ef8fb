"""Which engine `docker` would talk to, and who said so: DOCKER_HOST, a context, or nobody (the default)."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sys
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Source = Literal["default", "context", "DOCKER_HOST"]

DEFAULT_SOCKET = "unix:///var/run/docker.sock"
DEFAULT_PIPE = "npipe:////./pipe/docker_engine"
"""Where the docker command looks when nobody says otherwise; the second one on Windows."""

LOCAL = "127.0.0.1"

NEIGHBOUR_WITHIN = 1.0
"""Seconds another engine on this machine gets to show that it is there."""


@dataclass(frozen=True)
class Endpoint:
    """An engine's address and where it came from."""

    url: str
    source: Source
    context: str = "default"
    """The context's name; "default" when DOCKER_HOST or nobody chose."""
    said_by: str = ""
    """Who chose the context, for the reader: `DOCKER_CONTEXT` or the path of config.json."""
    missing: bool = False
    """True when the chosen context does not exist."""

    @property
    def socket_path(self) -> Path | None:
        """The file of a Unix socket; None for other kinds of address."""
        return Path(self.url.removeprefix("unix://")) if self.url.startswith("unix://") else None

    @property
    def here(self) -> bool:
        """True when the address is on this machine, so that published ports are too."""
        return self.url.startswith(("unix:", "npipe:")) or any(
            host in self.url for host in ("//127.0.0.1", "//localhost", "//[::1]")
        )

    def chosen(self) -> str:
        """Say in a few words where the address came from."""
        if self.source == "DOCKER_HOST":
            return "the environment variable DOCKER_HOST"
        if self.source == "context":
            return f'the context "{self.context}" (from {self.said_by})'
        return "the default of the docker command"


def host() -> str:
    """Name the address on which published ports of this engine answer, seen from here."""
    at = urllib.parse.urlsplit(where().url)
    return at.hostname or LOCAL if at.scheme in ("tcp", "http", "https", "ssh") else LOCAL


def default_url() -> str:
    """Where an engine listens on this system when nobody says otherwise."""
    return DEFAULT_PIPE if sys.platform == "win32" else DEFAULT_SOCKET


def config_folder() -> Path:
    """Name the docker command's own folder."""
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")


def config() -> dict[str, Any]:
    """Read what config.json says; empty when it is missing or unreadable, as the docker command takes it."""
    try:
        loaded = json.loads((config_folder() / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def where() -> Endpoint:
    """Find the address in the order of the docker command: DOCKER_HOST, DOCKER_CONTEXT, config.json, the default.

    The SDK falls back to the default when a context is missing; the docker command
    refuses. This does neither: it says so.
    """
    if host := os.environ.get("DOCKER_HOST"):
        return Endpoint(host, "DOCKER_HOST")
    name, said_by = os.environ.get("DOCKER_CONTEXT"), "DOCKER_CONTEXT"
    if not name:
        name, said_by = config().get("currentContext"), str(config_folder() / "config.json")
    if not name or name == "default":
        return Endpoint(default_url(), "default")
    url = contexts().get(name)
    return Endpoint(url or "", "context", context=name, said_by=said_by, missing=url is None)


def contexts() -> dict[str, str]:
    """List the contexts on this machine, without the default one: name → address."""
    found = {}
    for file in sorted((config_folder() / "contexts" / "meta").glob("*/meta.json")):
        try:
            meta = json.loads(file.read_text(encoding="utf-8"))
            found[str(meta["Name"])] = str(meta["Endpoints"]["docker"]["Host"])
        except (OSError, ValueError, KeyError, TypeError):  # one bad file must not hide the others
            continue  # half-written by another tool; the docker command skips it as well
    return found


def tls_files(context: str) -> dict[str, Path]:
    """Find the certificates that a context brings: any of ca, cert and key."""
    folder = config_folder() / "contexts" / "tls" / hashlib.sha256(context.encode()).hexdigest() / "docker"
    return {name: folder / f"{name}.pem" for name in ("ca", "cert", "key") if (folder / f"{name}.pem").exists()}


def neighbours(but: str) -> dict[str, str]:
    """Engines that do answer on this machine, other than the one at `but`: context name → address.

    Only Unix sockets are tried: that is where Docker Desktop, Colima, OrbStack and Rancher Desktop listen.
    """
    candidates = {"default": default_url(), **contexts()}
    return {name: url for name, url in candidates.items() if url != but and ping(url) is not None}


def knock(url: str, timeout: float) -> None:
    """Open the address and close it again, to see whether anybody listens; named pipes are not tried.

    Raises:
        OSError: nobody does, or it may not be opened.

    """
    if url.startswith("unix://") and sys.platform != "win32":
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(timeout)
            line.connect(url.removeprefix("unix://"))
    elif url.startswith("tcp://"):
        address = urllib.parse.urlsplit(url)
        if address.hostname and address.port:
            socket.create_connection((address.hostname, address.port), timeout).close()


def ping(url: str) -> dict[str, str] | None:
    """Fetch the headers of an engine's shortest answer (names in lower case); None when none comes in time.

    Spoken by hand because it must cost a millisecond and need no client; over Unix sockets only.
    """
    if not url.startswith("unix://") or sys.platform == "win32":
        return None
    answer = b""
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(NEIGHBOUR_WITHIN)
            line.connect(url.removeprefix("unix://"))
            line.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
            while b"\r\n\r\n" not in answer and len(answer) < _PING_LIMIT and (more := line.recv(4096)):
                answer += more
    except OSError:
        return None
    status, *lines = answer.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
    if " 200" not in status:
        return None
    return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


_PING_LIMIT = 16_384
"""Bytes; an engine's answer has about 300."""
