"""Small images made without an engine, to be packed, loaded, damaged and served."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from workshop.engine import labels
from workshop.names import whole
from workshop.supplies.archive import Writer

DIGEST = f"sha256:{'d1' * 32}"
"""What a registry might have told."""


@dataclass(frozen=True)
class Tiny:
    """An image of one file; `salt` makes it another one."""

    name: str
    architecture: str = "amd64"
    salt: str = ""
    standin: bool = False
    packed: bool = False
    """Whether its layer is packed with gzip, as registries have it."""
    digest: str = ""

    @property
    def layer(self) -> bytes:
        """The layer, unpacked."""
        text = f"{self.name} {self.architecture} {self.salt}".encode()
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w") as tar:
            info = tarfile.TarInfo("which")
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text))
        return content.getvalue()

    @property
    def settings(self) -> bytes:
        """Its configuration; the digest of that is its ID."""
        marks = {labels.STANDIN: "made for a test"} if self.standin else {}
        return json.dumps(
            {
                "architecture": self.architecture,
                "os": "linux",
                "config": {"Labels": marks, "Cmd": ["/which"]},
                "rootfs": {"type": "layers", "diff_ids": [sha256(self.layer)]},
            }
        ).encode()

    @property
    def id(self) -> str:
        """What the engine calls it."""
        return sha256(self.settings)


def sha256(content: bytes) -> str:
    """Name content as Docker does."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def write(file: Path, images: Iterable[Tiny], *, listed: bool = True) -> Path:
    """Write a bundle of these as `invoke pack` does; not `listed`, one as `docker save` does."""
    images = list(images)
    entries = []
    with file.open("wb") as out, Writer(out) as writer:
        for one in images:
            layer = gzip.compress(one.layer, mtime=0) if one.packed else one.layer
            config = writer.blob(one.id, len(one.settings), io.BytesIO(one.settings))
            name = writer.blob(sha256(layer), len(layer), io.BytesIO(layer))
            if one.architecture == images[0].architecture:
                writer.image(whole(one.name), config, [name])
            entries.append(
                {
                    "name": one.name,
                    "platform": f"linux/{one.architecture}",
                    "config": config,
                    "layers": [name],
                    "digest": one.digest,
                    "stand-in": one.standin,
                }
            )
        if listed:
            writer.listing(entries)
    return file
