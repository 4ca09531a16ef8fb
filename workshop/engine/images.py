"""The engine's images: look them up, read what is in them, load, pull, name."""

from __future__ import annotations

import contextlib
import queue
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workshop.trouble import MachineTrouble

from .api import Refused, connect, talking

if TYPE_CHECKING:
    from pathlib import Path

STALLED = 600
"""Seconds without a word from a pull in progress: `docker pull` is silent while one layer comes in on a slow line."""


NOT_FOUND = 404
"""HTTP status of "no such image"."""
_LONG_NAME = re.compile(r"^(?:localhost/|docker\.io/(?:library/)?)")
"""What Podman puts before the names that one types: localhost/ at loading, docker.io/library/ at building."""


@dataclass(frozen=True)
class Image:
    """One image as the engine has it; `size` in bytes, unpacked or packed as the engine counts."""

    id: str
    size: int
    architecture: str
    labels: dict[str, str] = field(default_factory=dict)
    layers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def find(name: str) -> Image | None:
    """Look up an image by name or id; None when the engine has none."""
    facts = inspect(name)
    if facts is None:
        return None
    return Image(
        id=facts["Id"],
        size=int(facts.get("Size") or 0),
        architecture=facts.get("Architecture", ""),
        labels=facts["Config"].get("Labels") or {},
        layers=tuple(facts["RootFS"]["Layers"]),
        names=tuple(facts["RepoTags"]),
    )


def inspect(image: str) -> dict[str, Any] | None:
    """Read what the engine knows of an image; None where it has none of that name or ID.

    `Config` and `RootFS.Layers` are always there; what is not set in `Config` may be null, empty, or missing, by
    engine and API version.
    """
    try:
        with talking() as api:
            facts = as_typed(api.inspect_image(image))
    except Refused as refused:
        if refused.status == NOT_FOUND:
            return None
        raise
    layers = (facts.get("RootFS") or {}).get("Layers") or []
    return {**facts, "Config": facts.get("Config") or {}, "RootFS": {"Layers": layers}}


def history(image: str) -> list[dict[str, Any]]:
    """Read the steps that made an image, newest first: `CreatedBy`, `Size` in bytes, `Id`, `Tags`."""
    with talking() as api:
        return list(api.history(image))


def save(image: str) -> Iterator[bytes]:
    """Read the archive that `docker save` would write."""
    with talking() as api:
        yield from api.get_image(image)


def listing(**filters: str) -> list[dict[str, Any]]:
    """List images as `docker images` does."""
    with talking() as api:
        return [as_typed(one) for one in api.images(filters=filters or None)]


def as_typed(facts: dict[str, Any]) -> dict[str, Any]:
    """Give what an engine says of an image with its `RepoTags` as one types them: "busybox:latest", never null.

    An image without a name has none, or "<none>:<none>" before API 1.43.
    """
    tags = (_LONG_NAME.sub("", tag) for tag in facts.get("RepoTags") or ())
    return {**facts, "RepoTags": [tag for tag in tags if tag != "<none>:<none>"]}


def tags() -> list[str]:
    """Name every tagged image, such as "nginx:mainline-alpine"."""
    return sorted(tag for image in listing() for tag in image["RepoTags"])


def platform() -> tuple[str, str]:
    """Tell the engine's operating system and architecture in Docker's words, such as ("linux", "amd64")."""
    version = connect().version()
    return version["Os"], version["Arch"]


def load(archive: Path) -> None:
    """Load the images of an archive that `docker save` or the stand-in's maker wrote.

    Raises:
        MachineTrouble: the engine refuses the archive; `why` has its words.

    """
    from docker.errors import DockerException

    try:
        with archive.open("rb") as content:
            # The SDK's signature says bytes; it streams a file as well, and a bundle may be larger than the memory.
            connect().images.load(content)
    except (DockerException, OSError) as error:
        raise MachineTrouble(f"The engine could not load {archive.name}.", kind="load", why=str(error)) from error


def tag(image: str, name: str) -> None:
    """Give an image one more name; a name that was another image's moves in one step."""
    repository, _, version = name.rpartition(":") if ":" in name.rpartition("/")[2] else (name, "", "latest")
    connect().images.get(image).tag(repository, version)


def untag(name: str) -> None:
    """Take a name from an image; the image itself goes with its last name, if nothing needs it."""
    from docker.errors import APIError

    with contextlib.suppress(APIError):  # a container was made from that name, which then stays
        connect().images.remove(name, force=False)


def forget(image: str) -> None:
    """Remove the image with this id, unless it still has a name or something was made from it.

    The engine, asked to remove an id, would also take the image's last name, which may be a learner's own.
    """
    found = find(image)
    if found and not found.names:
        untag(image)


def pull(name: str, *, answer_within: float) -> None:
    """Let the engine pull `name`; give up when the registry has not answered within so many seconds.

    Only the engine knows the way to the registry (proxy, mirror, another machine), so no other program is asked
    whether it is there: the pull is started, and its first words are the answer. It is the docker program that
    pulls, because it knows the user's logins, and because ending it ends the pull in the engine too.

    Raises:
        MachineTrouble: no answer, or a refusal; `why` has the last words of `docker pull`.

    """
    try:
        pulling = subprocess.Popen(
            ["docker", "pull", name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except FileNotFoundError:
        raise MachineTrouble("There is no docker program on this machine.", kind="not-installed") from None
    try:
        said = _listen(pulling, name, answer_within)
    finally:
        if pulling.poll() is None:
            pulling.kill()
        pulling.wait()
        if pulling.stdout:
            pulling.stdout.close()
    if pulling.returncode != 0:
        raise MachineTrouble(f"{name} could not be pulled.", kind="pull", why=said[-1] if said else "")


def _listen(pulling: subprocess.Popen[str], name: str, answer_within: float) -> list[str]:
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in pulling.stdout or ():
            lines.put(line.strip())
        lines.put(None)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    said: list[str] = []
    deadline = time.monotonic() + answer_within
    while True:
        try:
            line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            pulling.kill()
            reader.join()
            why = f"nothing for {STALLED} seconds" if said else f"no answer within {answer_within:g} seconds"
            raise MachineTrouble(f"{name} could not be pulled.", kind="pull", why=why) from None
        if line is None:
            pulling.wait()
            return said
        if line and not line.startswith("Using default tag"):  # said before the registry is asked
            said.append(line)
            deadline = time.monotonic() + STALLED
