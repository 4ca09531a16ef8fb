"""What is taken of what somebody handed in: the exercises, and never more than is allowed. No engine needed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from workshop import exercises
from workshop.classroom import archives, fingerprint, intake, learners, taking
from workshop.classroom.intake import HandedIn
from workshop.classroom.learners import Learner
from workshop.engine.limits import Limits
from workshop.judging.verdict import Outcome
from workshop.supplies import unpacking
from workshop.trouble import Usage

KNOWN = {one.name: one for one in exercises.every()}
FIRST = KNOWN["exercise-1"]
DOCKERFILE = b"FROM nginx:mainline-alpine\n"
INSIDE = "exercises/exercise-1"
MEGA = 1024 * 1024
SYMLINKS = sys.platform != "win32"


def _taken(source: Path, tmp_path: Path) -> list[HandedIn]:
    spool = tmp_path / "spool"
    spool.mkdir(exist_ok=True)
    return intake.take(Learner("alice", source), KNOWN, spool)


def _reason(taken: list[HandedIn]) -> str:
    refused = taken[0].refused
    assert refused, "it was taken"
    finding = refused.checks[0].finding
    assert finding
    return finding.reason


def _tar(path: Path, add: Callable[[tarfile.TarFile], object], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]  # a mode of its own
        _member(archive, f"{INSIDE}/Dockerfile", DOCKERFILE)
        add(archive)
    return path


def _member(archive: tarfile.TarFile, name: str, content: bytes = b"", **attributes: object) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o644
    for key, value in attributes.items():
        setattr(info, key, value)
    archive.addfile(info, io.BytesIO(content))


# Who is a learner -----------------------------------------------------------------------------------------------


def test_learners_are_found_in_a_class_or_alone(tmp_path: Path) -> None:
    for place in (
        "class/student-10/exercises/exercise-1",
        "class/student-2/exercise-3",
        "class/.git/x",
        "class/report",
    ):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "class" / "eve.tar.gz").write_bytes(b"")
    (tmp_path / "class" / "notes.txt").write_text("none of it")
    found, skipped = learners.find([str(tmp_path / "class")], leave_out=tmp_path / "class" / "report")
    assert [one.name for one in found] == ["eve", "student-2", "student-10"]
    assert [one.name for one in skipped] == ["notes.txt"]
    alone, _ = learners.find([str(tmp_path / "class" / "student-2"), str(tmp_path / "class" / "eve.tar.gz")])
    assert [one.name for one in alone] == ["student-2", "eve"]


def test_two_learners_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for place in ("monday/alice/exercise-1", "tuesday/alice/exercise-1"):
        (tmp_path / place).mkdir(parents=True)
    found, _ = learners.find([str(tmp_path / "monday"), str(tmp_path / "tuesday")])
    assert [one.name for one in found] == ["monday/alice", "tuesday/alice"]


@pytest.mark.parametrize("word", ["nobody", "empty", "file.txt"])
def test_what_is_no_class_is_wrong_usage(tmp_path: Path, word: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").write_text("")
    with pytest.raises(Usage):
        learners.find([str(tmp_path / word)])


# What is taken --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("around", ["", "docker-101-main/", "upload/docker-101-main/"])
@pytest.mark.parametrize("ending", ["zip", "tar", "tar.gz", "tar.bz2", "tar.xz"])
def test_an_archive_gives_what_the_folder_gives(tmp_path: Path, ending: str, around: str) -> None:
    script = tmp_path / around / INSIDE / "say.sh"
    script.parent.mkdir(parents=True)
    (script.parent / "Dockerfile").write_bytes(DOCKERFILE)
    script.write_text("echo hi\n")
    script.chmod(0o755)
    (tmp_path / around / "solutions" / "exercise-1").mkdir(parents=True)
    (tmp_path / around / "solutions" / "exercise-1" / "check.py").write_text("raise SystemExit")
    packed = tmp_path / f"alice.{ending}"
    if ending == "zip":
        with zipfile.ZipFile(packed, "w") as archive:
            for path in sorted(tmp_path.rglob("*")):
                if path != packed and not path.is_dir():
                    archive.write(path, path.relative_to(tmp_path))
    else:
        with tarfile.open(packed, f"w:{ending[4:]}") as tar:  # type: ignore[call-overload]  # as above
            tar.add(tmp_path, ".", filter=lambda info: None if "alice" in info.name else info)
    (taken,) = _taken(packed, tmp_path)
    assert taken.folder
    assert {path.name for path in taken.folder.rglob("*")} == {"Dockerfile", "say.sh"}
    assert (taken.folder / "Dockerfile").read_bytes() == DOCKERFILE
    assert (taken.folder / "say.sh").stat().st_mode & stat.S_IXUSR


def test_a_zip_from_windows_has_only_programs_as_docker_build_has_them_there(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        info = zipfile.ZipInfo(f"{INSIDE}/say.sh")
        info.create_system = 0
        archive.writestr(info, "echo hi\n")
    (taken,) = _taken(tmp_path / "a.zip", tmp_path)
    assert taken.folder
    assert stat.S_IMODE((taken.folder / "say.sh").stat().st_mode) == 0o755


def test_an_archive_in_the_learners_folder_is_opened(tmp_path: Path) -> None:
    (tmp_path / "alice").mkdir()
    _tar(tmp_path / "alice" / "work.tar.gz", lambda _: None, "w:gz")
    assert _taken(tmp_path / "alice", tmp_path)[0].folder


def test_two_submissions_in_one_are_not_guessed_between(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / "alice" / name / "exercise-1").mkdir(parents=True)
    refused = _taken(tmp_path / "alice", tmp_path)[0].refused
    assert refused
    assert refused.outcome is Outcome.BROKEN


@pytest.mark.skipif(not SYMLINKS, reason="Windows lets only some users make links")
def test_links_out_devices_and_pipes_stay_behind_and_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "alice" / INSIDE
    (folder / "in" / "deep").mkdir(parents=True)
    (folder / "Dockerfile").write_bytes(DOCKERFILE)
    (tmp_path / "secret").write_text("secret")
    links = {
        "absolute": "/etc/passwd",
        "relative": "../../../secret",
        "round": "round",
        "good": "in/deep",
        "in/up": "../..",
        "way": "in/deep/../../../../../secret",
        "by-way": "good/../../../../../secret",
    }
    for name, target in links.items():
        (folder / name).symlink_to(target)
    os.mkfifo(folder / "pipe")
    (taken,) = _taken(tmp_path / "alice", tmp_path)
    assert taken.folder
    assert sorted(path.name for path in taken.folder.rglob("*") if path.is_symlink()) == ["good"]
    assert not (taken.folder / "pipe").exists()
    assert len(taken.notes) == len(links)
    assert any("secret" in note for note in taken.notes)
    everything = b"".join(path.read_bytes() for path in taken.folder.rglob("*") if path.is_file())
    assert everything == DOCKERFILE


def test_nothing_of_an_archive_lands_outside(tmp_path: Path) -> None:
    def add(archive: tarfile.TarFile) -> None:
        _member(archive, f"/{INSIDE}/absolute", b"x")
        _member(archive, f"{INSIDE}/../../../up", b"x")
        _member(archive, f"{INSIDE}/link", type=tarfile.SYMTYPE, linkname="/tmp")  # noqa: S108 - on purpose
        _member(archive, f"{INSIDE}/link/through", b"x")
        _member(archive, f"{INSIDE}/hard", type=tarfile.LNKTYPE, linkname="/etc/passwd")
        _member(archive, f"{INSIDE}/device", type=tarfile.CHRTYPE, devmajor=1, devminor=3)
        _member(archive, f"{INSIDE}/pipe", type=tarfile.FIFOTYPE)
        _member(archive, "solutions/exercise-1/check.py", b"x")

    spool = tmp_path / "deep" / "spool"
    spool.mkdir(parents=True)
    source = _tar(tmp_path / "a.tar", add)
    (taken,) = intake.take(Learner("alice", source), KNOWN, spool)
    assert taken.folder
    found = {path.relative_to(taken.folder).as_posix() for path in taken.folder.rglob("*")}
    assert found == {"Dockerfile", "link", "link/through"}, (
        "the link's place is taken by a folder, whatever comes first"
    )
    assert not list(Path("/tmp").glob("through"))  # noqa: S108 - where it would be
    assert [path for path in tmp_path.rglob("*") if path.name in ("up", "check.py")] == []
    assert len(taken.notes) == 6, taken.notes


# Too much -------------------------------------------------------------------------------------------------------


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow little, so that too much is quickly made."""
    monkeypatch.setattr(taking, "FILES", 300)
    monkeypatch.setattr(archives, "FILES", 300)
    monkeypatch.setattr(taking, "LARGEST", MEGA)
    monkeypatch.setattr(archives, "LARGEST", MEGA)
    monkeypatch.setattr(taking, "PACKED", 2 * MEGA)
    monkeypatch.setattr(archives, "UNPACKED", 4 * MEGA)


