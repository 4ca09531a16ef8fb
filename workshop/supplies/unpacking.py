"""Reads what is packed, and never more of it than is allowed: a file of 42 kB may unpack to 4 GB."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO

from .refusal import Refusal

MEGA = 1024 * 1024
AT_ONCE = 16 * MEGA
"""Bytes that may be asked for in one piece: a header that wants more is no honest one."""
_MEMORY = 64 * MEGA
"""Bytes that xz may use for itself; its default level needs 9 MB."""
_MAGIC = ((b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"), (b"\x28\xb5\x2f\xfd", "zstd"))
_TAR = (b"ustar", 257)
"""What stands in a tar archive, and where (POSIX, pax interchange format)."""


class Bounded(io.RawIOBase):
    """Another stream, of which so many bytes may be read and no more."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream = stream
        self._limit = limit

    def read(self, size: int = -1) -> bytes:
        """Read on.

        Raises:
            Refusal: that would be more than is allowed.

        """
        if size > AT_ONCE:
            raise _too_much(self._limit)
        data = self._stream.read(size if size >= 0 else AT_ONCE)
        self._hold(self._stream.tell())
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go on, or back, to `offset`; a packed stream is unpacked up to there."""
        self._hold(offset + (self._stream.tell() if whence == io.SEEK_CUR else 0))
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        """Say how far it was read."""
        return self._stream.tell()

    def seekable(self) -> bool:
        """Whether `seek` works."""
        return True

    def readable(self) -> bool:
        """Whether `read` works."""
        return True

    def _hold(self, position: int) -> None:
        if position > self._limit:
            raise _too_much(self._limit)


class _Xz(io.RawIOBase):
    """Unpacks xz with bounded memory, which lzma's own file does not offer; can only go on."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._unpacker = lzma.LZMADecompressor(memlimit=_MEMORY)
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # what BufferedReader hands in
        while not self._unpacker.eof:
            packed = self._stream.read(65536) if self._unpacker.needs_input else b""
            data = self._unpacker.decompress(packed, len(buffer))
            if data or (self._unpacker.needs_input and not packed):
                buffer[: len(data)] = data
                self._position += len(data)
                return len(data)
        return 0

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET or offset < self._position:
            raise OSError("xz can only be read on")
        left = offset - self._position
        while left > 0 and (got := self.readinto(bytearray(min(left, 65536)))):
            left -= got
        return self._position


def kind(path: Path) -> str:
    """Tell how a file is packed, by its first bytes: gzip, bzip2, xz, zstd, or "" for not at all."""
    with path.open("rb") as file:
        start = file.read(8)
    return next((name for magic, name in _MAGIC if start.startswith(magic)), "")


@contextmanager
def unpacked(path: Path, limit: int) -> Iterator[Bounded]:
    """Lend a file's content, unpacked where it is packed, up to `limit` bytes.

    Raises:
        Refusal: it is packed in a way that can't be looked into.

    """
    how = kind(path)
    if how == "zstd":
        raise Refusal("archive-unknown", "It is packed with zstd, which this machine can't look into.", hint="use gzip")
    with path.open("rb") as file:
        openers: dict[str, Any] = {"gzip": gzip.open, "bzip2": bz2.open, "xz": _Xz, "": lambda as_it_is: as_it_is}
        yield Bounded(openers[how](file), limit)


@contextmanager
def tar(path: Path, limit: int) -> Iterator[tarfile.TarFile]:
    """Open a tar archive, packed or not, of which up to `limit` bytes may be read.

    Raises:
        Refusal: there is more in it; or it is no tar archive, or not a whole one.

    """
    try:
        with unpacked(path, limit) as stream, tarfile.open(fileobj=stream, mode="r:") as archive:
            yield archive
    except (tarfile.TarError, EOFError, OSError, lzma.LZMAError, ValueError) as error:
        if isinstance(error, OSError) and error.filename:
            raise  # a file of this machine, not what the archive holds
        raise damaged(error) from error


def damaged(error: Exception) -> Refusal:
    """Say that an archive can't be read."""
    return Refusal(
        "archive-damaged",
        "This archive can't be read: it is not what its name says, or not the whole of it.",
        actual=f"{type(error).__name__}: {error}"[:300],
        hint="open it on another machine; if that fails too, ask for it again",
    )


def hold_packed(path: Path, limit: int) -> None:
    """See that a file which ADD may unpack stays below `limit` bytes when it does.

    Raises:
        Refusal: it would not, or can't be looked into.

    """
    how = kind(path)
    if not how and not _is_tar(path):
        return
    try:
        with tar(path, limit) as archive:
            total = 0
            for member in archive:
                total += member.size  # of a sparse file, which takes no room here, all that it would take there
                if total > limit:
                    raise _too_much(limit)
                archive.members.clear()  # type: ignore[attr-defined]  # it would keep a million of them
    except Refusal as refusal:
        if refusal.finding.reason != "archive-damaged":
            raise
    with unpacked(path, limit) as stream:  # no archive, or one that goes on behind its end
        try:
            while stream.read(65536):
                pass
        except (OSError, EOFError, lzma.LZMAError, ValueError):
            return  # damaged, so that nobody unpacks more of it


def _is_tar(path: Path) -> bool:
    magic, at = _TAR
    with path.open("rb") as file:
        file.seek(at)
        return file.read(len(magic)) == magic


def _too_much(limit: int) -> Refusal:
    return Refusal(
        "archive-too-large",
        f"Unpacked, this is more than {limit // MEGA} MB, so it was not unpacked any further.",
        hint="hand in the exercises alone: no programs, pictures or packages",
    )
