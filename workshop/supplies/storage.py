"""Lays images out as a registry keeps them on its disk, so that one that is started over it has them at once.

Nothing is pushed: no tag is made on the engine, and the registry can refuse all writing from its first moment on.
The layout is that of distribution, versions 2 and 3 (registry/storage/paths.go).
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import tempfile
from typing import TYPE_CHECKING, Any

from .archive import Checked
from .bundle import GZIP

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .bundle import Bundle, Packed

LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
IMAGE = "application/vnd.docker.distribution.manifest.v2+json"
SETTINGS = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
"""Media types of Docker's image manifest version 2, schema 2, which every engine takes."""
_LEVEL = 6
"""gzip's own default: half the size of the unpacked layer, at some 30 MB a second."""


class Storage:
    """A registry's folder while it is filled."""

    def __init__(self, folder: Path) -> None:
        self._root = folder / "docker" / "registry" / "v2"

    def add(self, repository: str, version: str, images: Iterable[tuple[Bundle, Packed]]) -> str:
        """Have the registry hold these as one name, the same image for several platforms; give its digest."""
        held = [self._image(repository, bundle, image) for bundle, image in images]
        digest, _ = self._manifest(repository, {"schemaVersion": 2, "mediaType": LIST, "manifests": held})
        tag = self._root / "repositories" / repository / "_manifests" / "tags" / version
        _link(tag / "current", digest)
        _link(tag / "index" / "sha256" / _hex(digest), digest)
        return digest

    def _image(self, repository: str, bundle: Bundle, image: Packed) -> dict[str, Any]:
        settings = self._as_it_is(bundle, image.config)
        layers = [self._packed(bundle, layer) for layer in image.layers]
        for digest, _ in (settings, *layers):
            _link(self._root / "repositories" / repository / "_layers" / "sha256" / _hex(digest), digest)
        manifest = {
            "schemaVersion": 2,
            "mediaType": IMAGE,
            "config": {"mediaType": SETTINGS, "digest": settings[0], "size": settings[1]},
            "layers": [{"mediaType": LAYER, "digest": digest, "size": size} for digest, size in layers],
        }
        digest, size = self._manifest(repository, manifest)
        variant = {"variant": image.platform.variant} if image.platform.variant else {}
        platform = {"os": "linux", "architecture": image.platform.architecture, **variant}
        return {"mediaType": IMAGE, "digest": digest, "size": size, "platform": platform}

    def _manifest(self, repository: str, manifest: dict[str, Any]) -> tuple[str, int]:
        text = json.dumps(manifest, indent=3).encode()
        digest = f"sha256:{hashlib.sha256(text).hexdigest()}"
        self._place(digest).write_bytes(text)
        _link(self._root / "repositories" / repository / "_manifests" / "revisions" / "sha256" / _hex(digest), digest)
        return digest, len(text)

    def _as_it_is(self, bundle: Bundle, name: str) -> tuple[str, int]:
        digest = bundle.digest(name)
        with bundle.content(name) as content, self._place(digest).open("wb") as file:
            shutil.copyfileobj(content, file)
        return digest, bundle.size(name)

    def _packed(self, bundle: Bundle, name: str) -> tuple[str, int]:
        """Keep a layer packed, as registries do: half as much for the room's network to carry."""
        with bundle.content(name) as content:
            if content.read(2) == GZIP:
                return self._as_it_is(bundle, name)
        self._root.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._root, delete=False) as file:
            with bundle.content(name) as content, gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as packing:
                shutil.copyfileobj(content, packing, 1024 * 1024)
            size = file.tell()
            file.seek(0)
            checked = Checked(file)
            checked.rest()
        place = self._place(checked.digest)
        shutil.move(file.name, place)
        place.chmod(0o644)
        return checked.digest, size

    def _place(self, digest: str) -> Path:
        place = self._root / "blobs" / "sha256" / _hex(digest)[:2] / _hex(digest) / "data"
        place.parent.mkdir(parents=True, exist_ok=True)
        return place


def _link(folder: Path, digest: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "link").write_text(digest, "ascii")


def _hex(digest: str) -> str:
    return digest.removeprefix("sha256:")
