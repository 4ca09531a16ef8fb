"""Looks at the engine: does it answer, may we use it, has it the images, the room and the name that a lesson needs."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from workshop.engine import api, endpoint, labels, preflight
from workshop.trouble import MachineTrouble

from .finding import Finding, typed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ANSWER_WITHIN = 2
"""Seconds for each of the engine's answers."""
ROOM_NEEDED = 1_000_000_000
"""Bytes: the base images have 60 million, and all that a learner builds stays below half of this."""
UNSEEN = "No engine answers, so this could not be looked at."


class BaseImage(Protocol):
    """What this needs to know of a base image."""

    @property
    def name(self) -> str:
        """As in FROM."""

    @property
    def present(self) -> bool:
        """True when the engine has it."""

    @property
    def is_standin(self) -> bool:
        """True when it was made on this machine instead of pulled."""

    @property
    def architecture(self) -> str:
        """Such as amd64; empty when it is not present."""


@dataclass
class Patient:
    """What the probes look at, and what the first of them found out for the others."""

    root: Path
    container: str
    bases: Callable[[], Sequence[BaseImage]] | None = None
    engine: preflight.Engine | None = None
    trouble: MachineTrouble | None = None


def answers(patient: Patient) -> Finding:
    """Ask whether an engine answers and gets along with the docker command."""
    try:
        patient.engine = preflight.look(ANSWER_WITHIN)
    except MachineTrouble as trouble:
        patient.trouble = trouble
        return Finding("engine", ok=False, what=trouble.what, why=trouble.why, fix=trouble.fix)
    one = patient.engine
    rootless = ", rootless" if one.rootless else ""
    return Finding(
        "engine", ok=True, what=f"{one.product} {one.version} answers (API {one.api}, {one.platform}{rootless})."
    )


def permission(patient: Patient) -> Finding:
    """Tell whether this user may talk to the engine."""
    if patient.engine:
        return Finding("permission", ok=True, what="You may use the engine.")
    if patient.trouble and patient.trouble.kind == "no-permission":
        return Finding(
            "permission", ok=False, what=patient.trouble.what, why=patient.trouble.why, fix=patient.trouble.fix
        )
    return Finding("permission", ok=None, what=UNSEEN)


def base_images(patient: Patient) -> Finding:
    """Look whether the base images are here, and made for this engine's kind of processor."""
    name = "base-images"
    if not patient.engine or patient.bases is None:
        return Finding(
            name, ok=None, what=UNSEEN if not patient.engine else "Nobody said which base images to look for."
        )
    found = list(patient.bases())
    if missing := [one.name for one in found if not one.present]:
        return Finding(
            name,
            ok=False,
            what=f"Not here yet: {' and '.join(missing)}.",
            why="Every exercise starts FROM one of them; with them here, no network is needed any more.",
            fix=[typed("setup"), f"In a class: {typed('load FILE')}, with the file that your instructor packed."],
        )
    if foreign := [one for one in found if one.architecture and one.architecture != patient.engine.arch]:
        return Finding(
            name,
            ok=False,
            what=f"{foreign[0].name} is made for {foreign[0].architecture}; this engine runs {patient.engine.arch}.",
            why="It would run slowly through an emulator, or not at all, and every run would warn about the platform.",
            fix=[f"docker pull --platform {patient.engine.platform} {one.name}" for one in foreign],
        )
    if standins := [one.name for one in found if one.is_standin]:
        return Finding(
            name,
            ok=True,
            what=f"All here; made on this machine as stand-ins: {' and '.join(standins)}.",
            why=f"`{typed('pull')}` replaces them once a registry answers.",
        )
    return Finding(name, ok=True, what="All here.")


def platform(patient: Patient) -> Finding:
    """Look whether DOCKER_DEFAULT_PLATFORM asks for images of another processor."""
    wanted = os.environ.get("DOCKER_DEFAULT_PLATFORM", "")
    if not wanted:
        return Finding("platform", ok=True, what="Images of the engine's own platform are used.")
    if not patient.engine:
        return Finding("platform", ok=None, what=UNSEEN)
    if wanted.startswith(patient.engine.platform):
        return Finding("platform", ok=True, what=f"DOCKER_DEFAULT_PLATFORM is the engine's own platform ({wanted}).")
    unset = "Remove-Item Env:DOCKER_DEFAULT_PLATFORM" if sys.platform == "win32" else "unset DOCKER_DEFAULT_PLATFORM"
    return Finding(
        "platform",
        ok=False,
        what=f"DOCKER_DEFAULT_PLATFORM asks for {wanted}, but the engine is {patient.engine.platform}.",
        why="Images would be fetched for another processor: slower through an emulator, or "
        '"exec format error" without one.',
        fix=[unset],
    )


