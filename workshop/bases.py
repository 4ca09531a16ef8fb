"""The two images that everything here is built from, and where they come from when they are not there yet."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import names as naming
from .engine import images, labels
from .supplies.platforms import Platform
from .trouble import MachineTrouble, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Say = Callable[[str], None]

BASE_IMAGES: tuple[str, ...] = ("nginx:mainline-alpine", "busybox")
BUNDLE = Path(__file__).resolve().parent.parent / "base-images.tar"
"""Where a bundle is looked for when none is named."""
ANSWER_WITHIN = 5
"""Seconds that a registry gets to answer before the next source is tried."""
ASKED_FOR = 30
"""Seconds that it gets when pulling is what the user asked for."""
MEGA = 1_000_000


@dataclass(frozen=True)
class Base:
    """One base image; `size` in bytes."""

    name: str
    present: bool
    is_standin: bool = False
    image_id: str = ""
    size: int = 0
    architecture: str = ""


def status(names: Iterable[str] = BASE_IMAGES) -> list[Base]:
    """Tell which base images the engine has."""
    return [_look(name) for name in names]


def is_standin(image: str | Mapping[str, Any]) -> bool:
    """Tell by name, id or what inspect said whether an image was made on this machine, or built on one that was."""
    if isinstance(image, str):
        found = images.find(image)
        return found is not None and _is_standin(found)
    return labels.STANDIN in ((image.get("Config") or {}).get("Labels") or {})


def ensure(
    say: Say,
    *,
    bundle: Path | None = None,
    mirror: str | None = None,
    names: Mapping[str, str] | None = None,
) -> list[Base]:
    """Get the base images that are missing from the first source that has them, and tell what is there then.

    Sources, in order: the bundle, the mirror `HOST:PORT` or else the registry, a stand-in. `names` lets a base
    image go by another name on the engine.

    Raises:
        MachineTrouble: no source had one of them; `why` names each source and its reason, `fix` what to do.

    """
    local = dict(names) if names else {name: name for name in BASE_IMAGES}
    missing = _missing(local)
    if not missing:
        _renew(local, say)
        return status(local.values())
    system, architecture = images.platform()
    if system != "linux":
        raise MachineTrouble(
            f"This engine runs {system} containers.",
            kind="wrong-engine",
            why="the base images are for Linux containers",
            fix="In Docker Desktop's menu choose: Switch to Linux containers",
        )
    failed: list[str] = []
    where = f"mirror {mirror}" if mirror else "registry"
    sources: list[tuple[str, Callable[[Mapping[str, str]], None]]] = [
        ("bundle", lambda wanted: _from_bundle(wanted, bundle or BUNDLE, Platform(architecture), say)),
        (where, lambda wanted: _from_registry(wanted, mirror, ANSWER_WITHIN, say)),
        ("stand-in", lambda wanted: _from_packages(wanted, architecture, say)),
    ]
    for source, get in sources:
        try:
            get(missing)
        except Trouble as trouble:
            failed.append(f"{source}: {trouble.why or trouble.what}")
            if source == "bundle" and (bundle or BUNDLE).is_file():
                say(f"{trouble.what} {trouble.why}".rstrip())
        missing = _missing(local)
        if not missing:
            return status(local.values())
    raise MachineTrouble(
        f"{' and '.join(missing)} could not be had.",
        kind="no-base-images",
        why="\n".join(failed),
        fix=_fixes(),
    )


def pull(say: Say, *, mirror: str | None = None, names: Mapping[str, str] | None = None) -> list[Base]:
    """Pull the base images, also those that are here; stand-ins stay until the real ones have taken their names.

    Raises:
        MachineTrouble: the registry did not answer or refused; what was here still is.

    """
    local = dict(names) if names else {name: name for name in BASE_IMAGES}
    before = {given: images.find(given) for given in local.values()}
    try:
        _from_registry(local, mirror, ASKED_FOR, say)
    except MachineTrouble as trouble:
        trouble.fix = trouble.fix or _fixes()
        raise
    for given, old in before.items():
        new = images.find(given)
        if old and new and _is_standin(old) and old.id != new.id:
            images.forget(old.id)
            now = "another stand-in" if _is_standin(new) else "the real one"
            say(f"{given} was a stand-in and is {now} now")
    return status(local.values())


def _renew(local: Mapping[str, str], say: Say) -> None:
    """Make stand-ins again that an older workshop made in another way; keep them where that can not be done."""
    standins = {name: found for name, given in local.items() if (found := images.find(given)) and _is_standin(found)}
    if not standins:
        return
    from .standin import recipes

    old = {name: found for name, found in standins.items() if found.labels.get(labels.RECIPE) != recipes.mark()}
    if not old:
        return
    try:
        _from_packages({name: local[name] for name in old}, images.platform()[1], say)
    except MachineTrouble as trouble:
        say(f"note     the stand-ins for {' and '.join(old)} are those of an older workshop. {trouble.what}")
        return
    for one in old.values():
        images.forget(one.id)


def _is_standin(found: images.Image) -> bool:
    return labels.STANDIN in found.labels


def _look(name: str) -> Base:
    found = images.find(name)
    if found is None:
        return Base(name, present=False)
    return Base(name, True, _is_standin(found), found.id, found.size, found.architecture)


def _missing(local: Mapping[str, str]) -> dict[str, str]:
    return {name: given for name, given in local.items() if images.find(given) is None}


def _from_bundle(wanted: Mapping[str, str], file: Path, platform: Platform, say: Say) -> None:
    if not file.is_file():
        raise MachineTrouble(f"no {file.name} in {file.parent}")
    from .supplies import bundle  # needed once on a machine, as the other sources are

    with bundle.opened(file) as opened:
        fitting = opened.on(platform)
        there = {name: given for name, given in wanted.items() if bundle.short(name) in fitting}
        lacking = [name for name in wanted if name not in there]
        if not there:
            raise MachineTrouble(f"{file} holds {opened.account()}; this engine is {platform}")
        size = sum(fitting[bundle.short(name)].size for name in there) / MEGA
        say(f"Loading {', '.join(there)} from {file} ({size:.0f} MB, every checksum is right)")
        bundle.load(opened, [(fitting[bundle.short(name)], given) for name, given in there.items()])
    if lacking:
        raise MachineTrouble(f"{file} lacks {', '.join(lacking)}")


def _from_registry(wanted: Mapping[str, str], mirror: str | None, answer_within: float, say: Say) -> None:
    for name, given in wanted.items():
        if mirror:
            _from_mirror(name, given, mirror, answer_within, say)
            continue
        say(f"docker pull {name}")
        images.pull(name, answer_within=answer_within)
        if given != name:
            images.tag(name, given)


def _from_mirror(name: str, given: str, mirror: str, answer_within: float, say: Say) -> None:
    first: MachineTrouble | None = None
    for repository in (f"library/{name}", name):  # where a proxy has it, and where a push puts it
        place = f"{mirror}/{repository}"
        say(f"docker pull {place}")
        try:
            images.pull(place, answer_within=answer_within)
        except MachineTrouble as trouble:
            if "HTTP response to HTTPS client" in trouble.why:
                _over_plain_http(name, given, mirror, say)
                return
            first = first or trouble
            if "not found" in trouble.why or "manifest unknown" in trouble.why:
                continue
            break
        say(f"docker tag {place} {given}")
        images.tag(place, given)
        images.untag(place)
        return
    raise first or MachineTrouble(f"{mirror} does not have {name}")


def _over_plain_http(name: str, given: str, mirror: str, say: Say) -> None:
    """Fetch past the engine, which refuses registries without encryption that its settings don't name."""
    from .supplies import registry

    first: MachineTrouble | None = None
    platform = Platform(images.platform()[1])
    with tempfile.TemporaryDirectory(prefix="docker-101-") as folder:
        archive = Path(folder) / "fetched.tar"
        for wanted in registry.wanted(name, platform):
            try:
                registry.fetch(f"http://{mirror}", wanted, naming.whole(given), archive)
            except MachineTrouble as trouble:
                first = first or trouble
                if not trouble.why.startswith("404"):
                    break
                continue
            say(f"{mirror} has no encryption, so the engine won't pull from it; fetched {name} and loaded it instead")
            images.load(archive)
            return
    raise first or MachineTrouble(f"{mirror} does not have {name}")


