"""Reads an archive from end to end before anything in it is used: what is in it, and is all of it harmless."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .archive import LISTING, Checked
from .refusal import readable

if TYPE_CHECKING:
    import tarfile

MEMBERS = 2_000
"""Files in an archive; two base images for eight kinds of processors have 200."""


class Hostile(Exception):
    """Something in the archive has no place in one that was made honestly."""


@dataclass(frozen=True)
class Member:
    """One file of an archive, and its SHA-256."""

    info: tarfile.TarInfo
    digest: str


def members(archive: tarfile.TarFile) -> dict[str, Member]:
    """Read the archive once, from end to end, and note each file's digest.

    Raises:
        Hostile: something in it is no plain file or folder, or leads elsewhere.

    """
    found: dict[str, Member] = {}
    links: dict[str, str] = {}
    for number, info in enumerate(archive):
        name = info.name
        if number >= MEMBERS:
            raise Hostile(f"it has more than {MEMBERS:,} files")
        if name.startswith("/") or ".." in name.split("/") or "\\" in name or ":" in name:
            raise Hostile(f"{readable(name)} in it leads out of it")
        if info.isdir():
            continue
        if info.issym():
            links[name] = info.linkname
            continue
        if not info.isreg() or info.issparse():
            raise Hostile(f"{readable(name)} in it is no plain file, but a link, a device or the like")
        if name in found:
            raise Hostile(f"{readable(name)} is in it twice")
        content = archive.extractfile(info)
        if content is None:
            raise Hostile(f"{readable(name)} in it can't be read")
        with content:
            checked = Checked(content)
            checked.rest()
        found[name] = Member(info, checked.digest)
    for name, leads in links.items():
        _follow(name, leads, found)
    return found


def _follow(name: str, leads: str, found: dict[str, Member]) -> None:
    """Put what a link leads to in its place: older engines, and Podman, save a layer of two images once.

    Raises:
        Hostile: it leads elsewhere than to a file of the archive, or is in one that has no need of links.

    """
    target = posixpath.normpath(posixpath.join(posixpath.dirname(name), leads))
    if LISTING in found or target not in found or leads.startswith("/"):
        raise Hostile(f"{readable(name)} in it is no plain file, but a link")
    if name in found:
        raise Hostile(f"{readable(name)} is in it twice")
    found[name] = found[target]