def _gigabytes(path: Path, how: str) -> Path:
    """Write a small archive of 4 GB: one file of zeros in it."""
    head = tarfile.TarInfo(f"{INSIDE}/zeros")
    head.size = 4 << 30
    opener: Callable[..., io.BufferedIOBase] = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}[how]  # type: ignore[assignment]
    with opener(path, "wb") as out:
        out.write(head.tobuf())
        for _ in range(6):
            out.write(bytes(MEGA))  # what follows is never asked for
    return path


@pytest.mark.parametrize("how", ["gz", "bz2", "xz"])
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, how: str, little: None) -> None:
    bomb = _gigabytes(tmp_path / f"a.tar.{how}", how)
    assert bomb.stat().st_size < MEGA // 50
    assert _reason(_taken(bomb, tmp_path)) == "archive-too-large"
    assert sum(path.stat().st_size for path in (tmp_path / "spool").rglob("*") if path.is_file()) <= MEGA


def test_a_zip_bomb_is_refused(tmp_path: Path, little: None) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"{INSIDE}/zeros-{number}", bytes(MEGA // 2))
    assert _reason(_taken(tmp_path / "a.zip", tmp_path)) == "too-large"


def test_many_files_are_refused_where_they_are_and_no_farther(tmp_path: Path, little: None) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(600):
            archive.writestr(f"exercises/exercise-2/{number}", b"")
            archive.writestr(f".venv/lib/{number}", b"")
        archive.writestr(f"{INSIDE}/Dockerfile", DOCKERFILE)
    taken = {one.exercise: one for one in _taken(tmp_path / "a.zip", tmp_path)}
    assert taken["exercise-1"].folder
    assert _reason([taken["exercise-2"]]) == "too-many-files"


def test_what_add_would_unpack_without_end_is_refused(tmp_path: Path, little: None) -> None:
    folder = tmp_path / "alice" / INSIDE
    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM busybox\nADD logo.tar.gz /\n")
    _gigabytes(folder / "logo.tar.gz", "gz")
    assert _reason(_taken(tmp_path / "alice", tmp_path)) == "archive-too-large"


def test_a_sparse_archive_counts_as_large_as_it_unpacks(tmp_path: Path) -> None:
    info = tarfile.TarInfo("hole")
    info.type, info.size = tarfile.GNUTYPE_SPARSE, 0
    head = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    head[483:495] = b"%011o\0" % (4 << 30)  # "realsize" of GNU's sparse header
    head[148:156] = b"        "
    head[148:156] = b"%06o\0 " % sum(head)
    folder = tmp_path / "alice" / INSIDE
    folder.mkdir(parents=True)
    (folder / "hole.tar").write_bytes(bytes(head) + bytes(1024))
    assert _reason(_taken(tmp_path / "alice", tmp_path)) == "archive-too-large"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.zip", b"no zip at all"),
        ("a.tar.gz", b"\x1f\x8b no gzip"),
        ("a.tar.gz", gzip.compress(b"no tar")),
        ("a.tar.xz", lzma.compress(b"no tar" * 1000)[:40]),
        ("a.tar", b""),
    ],
)
def test_a_damaged_archive_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert _reason(_taken(tmp_path / name, tmp_path)) in ("archive-damaged", "nothing-handed-in")


