"""`invoke mirror`: a registry for the room, filled from this machine's base images, gone when it ends."""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workshop import bases, lan, names, places
from workshop.changes import size
from workshop.engine import images
from workshop.engine.sweep import alive
from workshop.supplies import bundle, local, registry
from workshop.supplies.platforms import Platform
from workshop.supplies.storage import Storage
from workshop.trouble import MachineTrouble, Usage

from . import registries

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workshop.supplies.bundle import Bundle, Packed

    Say = Callable[[str], None]

PORT = 5001
"""Where it listens unless told otherwise: 5000, a registry's usual port, is AirPlay's on a Mac."""
HIGHEST = 65535
UP_WITHIN = 20
"""Seconds until it must answer; it takes a tenth of one."""
LOOK_EVERY = 0.05
"""Seconds between two looks while it starts."""
HOME = places.STATE / "mirror"
"""A folder for each mirror that runs, named by its process."""


@dataclass(frozen=True)
class Order:
    """Which port to serve on, and what: the engine's own images, or a packed file's."""

    port: int
    file: Path | None


def order(port: int, file: str | None) -> Order:
    """Read what was typed.

    Raises:
        Usage: it can't be done as typed.

    """
    if not 1 <= port <= HIGHEST:
        raise Usage(f"There is no port {port}.", why=f"Ports go from 1 to {HIGHEST}.", fix="invoke mirror --port 5001")
    path = Path(file).expanduser() if file else None
    if path and path.is_dir():
        path /= bases.BUNDLE.name
    if path and not path.is_file():
        raise Usage(f"There is no file {path}.", fix="invoke pack base-images.tar")
    return Order(port, path)


def commands(given: Order) -> list[list[str]]:
    """Give the docker commands that it stands for."""
    place = f"localhost:{given.port}/library"
    words = [["docker", "run", "-d", "-p", f"{given.port}:{registries.INNER}", registries.IMAGES[0]]]
    for name in bases.BASE_IMAGES:
        words += [["docker", "tag", name, f"{place}/{name}"], ["docker", "push", f"{place}/{name}"]]
    return words


def serve(given: Order, say: Say) -> None:
    """Serve until the process is told to end; then, whatever happened, nothing of it is left.

    Raises:
        MachineTrouble: it can't start, or it ended by itself.

    """
    _clean()
    _must_be_free(given.port)
    home = HOME / registries.mark()
    home.mkdir(parents=True, exist_ok=True)
    closed = ""
    try:
        held = _fill(Storage(home / registries.DATA), given, say)
        with registries.started(home, given.port, say) as server:
            _wait(server, given.port, held)
            _tell(server, given.port, say)
            sys.stdout.flush()  # whoever reads it through a pipe waits for these lines
            closed = "closed   nothing of it is left"
            server.wait()
            raise MachineTrouble("The mirror ended by itself.", kind="mirror", why=server.last_words())
    finally:
        shutil.rmtree(home, ignore_errors=True)
        with contextlib.suppress(OSError):
            HOME.rmdir()  # when it was the last one
        if closed:
            say(closed)


def _clean() -> None:
    """Take away what mirrors left that were killed."""
    registries.clean()
    for home in HOME.glob("*"):
        if not alive(home.name):
            registries.end(home)
            shutil.rmtree(home, ignore_errors=True)


def _must_be_free(port: int) -> None:
    try:
        if lan.is_free(port):
            return
    except PermissionError:
        raise MachineTrouble(
            f"You may not listen on port {port}.",
            kind="port",
            why="Ports below 1024 are the system's.",
            fix=f"invoke mirror --port {PORT}",
        ) from None
    free = next((other for other in range(PORT, PORT + 100) if other != port and lan.is_free(other)), PORT)
    raise MachineTrouble(
        f"Another program listens on port {port}.",
        kind="port",
        why="Perhaps another mirror, in another terminal.",
        fix=f"invoke mirror --port {free}",
    )


# What it holds ------------------------------------------------------------------------------------------------------


