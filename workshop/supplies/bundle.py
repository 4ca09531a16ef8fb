"""Reads an archive of images, `invoke pack`'s or `docker save`'s, and believes nothing in it before it was checked.

Nothing of the archive itself is ever handed to an engine: what was checked and is wanted is written anew (`copy`).
"""

from __future__ import annotations

import gzip
import itertools
import json
import lzma
import re
import shutil
import tarfile
import tempfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from workshop import names
from workshop.engine import images, labels
from workshop.inside.layers import GZIP, ZSTD
from workshop.trouble import MachineTrouble

from . import platforms, unpacking
from .archive import LISTING, MANIFEST, SUMS, Checked, Writer
from .platforms import Platform
from .refusal import Refusal, readable
from .survey import Hostile, members

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LARGEST = 2048 * unpacking.MEGA
"""Bytes of an archive, and of all it unpacks to; two base images for eight kinds of processors have a quarter."""
IMAGES = 100
"""Images in an archive; two for every kind of processor are 18."""
TEXT = 4 * unpacking.MEGA
"""Bytes of one of its texts; what registries allow a manifest to have."""
_AT_ONCE = 1024 * 1024
_SHA256 = re.compile(r"sha256:[0-9a-f]{64}")
_NAMED = re.compile(r"(?:blobs/sha256/)?([0-9a-f]{64})(?:\.json)?")
"""How `docker save` names what it names by its checksum: configurations, and from version 25 on everything."""
_ODD = (KeyError, TypeError, ValueError, AttributeError, RecursionError, OverflowError, EOFError, tarfile.TarError)
"""What reading raises where an archive, or a text in it, is not made as it should be."""


@dataclass(frozen=True)
class Packed:
    """One image in an archive."""

    name: str
    """As one types it: busybox, nginx:mainline-alpine."""
    platform: Platform
    id: str
    """The digest of its settings: what most engines call it."""
    config: str
    layers: tuple[str, ...]
    """The names of its files in the archive: its settings, and its layers from the lowest."""
    contents: tuple[str, ...]
    """What the engine calls the layers: the digests of what they unpack to."""
    size: int
    """Bytes of the unpacked layers."""
    digest: str = ""
    """The one that the registry gave when it was pulled; empty where that is not known."""
    standin: bool = False


class Bundle:
    """An archive that was checked, open for reading."""

    def __init__(self, path: Path, archive: tarfile.TarFile) -> None:
        self.path = path
        self._tar = archive
        self._left = LARGEST
        self._members = members(archive)
        self.listed = LISTING in self._members
        """True where `invoke pack` wrote it."""
        if self.listed:
            self._check_sums()
        self.images = tuple(itertools.islice(self._described(), IMAGES + 1))
        if len(self.images) > IMAGES:
            raise Hostile(f"it names more than {IMAGES} images")

    def on(self, platform: Platform) -> dict[str, Packed]:
        """Give the images for one kind of processor, by name."""
        return {one.name: one for one in self.images if platform.takes(one.platform)}

    def account(self) -> str:
        """Say what is in it, in a few words."""
        held: dict[str, list[str]] = {}
        for one in self.images:
            held.setdefault(str(one.platform), []).append(one.name)
        return (
            "; ".join(f"{', '.join(names)} for {platform}" for platform, names in held.items())
            or "no image with a name"
        )

    def copy(self, image: Packed, to: Writer) -> tuple[str, tuple[str, ...]]:
        """Write an image's files into another archive; give their names there, the settings' and the layers'."""
        config, *layers = (self._copied(name, to) for name in (image.config, *image.layers))
        return config, tuple(layers)

    def text(self, name: str) -> bytes:
        """Read one of the archive's small files whole."""
        info = self._members[name].info
        if info.size > TEXT:
            raise ValueError(f"{name} is too large")
        with self.content(name) as content:
            return content.read()

    def content(self, name: str) -> IO[bytes]:
        """Open one of the archive's files."""
        content = self._tar.extractfile(self._members[name].info)
        if content is None:
            raise KeyError(name)
        return content

    def size(self, name: str) -> int:
        """Give the bytes of a file, as it is in the archive."""
        return self._members[name].info.size

    def digest(self, name: str) -> str:
        """Give the digest of a file, as it is in the archive."""
        return self._members[name].digest

    def _copied(self, name: str, to: Writer) -> str:
        with self.content(name) as content:
            return to.blob(self.digest(name), self.size(name), content)

    def _check_sums(self) -> None:
        lines = self.text(SUMS).decode().splitlines()
        sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
        for name, member in self._members.items():
            if name != SUMS and member.digest != f"sha256:{sums.get(name)}":
                raise ValueError(f"{name} is not what it was when it was packed")
        if lacking := sums.keys() - self._members.keys():
            raise ValueError(f"{min(lacking)} is missing")

    def _described(self) -> Iterator[Packed]:
        if not self.listed:
            for image in json.loads(self.text(MANIFEST)):
                for tag in image.get("RepoTags") or ():
                    yield self._packed(short(tag), image["Config"], image["Layers"])
            return
        listing = json.loads(self.text(LISTING))
        if listing["version"] != 1:
            raise ValueError("a newer version of the workshop packed it")
        for image in listing["images"]:
            yield self._packed(str(image["name"]), image["config"], image["layers"], str(image["digest"]))

    def _packed(self, name: str, config: str, layers: list[str], digest: str = "") -> Packed:
        """Describe an image whose files are what its settings say, byte for byte."""
        named = _NAMED.fullmatch(config)
        if named is None or self.digest(config) != f"sha256:{named[1]}":
            raise ValueError(f"{config} in it is damaged")
        facts = json.loads(self.text(config))
        contents = tuple(str(one) for one in facts["rootfs"]["diff_ids"])
        if facts.get("os") != "linux":
            raise ValueError(f"{name} in it is for {facts.get('os')}")
        if len(contents) != len(layers):
            raise ValueError(f"{name} in it has {len(contents)} layers, and {len(layers)} are there")
        if digest and not _SHA256.fullmatch(digest):
            raise ValueError(f"{digest} in it is no digest")
        size = sum(self._unpacked(layer, content) for layer, content in zip(layers, contents, strict=True))
        standin = labels.STANDIN in ((facts.get("config") or {}).get("Labels") or {})
        return Packed(
            name, platforms.of(facts), self.digest(config), config, tuple(layers), contents, size, digest, standin
        )

    def _unpacked(self, layer: str, content: str) -> int:
        """Give the bytes that a layer unpacks to, once they have turned out to be what the settings name."""
        with self.content(layer) as packed:
            start = packed.read(4)
        if start.startswith(ZSTD):
            raise ValueError(f"{layer} in it is packed with zstd, which can't be checked here")
        if not start.startswith(GZIP):
            if self.digest(layer) != content:
                raise ValueError(f"{layer} in it is damaged")
            return self.size(layer)
        with self.content(layer) as packed, gzip.open(packed) as unpacked:
            checked = Checked(unpacking.Bounded(unpacked, self._left))  # type: ignore[arg-type]  # all that it asks of IO
            checked.rest()
            size = unpacked.tell()
        self._left -= size
        if checked.digest != content:
            raise ValueError(f"{layer} in it is damaged")
        return size


