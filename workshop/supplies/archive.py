"""Writes archives of images that `docker load` takes: each file in them is named by its checksum."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType

LISTING = "docker-101.json"
"""What is in a bundle: for each image its name, platform, files, and the digest that its registry gave."""
SUMS = "SHA256SUMS"
"""The checksum of every other file in a bundle, the last one in it, as `sha256sum --check` reads it."""
MANIFEST = "manifest.json"
"""What `docker load` reads: the images for one kind of processor."""
BLOBS = "blobs/sha256/"
"""Where images' own files are, each under its SHA-256."""
_AT_ONCE = 1024 * 1024


class Checked(io.RawIOBase):
    """A stream that knows the digest of what was read of it."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self._seen = hashlib.sha256()

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        got = self._content.read(size)
        self._seen.update(got)
        return got

    def rest(self) -> None:
        """Read to the end: only then is the digest the whole one, and an HTTP connection free for the next question."""
        while self.read(_AT_ONCE):
            pass

    @property
    def digest(self) -> str:
        """The name of what was read so far, such as sha256:9f86…."""
        return f"sha256:{self._seen.hexdigest()}"


class Writer:
    """An archive while it is written; `close` adds what says which images are in it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed by `close`
        self._sums: dict[str, str] = {}
        self._loaded: list[dict[str, Any]] = []

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._text(MANIFEST, self._loaded)
            if LISTING in self._sums:
                self._text(SUMS, "".join(f"{digest}  {name}\n" for name, digest in self._sums.items()))
            self._tar.close()

    def blob(self, digest: str, size: int, content: IO[bytes]) -> str:
        """Add a file of so many bytes, unless it is there already; give its name in the archive.

        Raises:
            ValueError: it is not what its digest says.

        """
        name = BLOBS + digest.removeprefix("sha256:")
        if name in self._sums:
            return name
        info, checked = tarfile.TarInfo(name), Checked(content)
        info.size = size
        self._tar.addfile(info, checked)
        checked.rest()
        if checked.digest != digest:
            raise ValueError(f"{digest} was changed on its way")
        self._sums[name] = digest.removeprefix("sha256:")
        return name

    def image(self, name: str, config: str, layers: Sequence[str]) -> None:
        """Let `docker load` make an image of these files, and give it that name."""
        self._loaded.append({"Config": config, "RepoTags": [name], "Layers": list(layers)})

    def listing(self, images: Iterable[dict[str, Any]]) -> None:
        """Make a bundle of it, which says what is in it and has the checksums of all."""
        self._text(LISTING, {"version": 1, "images": list(images)})

    def _text(self, name: str, content: object) -> None:
        text = (content if isinstance(content, str) else json.dumps(content, indent=1)).encode()
        info = tarfile.TarInfo(name)
        info.size = len(text)
        self._tar.addfile(info, io.BytesIO(text))
        self._sums[name] = hashlib.sha256(text).hexdigest()
