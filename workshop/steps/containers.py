"""`invoke run`, `open`, `logs` and `stop`: one container in the background."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from typing import Any

from workshop import changes, names, places
from workshop.engine import containers, glance, images, labels, whales
from workshop.engine.api import Refused
from workshop.trouble import NotThere, Usage

from . import ports, said

_STALE = "  a file was changed since? Then first: invoke build"
Show = Callable[[str], None]
"""Takes one line for the reader."""


def run_command(image: str, container: str) -> list[str]:
    """Write the `docker run` that `run` stands for."""
    return ["docker", "run", "-d", "-P", "--name", container, image]


def run(image: str, container: str, show: Show, command: Callable[[list[str]], None]) -> str:
    """Start `image` in the background as `container`, its ports published, and say what changed.

    A container of this workshop that has the name is replaced (or left, when it runs this very image).

    Raises:
        NotThere: there is no such image yet, or it ended at once.
        Usage: the name belongs to somebody else's container.

    """
    facts = images.inspect(image)
    if facts is None:
        near = names.nearest(image, images.tags())
        raise NotThere(
            f"There is no image called {image} yet.",
            why=f"There is {near}." if near else "docker run starts an image, so build one first.",
            fix=f"invoke run --image {near}" if near else f"invoke build --image {image}",
        )
    there = glance.container(container)
    if there:
        running = there["State"]["Running"]
        if not ports.started_here(there):
            raise _strangers(container, there)
        if there["Image"] == facts["Id"] and running:
            return f"= container {container} already runs this image · {_address_line(container)}\n{_STALE}"
        age = "an older image" if there["Image"] != facts["Id"] else "this image, and has stopped"
        command(["docker", "rm", "-f", container])
        whales.remove(container)
        show(f"- container {container} {changes.short(there['Id'])} ({age})")
    command(run_command(image, container))
    try:
        whales.run(image, name=container, labels=labels.on_container(places.ROOT))
    except Refused as refused:
        raise said.not_run(str(refused)) from refused
    started = glance.container(container)
    if started and not started["State"]["Running"]:
        raise _ended(container, started)
    return f"+ container {container} {changes.short(started['Id']) if started else ''} · {_address_line(container)}"


def _ended(container: str, there: dict[str, Any]) -> NotThere:
    code = there["State"]["ExitCode"]
    why = "Its first process ended by itself; a container lives as long as that." if code == 0 else "Its log says why."
    return NotThere(f"{container} started and ended at once, with exit code {code}.", why=why, fix="invoke logs")


def _strangers(container: str, there: dict[str, Any]) -> Usage:
    state = "running" if there["State"]["Running"] else f"stopped ({there['State']['Status']})"
    return Usage(
        f"The name {container} is taken, by a container that this workshop did not start.",
        why=f"It was made from {there['Config']['Image']}, and is {state}. Even a stopped container keeps its name.",
        fix=[f"docker rm -f {container}   (if you don't need it any more)", "invoke run --container another-name"],
    )


def _address_line(container: str) -> str:
    try:
        return ", ".join(
            f"port {port.partition('/')[0]} answers at http://{where}" for port, where in ports.addresses(container)
        )
    except NotThere as nothing:
        return nothing.what


def open_page(container: str) -> str:
    """Open the first published page in the browser, and say so."""
    url = f"http://{ports.addresses(container)[0][1]}/"
    return f"opening {url}" if webbrowser.open(url) else f"No browser opens from here. Type this into one: {url}"


def logs(container: str) -> str:
    """Give what the container printed."""
    ports.must_exist(container)
    return containers.Container(container, container).logs("all")


def stop(container: str) -> str:
    """Stop the container, and say what changed."""
    there = ports.must_exist(container)
    if there["State"]["Status"] == "created":
        return f"= container {container} never started; it is there all the same: docker rm {container}"
    if not there["State"]["Running"]:
        return f"= container {container} had stopped already"
    whales.stop(container)
    code = ports.must_exist(container)["State"]["ExitCode"]
    return f"- container {container} no longer runs (exit code {code}); it still exists, with its files and its name"
