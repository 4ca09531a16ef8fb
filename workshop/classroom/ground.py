"""The ground that a class is graded on: an engine that answers, the base images, and limits that were tried out."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from workshop import bases, places
from workshop.engine import cleaning, images, labels, networks
from workshop.engine.api import FIRST_ANSWER_WITHIN, Refused, connect, fresh, podman
from workshop.engine.containers import Container, Plan, host
from workshop.engine.limits import Limits
from workshop.judging import web
from workshop.judging.running import until
from workshop.trouble import MachineTrouble

SERVER = bases.BASE_IMAGES[0]
_CONFIG = ("Cmd", "Entrypoint", "Env", "ExposedPorts", "Healthcheck", "Labels", "StopSignal", "User", "WorkingDir")
"""Of an image's configuration, what a verdict may depend on."""
ANSWERS_WITHIN = 10.0
"""Seconds for the first answer of a container in its limits; a busy machine needs one."""
BACK_WITHIN = 60.0
"""Seconds that an engine gets to come back, as after a restart."""


def base_images() -> dict[str, str]:
    """Give the IDs of the base images, by name.

    Raises:
        MachineTrouble: no engine answers, or it lacks one of them.

    """
    connect()
    found = bases.status()
    if lacking := [one.name for one in found if not one.present]:
        raise MachineTrouble(f"The engine lacks {' and '.join(lacking)}.", kind="no-base-images", fix="invoke setup")
    return {one.name: one.image_id for one in found}


def looks(name: str) -> str:
    """Describe an image so that equal ones have equal words on every engine; empty where there is none.

    Its ID alone would not do: the same image has another one in an engine that keeps its images with containerd.
    """
    facts = images.inspect(name)
    if facts is None:
        return ""
    config = {key: (facts.get("Config") or {}).get(key) or None for key in _CONFIG}
    parts = json.dumps([facts["RootFS"].get("Layers"), config], sort_keys=True)
    digest = hashlib.sha256(parts.encode()).hexdigest()[:12]
    return f"{digest} for {facts.get('Os')}/{facts.get('Architecture')}"


@contextlib.contextmanager
def limited(say: Callable[[str], object]) -> Iterator[Limits]:
    """Lend the limits within which answers are judged, and take away afterwards what they needed.

    Raises:
        MachineTrouble: this engine can't hold them.

    """
    if version := podman():
        raise MachineTrouble(
            f"This engine is Podman {version}; grading needs Docker Engine.",
            kind="no-limits",
            why="What a stranger's build takes is bounded by the container of each step, and Podman names none.",
            fix="grade where Docker Engine runs, such as a virtual machine; verify works here",
        )
    for name in networks.leftovers(places.ROOT):
        networks.remove(name)
    limits = Limits()
    network = ""
    with contextlib.suppress(Refused):
        network = networks.make(places.ROOT)
    try:
        if not network or not _serves(replace(limits, network=network)):
            if not _serves(limits):
                raise MachineTrouble(
                    "This engine can't run a container within the limits for grading.",
                    kind="no-limits",
                    why=f"{SERVER} did not answer within {ANSWERS_WITHIN:g} seconds.",
                    fix="invoke doctor",
                )
            say("note     containers can reach the network here: this engine publishes no port without that")
        else:
            limits = replace(limits, network=network)
        yield limits
    finally:
        _clean_up(network)


def _clean_up(network: str) -> None:
    cleaning.settle()
    with contextlib.suppress(MachineTrouble, Refused):
        cleaning.remove_leftovers(places.ROOT)
        if network:
            networks.remove(network)


def _serves(limits: Limits) -> bool:
    """Try whether a server of ours answers within these limits.

    Raises:
        MachineTrouble: the engine refuses to hold them.

    """
    try:
        container = Container.create(Plan(SERVER, labels=labels.of_lab(places.ROOT), limits=limits), ["80/tcp"])
    except Refused as refused:
        raise _cannot(refused) from refused
    try:
        container.start()
        port = container.published().get("80/tcp")
        return port is not None and until(lambda: _answer(port), ANSWERS_WITHIN) is not None
    except Refused as refused:
        raise _cannot(refused) from refused
    finally:
        cleaning.remove_container(container.id)


def _answer(port: int) -> web.Response | None:
    try:
        return web.get(host(), port)
    except web.NoAnswer:
        return None


def _cannot(refused: Refused) -> MachineTrouble:
    return MachineTrouble(
        "This engine can't hold the limits for grading.",
        kind="no-limits",
        why=str(refused),
        fix="grade with an engine that is not rootless, or one with cgroup v2 and delegation",
    )


def answers_again() -> bool:
    """Wait until the engine answers; False when it does not in time."""
    return until(_knock, BACK_WITHIN) is not None


def _knock() -> bool | None:
    try:
        fresh(FIRST_ANSWER_WITHIN).close()
    except MachineTrouble:
        return None
    return True
