"""Takes the exercises out of a learner's archive; nothing else is written to the disk, and no link is followed."""

from __future__ import annotations

import posixpath
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from workshop.supplies import unpacking
from workshop.supplies.refusal import Refusal, readable

from .learners import EXERCISE
from .taking import FILES, LARGEST, Links, Taken

UNPACKED = 512 * unpacking.MEGA
"""Bytes of an archive that are read, what is not ours included: a whole checkout with its tools has a third."""
MEMBERS = 50_000
"""Entries an archive may have; that checkout has 8,000."""
_DIRECTORY = 16 * unpacking.MEGA
"""Bytes that a zip's table of contents may have: it is read whole."""
_END = b"PK\x05\x06"
_DEEPEST = 4
"""Folders around an exercise."""
_DRIVE = re.compile(r"^[A-Za-z]:")
_UNIX = 3
"""The system that made an entry, which then has a mode (PKWARE's APPNOTE, 4.4.2)."""


@dataclass(frozen=True)
class Entry:
    """One entry of an archive that may be a file of an exercise."""

    name: str
    mode: int
    link: str = ""
    """Where a symbolic link leads."""
    folder: bool = False
    odd: str = ""
    """What it is when it is no file, folder or link."""
    read: Callable[[], IO[bytes] | None] = lambda: None


def unpack(archive: Path, into: Path) -> Taken:
    """Write the files of the archive's exercises below `into`, each where the archive has it.

    Raises:
        Refusal: it is damaged, locked, too large, or not an archive that is opened here.

    """
    taken = Taken()
    links = Links(taken)
    count: Counter[str] = Counter()
    with _Entries(archive) as entries:
        for entry in entries:
            path = _inside(entry.name)
            if path is None:
                if _mentions_exercise(entry.name):
                    taken.leave_out(entry.name, "its path leads out of the archive")
                continue
            home = _home(path)
            if not home or entry.folder or home in taken.refused:
                continue
            count[home] += 1
            if count[home] > FILES:
                taken.refuse(home, "too-many-files", f"This exercise came with more than {FILES:,} files.")
            elif entry.odd:
                taken.leave_out(path, entry.odd)
            elif entry.link:
                links.add(into / path, entry.link, into / home)
            else:
                _write(entry, into / path, home, taken)
    links.make()
    return taken


def _write(entry: Entry, target: Path, home: str, taken: Taken) -> None:
    content = entry.read()
    if content is None:
        taken.leave_out(entry.name, "a link to something that is not in the archive")
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with content, target.open("xb") as file:
            while data := content.read(65536):
                taken.sizes[home] += len(data)
                if taken.sizes[home] > LARGEST:
                    break
                file.write(data)
        target.chmod(entry.mode & 0o777 | stat.S_IRUSR | stat.S_IWUSR)
    except (FileExistsError, NotADirectoryError):
        taken.leave_out(entry.name, "the archive has something else of that name")
    except OSError as error:
        if error.errno is None or target.exists():
            raise
        taken.leave_out(entry.name, "this system can't have a file of that name")
    if taken.sizes[home] > LARGEST:
        taken.refuse(home, "too-large", f"This exercise has more than {LARGEST // unpacking.MEGA} MB of files.")


def _inside(name: str) -> str | None:
    """Give the path of an entry within the archive; None where it leads out of it."""
    path = posixpath.normpath(name)
    if path.startswith("/") or _DRIVE.match(path) or ".." in name.split("/") or "\0" in path:
        return None
    return path


def _home(path: str) -> str:
    """Give the part of a path that names its exercise, such as work/exercises/exercise-3; empty where it has none."""
    parts = path.split("/")
    for number, part in enumerate(parts[:-1][: _DEEPEST + 1]):
        if EXERCISE.fullmatch(part) and "solutions" not in parts[:number] and "__MACOSX" not in parts[:number]:
            return "/".join(parts[: number + 1])
    return ""


