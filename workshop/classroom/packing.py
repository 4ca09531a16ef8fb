"""`invoke pack`: the base images into one file, for a stick or a shared folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workshop import bases, names
from workshop.changes import size
from workshop.engine import images
from workshop.names import whole
from workshop.supplies import bundle, local, platforms, registry
from workshop.supplies.archive import Writer
from workshop.supplies.bundle import Packed
from workshop.supplies.platforms import Platform
from workshop.trouble import MachineTrouble, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Say = Callable[[str], None]

_BEGUN = ".part"
"""Ends the name of a file that is not complete yet."""


@dataclass(frozen=True)
class Order:
    """What is to be packed, and into which file."""

    file: Path
    platforms: tuple[Platform, ...]
    """The first of them is the one that plain `docker load` takes."""
    mirror: str = ""


def order(file: str, asked: Iterable[str], mirror: str | None) -> Order:
    """Read what was typed.

    Raises:
        Usage: it can't be done as typed.
        MachineTrouble: no engine answers.

    """
    wanted = platforms.parse(asked)
    mirror = None if mirror is None else names.registry(mirror, f"pack {file}")
    path = Path(file).expanduser()
    if path.is_dir() or file.endswith(("/", os.sep)):
        path /= bases.BUNDLE.name
    if not path.parent.is_dir():
        raise Usage(f"There is no folder {path.parent}.", fix=f"invoke pack {bases.BUNDLE.name}")
    if path.exists():
        _must_be_archive(path)
    here = Platform(images.platform()[1])
    first = sorted(wanted or [here], key=lambda one: one.architecture != here.architecture)
    return Order(path, tuple(first), mirror or "")


def command(given: Order) -> list[str]:
    """Give the docker command that packing stands for."""
    return ["docker", "save", "-o", given.file.as_posix(), *bases.BASE_IMAGES]


def pack(given: Order, say: Say, names: Mapping[str, str] | None = None) -> None:
    """Write the file; what was of that name stays until the new one is whole and was read again.

    `names` lets a base image go by another name on the engine.

    Raises:
        MachineTrouble: an image can't be had for one of the platforms; there is no new file then.

    """
    local_names = dict(names) if names else {name: name for name in bases.BASE_IMAGES}
    begun = given.file.with_name(f".{given.file.name}{_BEGUN}")
    replaced = given.file.exists()
    try:
        with begun.open("wb") as file:
            with Writer(file) as writer:
                packing = _Packing(given, writer, say)
                for platform in given.platforms:
                    for name, its_name in local_names.items():
                        packing.add(name, its_name, platform)
                writer.listing(packing.entries)
            file.flush()
            os.fsync(file.fileno())  # a stick may be pulled out
        with bundle.opened(begun) as written:
            if len(written.images) != len(packing.entries):
                raise MachineTrouble(f"{given.file} did not come out whole.", kind="pack")
        checksum = _checksum(begun)
        begun.replace(given.file)
    finally:
        with contextlib.suppress(OSError):
            begun.unlink(missing_ok=True)
    _tell(given, packing.entries, f"{'replaced' if replaced else 'packed':8}", checksum, say)


def _tell(given: Order, entries: list[dict[str, Any]], made: str, checksum: str, say: Say) -> None:
    typed, first = given.file.as_posix(), given.platforms[0]
    say(f"{made} {typed}, {size(given.file.stat().st_size)}, every checksum read again and right")
    say(f"sha256   {checksum}")
    if any(entry["stand-in"] for entry in entries):
        say("note     it holds stand-ins; for the real ones: invoke pull, where there is a network, then pack again")
    say("next     put it beside the README of each learner's copy: `invoke setup` takes it; or: invoke load FILE")
    if len(given.platforms) > 1:
        say(f"         without the workshop, `docker load -i` takes what is for {first}, and nothing else of it")
    else:
        say(f"         without the workshop: docker load -i {typed}")


class _Packing:
    """A file that is being filled, image by image."""

    def __init__(self, given: Order, writer: Writer, say: Say) -> None:
        self.entries: list[dict[str, Any]] = []
        """What the file says of itself."""
        self._given = given
        self._writer = writer
        self._say = say

    def add(self, name: str, its_name: str, platform: Platform) -> None:
        """Take an image from the engine, where it goes by `its_name`, or else from a registry."""
        with local.saved(name, its_name, platform) as held:
            if held is None:
                self._fetch(name, platform)
                return
            opened, image = held
            self._enter(image, *opened.copy(image, self._writer))
            origin = "a stand-in made on this machine" if image.standin else image.digest or "its digest is not known"
            self._say(f"image    {name} for {platform}, {size(image.size)}, {origin}")

    def _fetch(self, name: str, platform: Platform) -> None:
        mirror = self._given.mirror
        place, why = mirror or "Docker Hub", ""
        for wanted in registry.wanted(name, platform, of_hub=not mirror):
            try:
                url = registry.reach(mirror) if mirror else registry.HUB
                with registry.explained(url, wanted), registry.Registry(url) as asked:
                    found = asked.find(wanted)
                    asked.settings(wanted, found)
                    config, layers = asked.copy(wanted, found, self._writer)
            except registry.NoAnswer as none:
                why = str(none)
                break
            except MachineTrouble as trouble:
                why = why or trouble.why
                if not trouble.why.startswith("404"):
                    break
                continue
            image = Packed(name, platform, str(found.config["digest"]), config, tuple(layers), (), 0, found.digest)
            self._enter(image, config, image.layers)
            packed = size(sum(int(layer["size"]) for layer in found.layers))
            self._say(f"image    {name} for {platform}, {packed} packed, {found.digest}, from {place}")
            return
        raise _unreached(name, platform, f"{place}: {why}", self._given)

    def _enter(self, image: Packed, config: str, layers: Sequence[str]) -> None:
        self.entries.append(
            {
                "name": image.name,
                "platform": str(image.platform),
                "config": config,
                "layers": list(layers),
                "digest": image.digest,
                "stand-in": image.standin,
            }
        )
        if self._given.platforms[0].takes(image.platform):
            self._writer.image(whole(image.name), config, layers)


def _unreached(name: str, platform: Platform, why: str, given: Order) -> MachineTrouble:
    again = f"invoke pack {given.file.as_posix()}"
    everything = f"{again} --platform {','.join(map(str, given.platforms))}"
    fix = [f"once there is a network: {everything}", f"from a registry in the room: {everything} --mirror HOST:PORT"]
    if platform.architecture != images.platform()[1]:
        fix.append(f"only what is for this engine: {again}")
    return MachineTrouble(
        f"{name} for {platform} is not on this engine and could not be fetched; nothing was packed.",
        kind="pack",
        why=why,
        fix=fix,
    )


def _must_be_archive(path: Path) -> None:
    """See that what would be replaced is an archive, whole or not, and not somebody's text.

    Raises:
        Usage: it is none.

    """
    if path.stat().st_size and not tarfile.is_tarfile(path):
        raise Usage(
            f"{path} is there already and is no archive of images; it was left as it is.",
            fix=[f"invoke pack {bases.BUNDLE.name}", f"delete {path} first"],
        )


def _checksum(path: Path) -> str:
    seen = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1024 * 1024):
            seen.update(piece)
    return seen.hexdigest()