def proxy(patient: Patient) -> Finding:
    """Look whether the engine knows the proxy that this terminal uses."""
    mine = next((os.environ[name] for name in _PROXIES if os.environ.get(name)), "")
    theirs = patient.engine.proxy if patient.engine else ""
    if not mine and not theirs:
        return Finding("proxy", ok=True, what="No proxy is set.")
    if theirs:
        return Finding("proxy", ok=True, what="The engine pulls through a proxy.")
    if not patient.engine:
        return Finding("proxy", ok=None, what=UNSEEN)
    if not endpoint.where().here:
        return Finding("proxy", ok=None, what="The engine is on another machine; its proxy is set there.")
    return Finding(
        "proxy",
        ok=False,
        what="This terminal uses a proxy, and the engine does not know of it.",
        why="The engine is another process and does not read this terminal's settings: pulls would fail or hang.",
        fix=[
            "Docker Desktop: Settings > Resources > Proxies. Linux: https://docs.docker.com/engine/daemon/proxy/",
            "For RUN instructions that fetch something: https://docs.docker.com/engine/cli/proxy/",
        ],
    )


_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


def disk(patient: Patient) -> Finding:
    """Measure the room for images. Where the engine is a virtual machine, its disk grows on this one's."""
    if not patient.engine:
        return Finding("disk", ok=None, what=UNSEEN)
    if not endpoint.where().here:
        return Finding("disk", ok=None, what="The engine is on another machine; its disk can't be seen from here.")
    place = Path(patient.engine.root)
    known = sys.platform == "linux" and place.is_absolute() and _exists(place)
    free = shutil.disk_usage(place if known else Path.home()).free
    shown = f"{free / 1e9:.1f} GB"
    if free >= ROOM_NEEDED:
        return Finding("disk", ok=True, what=f"{shown} are free for images.")
    return Finding(
        "disk",
        ok=False,
        what=f"Only {shown} are free for images; the workshop wants {ROOM_NEEDED / 1e9:.0f} GB.",
        why='Builds would stop with "no space left on device".',
        fix=[
            "docker system df",
            "Remove what you know that you don't need: docker image rm NAME",
            typed("cleanup --all"),
        ],
    )


def _exists(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:  # a folder above may be closed to this user
        return False


def container_name(patient: Patient) -> Finding:
    """Look who has the name that the lesson gives its container; stopped containers hold theirs too."""
    name = "container-name"
    if not patient.engine:
        return Finding(name, ok=None, what=UNSEEN)
    holders = [
        one for one in _containers({"name": f"^/?{patient.container}$"}) if f"/{patient.container}" in one["Names"]
    ]
    if not holders:
        return Finding(name, ok=True, what=f"The name {patient.container} is free.")
    one = holders[0]
    marks = one.get("Labels") or {}
    if marks.get(labels.STARTED) == labels.checkout_id(patient.root):
        return Finding(name, ok=True, what=f"{patient.container} is a container of this workshop ({one['State']}).")
    return Finding(
        name,
        ok=False,
        what=f"A container that is not this workshop's has the name {patient.container} ({one['State']}).",
        why="Names are unique on an engine, and a stopped container keeps its name.",
        fix=[
            f"Keep it under another name: docker rename {patient.container} my-{patient.container}",
            "Or choose another name for the lesson's: container in invoke.yaml",
        ],
    )


def leftovers(patient: Patient) -> Finding:
    """Count the containers of this checkout."""
    if not patient.engine:
        return Finding("leftovers", ok=None, what=UNSEEN)
    count = len(_containers({"label": f"{labels.STARTED}={labels.checkout_id(patient.root)}"}))
    if not count:
        return Finding("leftovers", ok=True, what="This workshop has no containers on the engine.")
    number = "1 container" if count == 1 else f"{count} containers"
    return Finding("leftovers", ok=True, what=f"This workshop has {number} on the engine.", fix=[typed("cleanup")])


def _containers(filters: dict[str, str]) -> list[dict[str, Any]]:
    """List containers, stopped ones too, over a connection of one's own: probes run side by side."""
    client = api.fresh(ANSWER_WITHIN)
    try:
        return list(client.api.containers(all=True, filters=filters))
    except Exception as error:
        raise preflight.explain(error) from error
    finally:
        client.close()
