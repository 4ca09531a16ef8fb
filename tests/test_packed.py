"""Words are found in a file that holds them packed, or written in another way."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable

import pytest

from workshop.judging import packed

WORD = b"pretend-secret-yellow-4471"


def _zip(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", content)
    return file.getvalue()


def _tar_of_gzip(content: bytes) -> bytes:
    inner, file = gzip.compress(content), io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        link, member = tarfile.TarInfo("a"), tarfile.TarInfo("a.gz")
        link.type, link.linkname, member.size = tarfile.SYMTYPE, "nowhere", len(inner)
        archive.addfile(link)
        archive.addfile(member, io.BytesIO(inner))
    return file.getvalue()


def _gzip_in_base64(content: bytes) -> bytes:
    return base64.encodebytes(gzip.compress(content))


def _backwards(content: bytes) -> bytes:
    return content[::-1]


def _hex(content: bytes) -> bytes:
    return content.hex().encode()


PACKED = [
    bytes,
    gzip.compress,
    bz2.compress,
    lzma.compress,
    _zip,
    _tar_of_gzip,
    _gzip_in_base64,
    base64.encodebytes,
    _hex,
    _backwards,
]


@pytest.mark.parametrize("pack", PACKED)
@pytest.mark.parametrize("before", range(60, 63))
def test_a_word_is_found_however_it_is_packed(pack: Callable[[bytes], bytes], before: int) -> None:
    content = pack(b"x" * before + WORD + b"\n")
    assert packed.holds(content, [WORD])
    assert packed.holds(gzip.compress(content), [WORD])
    assert not packed.holds(content, [b"pretend-secret-purple-9999"])


@pytest.mark.parametrize(
    "head", [b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\x00", b"\x5d\x00\x00", b"PK\x03\x04", b"\0" * 257 + b"ustar"]
)
def test_what_only_begins_as_if_packed_is_read_as_it_is(head: bytes) -> None:
    assert packed.holds(head + os.urandom(40) + WORD, [WORD])
    assert not packed.holds(head + os.urandom(40), [WORD])
