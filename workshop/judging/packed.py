"""Finds words in a file that holds them packed, or written in another way that everybody can read."""

from __future__ import annotations

import base64
import bz2
import io
import lzma
import string
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator

MOST = 32 * 1024 * 1024
"""Bytes that are unpacked of one file; a small file can be packed so that it would fill a disk."""
DEEPEST = 3
"""How often something packed is unpacked again."""
_GZIP = 16 + zlib.MAX_WBITS
"""What tells zlib that its data has the head of a gzip file (zlib.h, inflateInit2)."""
_ZIP = b"PK\x03\x04"
_BASE64 = f"{string.ascii_letters}{string.digits}+/=\r\n".encode()
_TAR = (b"ustar", 257)
"""What a tar file says of itself, and where."""
_BROKEN = (zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile)
"""What those who unpack say of a file that is none of theirs."""


def held(content: bytes, words: Iterable[bytes]) -> set[bytes]:
    """Give those of `words` that are in `content`, in one of their forms, as it is (a tar file has it so) or packed."""
    forms_of = {word: forms(word) for word in words}
    found: set[bytes] = set()
    for text in _unpacked(content, DEEPEST):
        found |= {word for word in forms_of.keys() - found if any(form in text for form in forms_of[word])}
        if len(found) == len(forms_of):
            break
    return found


def holds(content: bytes, words: Iterable[bytes]) -> bool:
    """Whether one of `words` is in `content`, as `held` finds it."""
    return bool(held(content, words))


def forms(word: bytes) -> list[bytes]:
    """List the ways to write a word that everybody can turn back: as it is, in base64, in hex, backwards."""
    return [word, *_in_base64(word), word.hex().encode(), word[::-1]] if word else []


def _in_base64(word: bytes) -> Iterator[bytes]:
    """Give what base64 makes of a word for sure: three ways, as it begins at any of three places of a group."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + word)
        first, end = -(-before * 8 // 6), (before + len(word)) * 8 // 6  # its neighbours share the signs at the ends
        yield whole[first:end]


def _unpacked(content: bytes, deep: int) -> Iterator[bytes]:
    """Give a file's content, the same with its lines joined (base64 is broken into lines), and all packed in it."""
    yield content
    yield content.translate(None, b"\r\n")
    for inner in _inside(content) if deep else ():
        yield from _unpacked(inner, deep - 1)


def _inside(content: bytes) -> Iterator[bytes]:
    """Unpack a file one time; what is broken gives as much as could be read."""
    try:
        if content.startswith(*_TAR):
            with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
                plain = (member for member in archive if member.isreg() and not member.issparse())  # no bomb, no link
                yield from (file.read(MOST) for member in plain if (file := archive.extractfile(member)))
        elif content and not content.translate(None, _BASE64):
            yield base64.b64decode(content + b"===")  # however many of them it has already
        elif content.startswith(b"\x1f\x8b"):
            yield zlib.decompressobj(_GZIP).decompress(content, MOST)
        elif content.startswith(b"BZh"):
            yield bz2.BZ2Decompressor().decompress(content, MOST)
        elif content.startswith((b"\xfd7zXZ", b"\x5d\0\0")):
            yield lzma.LZMADecompressor().decompress(content, MOST)
        elif content.startswith(_ZIP):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                yield from (archive.open(member).read(MOST) for member in archive.infolist())
    except (*_BROKEN, OSError, EOFError, ValueError, RuntimeError):
        return  # it only begins like one, or has a password
