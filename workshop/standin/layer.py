"""Layers that come out the same, byte for byte, on every machine: sorted, with fixed times and owners."""

from __future__ import annotations

import hashlib
import io
import tarfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

PLAIN = 0o644
RUNS = 0o755


@dataclass
class _Entry:
    kind: bytes
    mode: int
    owner: tuple[int, int] = (0, 0)
    content: bytes = b""
    target: str = ""


@dataclass
class Layer:
    """Files to be, and the words that `docker history` shows for them.

    `stamp` is the time of every file, in seconds since 1970.
    """

    made_by: str
    stamp: int
    _entries: dict[str, _Entry] = field(default_factory=dict)

    def folder(self, path: str, mode: int = RUNS, owner: tuple[int, int] = (0, 0)) -> None:
        """Add the folder `path` (and above it what is missing), with `owner` as user and group id."""
        self._put(path, _Entry(tarfile.DIRTYPE, mode, owner))

    def file(self, path: str, content: bytes, mode: int = PLAIN) -> None:
        """Add one file that root owns."""
        self._put(path, _Entry(tarfile.REGTYPE, mode, content=content))

    def symlink(self, path: str, target: str) -> None:
        """Let `path` point to `target`."""
        self._put(path, _Entry(tarfile.SYMTYPE, 0o777, target=target))

    def hardlink(self, path: str, target: str) -> None:
        """Let `path` be another name of the file `target` of this layer."""
        self._put(path, _Entry(tarfile.LNKTYPE, RUNS, target=_inside(target)))

    def tree(self, source: Path) -> None:
        """Add the files under `source`; what starts with `#!` may run, whatever its mode in the checkout."""
        for found in sorted(source.rglob("*")):
            if found.is_file():
                content = found.read_bytes().replace(b"\r\n", b"\n")
                mode = RUNS if content.startswith(b"#!") else PLAIN
                self.file(found.relative_to(source).as_posix(), content, mode)

    def tar(self) -> bytes:
        """Give the layer as the engine wants it: folders before what is in them, targets before their links."""
        order = {tarfile.DIRTYPE: 0, tarfile.REGTYPE: 1, tarfile.SYMTYPE: 2, tarfile.LNKTYPE: 3}
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as out:
            for path, entry in sorted(self._entries.items(), key=lambda item: (order[item[1].kind], item[0])):
                info = tarfile.TarInfo(path)
                info.type, info.mode, info.linkname = entry.kind, entry.mode, entry.target
                info.uid, info.gid = entry.owner
                info.mtime, info.size = self.stamp, len(entry.content)
                out.addfile(info, io.BytesIO(entry.content))
        return packed.getvalue()

    def __contains__(self, path: str) -> bool:
        return _inside(path) in self._entries

    def _put(self, path: str, entry: _Entry) -> None:
        name = _inside(path)
        for above in reversed(PurePosixPath(name).parents):
            if above.name and str(above) not in self._entries:
                self._entries[str(above)] = _Entry(tarfile.DIRTYPE, RUNS)
        self._entries[name] = entry


def digest(content: bytes) -> str:
    """Name `content` as the engine names layers and images."""
    return hashlib.sha256(content).hexdigest()


def _inside(path: str) -> str:
    return path.strip("/")
