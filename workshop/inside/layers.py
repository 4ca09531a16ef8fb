"""What is inside an image's layers, read from the archive that `docker save` writes."""

from __future__ import annotations

import contextlib
import functools
import gzip
import importlib
import io
import json
import re
import tarfile
import tempfile
from dataclasses import dataclass
from typing import IO, Any, cast

from workshop.engine import images
from workshop.trouble import MachineTrouble

IN_MEMORY = 64 * 1024 * 1024
"""Bytes of an image's archive that are held in memory; a larger one goes to a temporary file."""
GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
"""How packed layers begin (RFC 1952, RFC 8878); only the containerd image store keeps them packed."""
_WHITEOUT = ".wh."
"""Prefix of the marker by which a layer deletes a file of a lower one (OCI image specification, layer.md)."""
_ROOT = re.compile(r"^(\.?/)+|^\.$")
"""How a path may begin in an archive; a dot that is part of a name stays."""
_OPAQUE = ".wh..wh..opq"
"""Name of the marker by which a layer hides all that lower ones have in its folder (same place)."""


@dataclass(frozen=True)
class Entry:
    """One path that a layer holds."""

    path: str
    """Without a leading slash."""
    size: int
    mode: int
    uid: int
    gid: int
    is_file: bool
    is_dir: bool
    link: str = ""
    deletes: bool = False
    """It only hides `path` of a lower layer, and what is in it."""
    is_symlink: bool = False


class Layer:
    """One filesystem layer, and what the instruction that made it wrote."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self._members = {_ROOT.sub("", member.name): member for member in archive}

    @functools.cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every path in it; a deletion is an entry that `deletes`."""
        return tuple(_entry(path, member) for path, member in self._members.items() if path)

    @functools.cached_property
    def files(self) -> dict[str, Entry]:
        """Its regular files and links, by path."""
        return {entry.path: entry for entry in self.entries if not entry.is_dir and not entry.deletes}

    @property
    def size(self) -> int:
        """Sum of the sizes of its files, in bytes; the same on every engine and in every image store."""
        return sum(entry.size for entry in self.entries)

    @property
    def links(self) -> int:
        """Sum of the lengths of what its symbolic links point to, in bytes: some engines count them, too."""
        return sum(len(entry.link.encode()) for entry in self.entries if entry.is_symlink)

    def hides(self, path: str) -> bool:
        """Whether it deletes or replaces `path` of a lower layer, or deletes a folder it is in."""
        return any(
            entry.path == path or (entry.deletes and path.startswith(f"{entry.path}/")) for entry in self.entries
        )

    def read(self, path: str) -> bytes:
        """Read one of its files; empty for anything that is not a regular file."""
        member = self._members.get(path.lstrip("/"))
        stream = self._archive.extractfile(member) if member is not None and member.isfile() else None
        return stream.read() if stream else b""


def _entry(path: str, member: tarfile.TarInfo) -> Entry:
    folder, _, name = path.rpartition("/")
    deletes = name.startswith(_WHITEOUT)
    if deletes:
        path = folder if name == _OPAQUE else f"{folder}/{name.removeprefix(_WHITEOUT)}".lstrip("/")
    return Entry(
        path,
        member.size if member.isfile() else 0,
        member.mode,
        member.uid,
        member.gid,
        is_file=member.isfile(),
        is_dir=member.isdir(),
        link=member.linkname if member.issym() or member.islnk() else "",
        deletes=deletes,
        is_symlink=member.issym(),
    )


@dataclass(frozen=True)
class Archive:
    """What `docker save` writes of one image; its layers are the lowest first."""

    config: dict[str, Any]
    """The image's configuration: its `history`, `rootfs`, `config` …."""
    layers: list[Layer]


def read(image: str, stack: contextlib.ExitStack, *, skip: int = 0) -> list[Layer]:
    """Read the layers of `image` from the lowest up, without the lowest `skip` (its base image's); see `unpack`."""
    return unpack(image, stack, skip=skip).layers


def unpack(image: str, stack: contextlib.ExitStack, *, skip: int = 0) -> Archive:
    """Read the archive of `image`, without the lowest `skip` of its layers.

    The layers can be read until `stack` is closed, which holds the archive.

    Both archive layouts are understood: the engine's own and the OCI one of the containerd image store.

    Raises:
        Refused: there is no such image.
        MachineTrouble: the engine went away, or its archive can't be read here.

    """
    spool = cast("IO[bytes]", stack.enter_context(tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)))  # noqa: SIM115 - `stack` closes it
    for chunk in images.save(image):
        spool.write(chunk)
    spool.seek(0)
    outer = stack.enter_context(tarfile.open(fileobj=spool))  # noqa: SIM115 - as above
    manifest = _of_this_platform(outer, json.load(_open(outer, "manifest.json")))
    streams = [_unpacked(_open(outer, name)) for name in manifest["Layers"][skip:]]
    layers = [Layer(stack.enter_context(tarfile.open(fileobj=stream))) for stream in streams]  # noqa: SIM115 - as above
    return Archive(json.load(_open(outer, manifest["Config"])), layers)


def _of_this_platform(archive: tarfile.TarFile, manifests: list[dict[str, Any]]) -> dict[str, Any]:
    """Choose the image for the engine's own processor; the containerd image store can hold several under one name."""
    if len(manifests) == 1:
        return manifests[0]
    mine = images.platform()[1]
    return next(
        (one for one in manifests if json.load(_open(archive, one["Config"])).get("architecture") == mine), manifests[0]
    )


def _open(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    with contextlib.suppress(KeyError):
        if stream := archive.extractfile(name):
            return stream
    raise MachineTrouble(
        "docker save left out a part of this image.",
        kind="archive-incomplete",
        why=f"{name} is named in the archive and not in it. Some engines with the containerd image store do that.",
        fix="update the engine, or pull the base image again",
    )


def _unpacked(stream: IO[bytes]) -> IO[bytes]:
    magic = stream.read(4)
    stream.seek(0)
    if magic.startswith(GZIP):
        return io.BytesIO(gzip.decompress(stream.read()))
    return io.BytesIO(_from_zstd(stream.read())) if magic == ZSTD else stream


def _from_zstd(packed: bytes) -> bytes:
    try:
        return bytes(importlib.import_module("compression.zstd").decompress(packed))
    except ImportError:
        raise MachineTrouble(
            "A layer of this image is packed with zstd, which this Python can't read.",
            kind="zstd",
            why="Python 3.14 and newer can.",
            fix="use a base image whose layers are packed with gzip, as the official ones are",
        ) from None


def merged(layers: list[Layer]) -> dict[str, Entry]:
    """Lay `layers` over each other, lowest first, and give the files a container would see, by path."""
    seen: dict[str, Entry] = {}
    for layer in layers:
        for gone in (entry.path for entry in layer.entries if entry.deletes):
            for path in [path for path in seen if path == gone or path.startswith(f"{gone}/")]:
                del seen[path]
        seen.update(layer.files)
    return seen
