"""The program behind the mirror: Debian's docker-registry where it is installed, else the image `registry`."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tarfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from workshop import places
from workshop.engine import cleaning, containers, images, labels, serving
from workshop.engine.api import Refused
from workshop.trouble import MachineTrouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

IMAGES = ("registry:3", "registry:2", "registry")
"""Distribution's own image; the first of these that is here, else the first of all is pulled."""
INNER = 5000
"""The port in its container."""
PROGRAM = "docker-registry"
DATA = "data"
_PULL_WITHIN = 10
"""Seconds that Docker Hub gets to answer."""
_ENDS_WITHIN = 5
"""Seconds that the program gets to end when asked to."""
_LOOK_EVERY = 1.0
"""Seconds between two looks at whether the container still runs."""
_LAST_WORDS = 5
"""Lines of its log that are shown when it ended."""
_IN_CONTAINER = "/docker-101-mirror"


class Server(Protocol):
    """A registry that was started."""

    name: str
    host: str
    """Where it answers, seen from here."""

    def runs(self) -> bool:
        """Tell whether it still does."""

    def wait(self) -> None:
        """Wait until it ends."""

    def last_words(self) -> str:
        """Read the end of what it printed."""


def mark() -> str:
    """Name this process's own folder."""
    return str(os.getpid())


def clean() -> None:
    """Remove the containers that killed mirrors, and verifications, left behind."""
    with contextlib.suppress(Refused):
        cleaning.remove_leftovers(places.ROOT)


@contextmanager
def started(home: Path, port: int, say: Callable[[str], None]) -> Iterator[Server]:
    """Serve the folder `home` on that port, for reading only, to the end of the block.

    Raises:
        MachineTrouble: there is no program for it, or it can't be started.

    """
    if shutil.which(PROGRAM):
        with _program(home, port) as program:
            yield program
        return
    image = next((one for one in IMAGES if images.find(one)), "")
    if image:
        with _container(home, port, image) as container:
            yield container
        return
    _pull(say)
    try:
        with _container(home, port, IMAGES[0]) as container:
            yield container
    finally:
        images.untag(IMAGES[0])


def end(home: Path) -> None:
    """End the program of a mirror that was killed, if it outlived it."""
    with contextlib.suppress(OSError, ValueError):
        number = int((home / "pid").read_text("ascii"))
        if str(home).encode() in Path(f"/proc/{number}/cmdline").read_bytes():
            os.kill(number, signal.SIGKILL)


def _settings(data: str, address: str) -> str:
    """Write the registry's settings (distribution.github.io: about/configuration); JSON is YAML."""
    return json.dumps(
        {
            "version": 0.1,
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {
                "filesystem": {"rootdirectory": data},
                "maintenance": {"uploadpurging": {"enabled": False}, "readonly": {"enabled": True}},
            },
            "http": {"addr": address},
        },
        indent=1,
    )


def _pull(say: Callable[[str], None]) -> None:
    say(f"$ docker pull {IMAGES[0]}")
    try:
        images.pull(IMAGES[0], answer_within=_PULL_WITHIN)
    except MachineTrouble as trouble:
        raise MachineTrouble(
            "There is no registry program on this machine.",
            kind="no-registry",
            why=f"{PROGRAM} is not installed, the engine has no image {IMAGES[0]}, and Docker Hub: {trouble.why}",
            fix=[
                f"on Debian and Ubuntu: sudo apt-get install {PROGRAM}",
                f"elsewhere, on a good network: docker pull {IMAGES[0]}",
                "without either: invoke pack base-images.tar, and a stick",
            ],
        ) from trouble


# Debian's program ----------------------------------------------------------------------------------------------------


class _Program:
    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name, self.host = PROGRAM, "127.0.0.1"
        self._process, self._log = process, log

    def runs(self) -> bool:
        return self._process.poll() is None

    def wait(self) -> None:
        self._process.wait()

    def last_words(self) -> str:
        return "\n".join(self._log.read_text("utf-8", "replace").splitlines()[-_LAST_WORDS:])


@contextmanager
def _program(home: Path, port: int) -> Iterator[_Program]:
    settings, log = home / "config.yml", home / "log"
    settings.write_text(_settings(str(home / DATA), f":{port}"), "utf-8")
    # util-linux's setpriv has the kernel end the program with this process, even when that is killed.
    with_us = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    # REGISTRY_… in the environment would change the settings.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("REGISTRY_")}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*with_us, PROGRAM, "serve", str(settings)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=environment,
            start_new_session=True,  # Ctrl-C is for us alone: we end it
        )
    try:
        (home / "pid").write_text(str(process.pid), "ascii")
        yield _Program(process, log)
    finally:
        process.terminate()
        try:
            process.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


# The image --------------------------------------------------------------------------------------------------------


class _Container:
    def __init__(self, container: str, image: str) -> None:
        self.name, self.host = f"the image {image}", containers.host()
        self._container = containers.Container(container, image)

    def runs(self) -> bool:
        try:
            return bool(self._container.state()["Running"])
        except Refused:
            return False

    def wait(self) -> None:
        while self.runs():
            time.sleep(_LOOK_EVERY)  # between two looks, until told to end

    def last_words(self) -> str:
        try:
            return self._container.logs(_LAST_WORDS).strip()
        except Refused:
            return "its container is gone"


@contextmanager
def _container(home: Path, port: int, image: str) -> Iterator[_Container]:
    settings, files = home / "config.yml", home / "files.tar"
    settings.write_text(_settings(f"{_IN_CONTAINER}/{DATA}", f":{INNER}"), "utf-8")
    with tarfile.open(files, "w") as archive:
        archive.add(home / DATA, f"{_IN_CONTAINER[1:]}/{DATA}")
        archive.add(settings, f"{_IN_CONTAINER[1:]}/config.yml")
    words = ["registry", "serve", f"{_IN_CONTAINER}/config.yml"]
    container = ""
    try:
        container = serving.serve(image, words, files, ports=(port, INNER), labels=labels.of_lab(places.ROOT))
        files.unlink()
        yield _Container(container, image)
    except Refused as refused:
        raise MachineTrouble(f"The image {image} could not be started.", kind="mirror", why=str(refused)) from refused
    finally:
        _remove(container)


def _remove(container: str) -> None:
    """Remove it, or what a start that failed half-way left: it has this process's label."""
    with contextlib.suppress(Refused, MachineTrouble):
        if container:
            cleaning.remove_container(container)
            return
        for one in cleaning.containers(places.ROOT):
            if one["Labels"].get(labels.LAB) == mark() and one["State"] == "created":
                cleaning.remove_container(one["Id"])