def _fill(storage: Storage, given: Order, say: Say) -> dict[str, str]:
    """Fill the registry's folder; give the digest of each image by its place in the registry."""
    held = {}
    with contextlib.ExitStack() as stack:
        found = _from_file(given.file, stack) if given.file else _from_engine(stack)
        for name, packed in found.items():
            repository, _, version = names.whole(name).rpartition(":")
            held[f"library/{repository}/manifests/{version}"] = storage.add(f"library/{repository}", version, packed)
            platforms = ", ".join(str(image.platform) for _, image in packed)
            say(f"holds    {name} for {platforms}, {size(sum(image.size for _, image in packed))}")
            if any(image.standin for _, image in packed):
                say(f"note     {name} is a stand-in made on this machine; for the real one: invoke pull, then mirror")
    return held


def _from_engine(stack: contextlib.ExitStack) -> dict[str, list[tuple[Bundle, Packed]]]:
    found = {}
    for name in bases.BASE_IMAGES:
        looked_up = images.find(name)
        saved = looked_up and stack.enter_context(local.saved(name, name, Platform(looked_up.architecture)))
        if not saved:
            raise MachineTrouble(
                f"{name} is not on this engine, so there is nothing to serve.",
                kind="no-base-images",
                fix=["invoke setup", "or serve a packed file: invoke mirror --file base-images.tar"],
            )
        found[name] = [saved]
    return found


def _from_file(file: Path, stack: contextlib.ExitStack) -> dict[str, list[tuple[Bundle, Packed]]]:
    opened = stack.enter_context(bundle.opened(file))
    found: dict[str, list[tuple[Bundle, Packed]]] = {}
    for image in opened.images:
        if image.name in bases.BASE_IMAGES:
            found.setdefault(image.name, []).append((opened, image))
    if lacking := [name for name in bases.BASE_IMAGES if name not in found]:
        raise MachineTrouble(
            f"{file} lacks {' and '.join(lacking)}, so it can't be served.",
            kind="bundle-foreign",
            why=f"It holds {opened.account()}.",
            fix="invoke pack base-images.tar",
        )
    return found


# While it serves ----------------------------------------------------------------------------------------------------


def _wait(server: registries.Server, port: int, held: Mapping[str, str]) -> None:
    """Wait until the registry gives out what was laid into it.

    Raises:
        MachineTrouble: it ended, or does not.

    """
    deadline = time.monotonic() + UP_WITHIN
    why = "it ended"
    with registry.Registry(f"http://{server.host}:{port}") as asked:
        while server.runs() and time.monotonic() < deadline:
            why = _lacks(asked, held)
            if not why:
                return
            time.sleep(LOOK_EVERY)  # between two looks, under a deadline
    raise MachineTrouble(
        "The registry program did not get ready.", kind="mirror", why=server.last_words() or why, fix="invoke doctor"
    )


def _lacks(asked: registry.Registry, held: Mapping[str, str]) -> str:
    """Tell what the registry does not give out as it should; empty when all is right."""
    try:
        for place, digest in held.items():
            with asked.answer(place, method="HEAD") as answer:
                if answer.headers.get("Docker-Content-Digest") != digest:
                    return f"{answer.status_code} {answer.reason} for {place}"
    except registry.NoAnswer as none:
        return str(none)
    return ""


def _tell(server: registries.Server, port: int, say: Say) -> None:
    here = lan.addresses() if server.host == "127.0.0.1" else [server.host]
    say(f"serving  port {port}, by {server.name}; nobody can write to it")
    say("")
    if not here:
        say(
            "This machine has no address in any network, so only it can be served: join the room's network, then again."
        )
    for number, address in enumerate(here or ["127.0.0.1"]):
        say(
            "or, where that does not answer:"
            if number
            else "Learners type, in the workshop's folder (on Windows .\\invoke):"
        )
        say(f"\n    ./invoke pull --mirror {address}:{port}\n")
    first = f"{(here or ['127.0.0.1'])[0]}:{port}"
    say(
        "trust    Their engines need no setting for that: what one refuses to pull since it comes without encryption, "
        "the task fetches past it, and checks"
    )
    say(
        f"plain    `docker pull {first}/library/busybox` needs an engine that is told to trust this mirror: "
        f'"insecure-registries": ["{first}"] in /etc/docker/daemon.json, or in Docker Desktop under Settings, Docker '
        "Engine; then a restart"
    )
    say(f"silent   No answer? This machine's firewall must let port {port} in; many guest networks keep laptops apart")
    say("")
    say("Ctrl-C ends it.")