def _mentions_exercise(name: str) -> bool:
    return any(EXERCISE.fullmatch(part) for part in name.split("/"))


# Kinds of archives ----------------------------------------------------------------------------------------------


class _Entries:
    """Opens an archive for reading; what goes wrong while it is read comes out as a refusal."""

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        self._reading = _zip_entries(archive) if zipfile.is_zipfile(archive) else _tar_entries(archive)

    def __enter__(self) -> Iterator[Entry]:
        return self._reading

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._reading.close()
        if isinstance(error, (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, struct.error)):
            raise unpacking.damaged(error) from error


def _tar_entries(archive: Path) -> Generator[Entry, None, None]:
    with unpacking.tar(archive, UNPACKED) as opened:
        for number, member in enumerate(opened):
            _hold_members(number)
            odd = _filtered(member)
            if not odd and not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
                odd = "no file, but a device or a pipe"
            yield Entry(
                readable(member.name),
                member.mode,
                readable(member.linkname) if member.issym() else "",
                member.isdir(),
                odd,
                lambda member=member: _tar_content(opened, member),  # type: ignore[misc]
            )


def _tar_content(opened: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes] | None:
    try:
        return opened.extractfile(member)
    except KeyError:  # a hard link to what is not there
        return None


def _filtered(member: tarfile.TarInfo) -> str:
    """Ask Python's own filter for archives of strangers; say what it objects to."""
    if not hasattr(tarfile, "data_filter"):  # Python before 3.10.12; what it sees, we look at ourselves, too
        return ""
    try:
        tarfile.data_filter(member, "/nowhere")
    except tarfile.SpecialFileError:
        return "no file, but a device or a pipe"
    except tarfile.FilterError:
        return "it leads out of the archive"
    return ""


def _zip_entries(archive: Path) -> Generator[Entry, None, None]:
    _hold_directory(archive)
    with zipfile.ZipFile(archive) as opened:
        members = opened.infolist()
        _hold_members(len(members))
        # Only some entries have modes: git notes those that are not 0644. None has: the archive comes from Windows,
        # where `docker build` makes all files executable.
        usual = 0o644 if any(one.create_system == _UNIX and one.external_attr >> 16 for one in members) else 0o755
        for member in members:
            mode = member.external_attr >> 16 if member.create_system == _UNIX else 0
            is_link = stat.S_ISLNK(mode)
            if member.flag_bits & 1 and _mentions_exercise(member.filename):
                raise Refusal(
                    "archive-locked", "This archive is locked with a password.", hint="ask for it without one"
                )
            odd = stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK)
            yield Entry(
                readable(member.filename if "/" in member.filename else member.filename.replace("\\", "/")),
                stat.S_IMODE(mode) or usual,
                _zip_link(opened, member) if is_link else "",
                member.is_dir(),
                "no file, but a device or a pipe" if odd else "",
                lambda member=member: _zip_content(opened, member),  # type: ignore[misc]
            )


def _zip_content(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    try:
        return opened.open(member)
    except NotImplementedError as error:
        raise unpacking.damaged(error) from error


def _zip_link(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> str:
    with _zip_content(opened, member) as content:
        return readable(content.read(4096).decode("utf-8", "replace"))


def _hold_directory(archive: Path) -> None:
    """See that a zip's table of contents is small before it is read whole.

    Raises:
        Refusal: it is not.

    """
    with archive.open("rb") as file:
        file.seek(max(0, archive.stat().st_size - 65536 - 22))
        end = file.read()
    at = end.rfind(_END)
    size = int.from_bytes(end[at + 12 : at + 16], "little")
    if size > _DIRECTORY:
        _hold_members(MEMBERS + 1)


def _hold_members(number: int) -> None:
    if number > MEMBERS:
        raise Refusal(
            "too-many-files",
            f"This archive has more than {MEMBERS:,} entries.",
            hint="hand in the exercises alone: no programs or packages",
        )
