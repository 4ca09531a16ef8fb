"""The floor: what a step asks of the engine, from curl, which costs a few milliseconds a call and nothing else."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tarfile
import time
import urllib.parse
from pathlib import Path

from benchmarks.measuring import SOCKET, Engine
from workshop.engine import labels

IMAGE = "docker-101-bench"
PEERS = "workshop.bench=1"
"""The label of the containers that the peers start; not all of them remove theirs."""
ANSWERS_WITHIN = 10
"""Seconds until a container must have answered."""
PLAN = {
    "Image": IMAGE,
    "ExposedPorts": {"80/tcp": {}},
    "HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1"}]}},
}


def curl(method: str, path: str, *words: str) -> bytes:
    """Make one call of the engine's API that must succeed."""
    asked = [
        "curl",
        "-sS",
        "--fail-with-body",
        "--unix-socket",
        SOCKET,
        "-X",
        method,
        *words,
        f"http://localhost{path}",
    ]
    return subprocess.run(asked, check=True, capture_output=True).stdout


def _page(port: int, path: str) -> bool:
    asked = ["curl", "-sSf", f"http://127.0.0.1:{port}{path}"]
    return subprocess.run(asked, check=False, capture_output=True).returncode == 0


class Floor:
    """The engine's own part of a verification, again and again: cached build, create, start, the page and its style."""

    def __init__(self, copy: Path, folder: Path) -> None:
        self._mine = [labels.LAB, f"{labels.STARTED}={labels.checkout_id(copy)}"]
        self._folder = folder
        self._archive = copy.parent / f"{folder.name}.tar"
        self._engine = Engine()
        self._made: list[str] = []

    def build(self) -> None:
        """Build the folder."""
        with tarfile.open(self._archive, mode="w") as context:
            context.add(self._folder, arcname=".")
        words = ("-H", "Content-Type: application/x-tar", "--data-binary", f"@{self._archive}")
        curl("POST", f"/build?t={IMAGE}&forcerm=1", *words)

    def start(self) -> None:
        """Create a container of it, and start it."""
        words = ("-H", "Content-Type: application/json", "-d", json.dumps(PLAN))
        self._made.append(json.loads(curl("POST", "/containers/create", *words))["Id"])
        curl("POST", f"/containers/{self._made[-1]}/start")

    def run(self) -> None:
        """Do it all once; the container stays until `tidy`."""
        self.build()
        self.start()
        found = json.loads(curl("GET", f"/containers/{self._made[-1]}/json"))
        port = int(found["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"])
        deadline = time.monotonic() + ANSWERS_WITHIN
        while not _page(port, "/"):
            if time.monotonic() > deadline:
                raise SystemExit("the floor's container never answered")
        if not _page(port, "/style.css"):
            raise SystemExit("the floor's container has no style")

    def tidy(self) -> None:
        """Let neither side run beside the other's removal, which no verdict waits for."""
        for one in [*self._made, *self._labelled(PEERS)]:
            self._engine.call("DELETE", f"/containers/{one}?force=1&v=1")
        self._made.clear()
        deadline = time.monotonic() + ANSWERS_WITHIN
        while self._labelled(*self._mine):
            if time.monotonic() > deadline:
                raise SystemExit("a verification's container was never removed")

    def _labelled(self, *labels: str) -> list[str]:
        filters = urllib.parse.quote(json.dumps({"label": labels}))
        return [one["Id"] for one in json.loads(self._engine.call("GET", f"/containers/json?all=1&filters={filters}"))]

    def forget(self) -> None:
        """Remove the image that the last run built, too; there may be none."""
        self.tidy()
        with contextlib.suppress(SystemExit):
            self._engine.call("DELETE", f"/images/{IMAGE}")