def _from_packages(wanted: Mapping[str, str], architecture: str, say: Say) -> None:
    from .standin import making, packages  # needed on few machines, once

    if cannot := packages.available():
        raise MachineTrouble(cannot)
    if unknown := [name for name in wanted if name not in making.RECIPES]:
        raise MachineTrouble(f"there is none for {', '.join(unknown)}")
    if packages.architecture() != architecture:
        raise MachineTrouble(f"this machine's packages are for {packages.architecture()}, the engine is {architecture}")
    with tempfile.TemporaryDirectory(prefix="docker-101-") as folder:
        archive = Path(folder) / "standins.tar"
        making.make(archive, wanted, say)
        say(f"Loading stand-ins for {' and '.join(wanted)}; `invoke pull` replaces them once a registry answers")
        images.load(archive)


def _fixes() -> list[str]:
    fixes = [
        "With a network: " + "; ".join(f"docker pull {name}" for name in BASE_IMAGES),
        "Without: put the class's base-images.tar beside the README and run the same command again",
        "In a class: invoke pull --mirror HOST:PORT, with the address that your instructor gives",
    ]
    if sys.platform in {"darwin", "win32"}:
        return [*fixes, "Behind a proxy: Docker Desktop, Settings, Resources, Proxies"]
    return [*fixes, "Behind a proxy: https://docs.docker.com/engine/daemon/proxy/"]