def test_a_header_that_asks_for_all_the_memory_is_refused(tmp_path: Path) -> None:
    def add(archive: tarfile.TarFile) -> None:
        info = tarfile.TarInfo("x")
        info.type, info.size = tarfile.XHDTYPE, 1 << 32
        assert archive.fileobj
        archive.fileobj.write(info.tobuf())

    assert _reason(_taken(_tar(tmp_path / "a.tar", add), tmp_path)) == "archive-too-large"


def test_a_locked_archive_is_said_to_be_locked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(f"{INSIDE}/Dockerfile", DOCKERFILE)
    data = bytearray((tmp_path / "a.zip").read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    assert _reason(_taken(tmp_path / "a.zip", tmp_path)) == "archive-locked"


def test_an_archive_reads_no_more_than_its_bound() -> None:
    stream = unpacking.Bounded(io.BytesIO(bytes(100)), 50)
    assert len(stream.read(50)) == 50
    with pytest.raises(unpacking.Refusal):
        stream.read(1)


# The same content -----------------------------------------------------------------------------------------------


def _mark(folder: Path, builder: str = "classic") -> str:
    return fingerprint.of(FIRST, folder, fingerprint.surroundings(builder, Limits(), {"busybox": "sha256:1"}))


def test_what_the_builder_and_the_checks_never_see_makes_no_difference(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_bytes(DOCKERFILE)
        (tmp_path / name / ".dockerignore").write_text("*.log\n")
        (tmp_path / name / "my.log").write_text(name)
    assert _mark(tmp_path / "a") == _mark(tmp_path / "b")
    (tmp_path / "b" / "my.txt").write_text("b")
    assert _mark(tmp_path / "a") != _mark(tmp_path / "b")


@pytest.mark.parametrize("change", ["content", "name", "mode", "ignored but known", "ignored, then taken in again"])
def test_what_a_verdict_may_depend_on_makes_a_difference(tmp_path: Path, change: str) -> None:
    (tmp_path / "Dockerfile").write_bytes(DOCKERFILE)
    (tmp_path / ".dockerignore").write_text("index.html\n*.log\n" + ("!my.log\n" if "again" in change else ""))
    for name in ("index.html", "my.log", "style.css"):
        (tmp_path / name).write_text("x")
    before = _mark(tmp_path)
    if change == "mode":
        (tmp_path / "style.css").chmod(0o700)
    elif change == "name":
        (tmp_path / "my.log").rename(tmp_path / "your.log")
    else:
        changed = {"content": "style.css", "ignored but known": "index.html"}.get(change, "my.log")
        (tmp_path / changed).write_text("y")
    assert _mark(tmp_path) != before


def test_the_builder_makes_a_difference(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(DOCKERFILE)
    assert _mark(tmp_path) != _mark(tmp_path, "buildkit")


def test_members_are_bounded_before_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MEMBERS", 100)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(200):
            archive.writestr(f"x/{number}", "")
    assert _reason(_taken(tmp_path / "a.zip", tmp_path)) == "too-many-files"

    def add(tar: tarfile.TarFile) -> None:
        for number in range(200):
            _member(tar, f"x/{number}")

    assert _reason(_taken(_tar(tmp_path / "a.tar", add), tmp_path)) == "too-many-files"