@contextmanager
def opened(path: Path) -> Iterator[Bundle]:
    """Open an archive, with everything in it checked.

    Raises:
        MachineTrouble: it is damaged, not whole, not such an archive, or made to do harm.

    """
    with path.open("rb") as file, _plain(path, file) as plain:
        try:
            archive = tarfile.open(fileobj=unpacking.Bounded(plain, LARGEST), mode="r:")  # noqa: SIM115 - closed below
        except _ODD as error:
            raise _damaged(path, error) from error
        with archive:
            try:
                bundle = Bundle(path, archive)
            except (Hostile, Refusal) as error:
                raise _refused(path, error) from error
            except (*_ODD, OSError, zlib.error) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise  # the disk's, not the archive's
                raise _damaged(path, error) from error
            yield bundle


@contextmanager
def _plain(path: Path, file: IO[bytes]) -> Iterator[IO[bytes]]:
    """Lend the archive without its packing, if it has one: in it one goes back and forth."""
    if not unpacking.kind(path):
        yield file
        return
    with tempfile.TemporaryFile(prefix="docker-101-") as whole:
        try:
            with unpacking.unpacked(path, LARGEST) as packed:
                shutil.copyfileobj(packed, whole, _AT_ONCE)
        except Refusal as refusal:
            raise _refused(path, refusal) from refusal
        except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise _damaged(path, error) from error
        whole.seek(0)
        yield whole


def load(bundle: Bundle, wanted: Iterable[tuple[Packed, str]]) -> None:
    """Give the engine these images, each under the name beside it.

    Raises:
        MachineTrouble: the engine refuses them, or has something else afterwards.

    """
    wanted = list(wanted)
    with tempfile.TemporaryDirectory(prefix="docker-101-") as folder:
        archive = Path(folder) / "images.tar"
        with archive.open("wb") as file, Writer(file) as writer:
            for image, name in wanted:
                writer.image(names.whole(name), *bundle.copy(image, writer))
        images.load(archive)
    for image, name in wanted:
        found = images.find(name)
        if found is None or found.layers != image.contents:
            raise MachineTrouble(
                f"The engine took {name} and has something else of that name now.", kind="load", fix="docker images"
            )


def short(name: str) -> str:
    """Name an image as one types it: busybox, not docker.io/library/busybox:latest."""
    return name.removeprefix("docker.io/").removeprefix("library/").removesuffix(":latest")


def _damaged(path: Path, error: Exception) -> MachineTrouble:
    told = ""
    if isinstance(error, KeyError) and error.args:
        told = f"{error.args[0]} is missing"
    elif type(error) is ValueError:
        told = str(error)
    return MachineTrouble(
        f"{path.name} can't be used; nothing was loaded.",
        kind="bundle-damaged",
        why=f"{path} is not what `invoke pack` or `docker save` writes, or not the whole of it"
        + (f": {readable(told)[:300]}" if told else ""),
        fix=["copy it once more from where it was packed", "pack it anew: invoke pack base-images.tar"],
    )


def _refused(path: Path, error: Exception) -> MachineTrouble:
    why = str(error)
    if isinstance(error, Refusal):
        too_large = f"it holds more than {LARGEST // unpacking.MEGA:,} MB"
        why = too_large if error.finding.reason == "archive-too-large" else error.finding.why.rstrip(".")
    return MachineTrouble(
        f"{path.name} was refused; nothing was loaded.",
        kind="bundle-refused",
        why=f"{path}: {why}",
        fix=["take the file that your instructor packed", "pack it anew: invoke pack base-images.tar"],
    )
