"""Every save is noticed once, however the editor writes it; what editors leave beside it is not."""

from __future__ import annotations

import os
import queue
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workshop.learning import contents, saves
from workshop.learning.contents import fingerprint
from workshop.learning.saves import Polling, Saved, Saves, why_poll

WITHIN = 10
"""Seconds until a save must have been noticed."""
Told = Callable[[], Saved | Polling]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give an exercise's folder with three files."""
    folder = tmp_path / "exercises" / "exercise-1"
    (folder / "notes").mkdir(parents=True)
    for name in ("Dockerfile", "index.html", "notes/idea.txt"):
        (folder / name).write_text("FROM busybox\n")
    return folder


@pytest.fixture(params=["told", "looking"])
def told(request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """Give what is told next; once by the system alone, once by looking alone."""
    monkeypatch.setattr(saves, "LOOK_ANYWAY", 600.0)
    monkeypatch.setattr(saves, "POLL", 0.02)
    events: queue.Queue[Saved | Polling] = queue.Queue()
    following = Saves(folder, events.put, poll=request.param == "looking")
    following.start()

    def next_one() -> Saved | Polling:
        return events.get(timeout=WITHIN)

    if request.param == "told":  # the system is asked in the other thread; until it listens, each save is another
        for number in range(200):
            (folder / "warm-up").write_text(str(number))
            try:
                events.get(timeout=0.05)
                break
            except queue.Empty:
                continue
        (folder / "warm-up").unlink()
        while "warm-up" in ((events.get(timeout=WITHIN)).now or {}):  # type: ignore[union-attr]
            pass
    yield next_one
    following.stop()
    following.join(WITHIN)
    assert not following.is_alive()


def _in_place(file: Path) -> None:
    file.write_text("FROM nginx\n")


def _renamed(file: Path) -> None:
    fresh = file.with_name(f".{file.name}.swp")
    fresh.write_text("FROM nginx\n")
    fresh.replace(file)


def _with_backup(file: Path) -> None:
    """Vim's way, with backups."""
    (file.parent / "4913").write_text("")
    (file.parent / "4913").unlink()
    file.replace(file.with_name(f"{file.name}~"))
    file.write_text("FROM nginx\n")


def _in_pieces(file: Path) -> None:
    with file.open("w") as stream:
        for piece in ("FROM ", "ng", "inx\n"):
            stream.write(piece)
            stream.flush()
            os.fsync(stream.fileno())


def _unchanged(file: Path) -> None:
    file.write_text(file.read_text())


def test_a_save_is_told_once_and_names_its_file_alone(folder: Path, told: Told) -> None:
    """The next save is the next that is told, so the one before was told once, and the swap file not at all."""
    for save in (_in_place, _renamed, _with_backup, _in_pieces, _unchanged):
        for name in ("Dockerfile", "notes/idea.txt"):
            save(folder / name)
            (folder / ".index.html.swp").write_text("an editor's own")
            saved = told()
            assert isinstance(saved, Saved)
            assert saved.names == (name,), save.__name__


def test_a_folder_may_be_deleted_and_put_back(folder: Path, told: Told, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "starter")
    shutil.rmtree(folder)
    while (saved := told()) and isinstance(saved, Saved) and saved.now is not None:
        pass
    shutil.copytree(tmp_path / "starter", folder)
    while (saved := told()) and isinstance(saved, Saved) and len(saved.now or {}) < 3:
        pass
    (folder / "Dockerfile").write_text("FROM nginx\n")
    saved = told()
    assert isinstance(saved, Saved)
    assert saved.names == ("Dockerfile",)


def test_where_the_system_can_not_tell_it_is_said_and_looked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import watchfiles

    def no_more(*_: object, **__: object) -> None:
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr(watchfiles, "watch", no_more)
    events: queue.Queue[Saved | Polling] = queue.Queue()
    following = Saves(folder, events.put, poll=False)
    following.start()
    said = events.get(timeout=WITHIN)
    assert isinstance(said, Polling)
    assert "OS file watch limit reached" in said.why
    _in_place(folder / "Dockerfile")
    assert isinstance(events.get(timeout=WITHIN), Saved)
    following.stop()
    following.join(WITHIN)


def test_the_reason_for_looking_is_found_beforehand(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WATCHFILES_FORCE_POLLING", raising=False)
    monkeypatch.setattr("workshop.doctor.folder.file_system", lambda _: "ext4")
    assert why_poll(folder) == ""
    monkeypatch.setattr("workshop.doctor.folder.file_system", lambda _: "9p")
    assert "9p drive" in why_poll(folder)
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "true")
    assert "WATCHFILES_FORCE_POLLING" in why_poll(folder)
    monkeypatch.delenv("WATCHFILES_FORCE_POLLING")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert "not installed" in why_poll(folder)


def test_a_fingerprint_knows_what_counts_and_nothing_else(folder: Path) -> None:
    first = fingerprint(folder)
    for name in ("README.md", "Dockerfile~", ".Dockerfile.swp", ".DS_Store"):
        (folder / name).write_text("no part of the answer")
    _unchanged(folder / "Dockerfile")
    assert fingerprint(folder) == first
    seen = {first}
    for change in (
        lambda: (folder / "Dockerfile").write_text("FROM nginx\n"),
        lambda: (folder / "Dockerfile").rename(folder / "dockerfile"),
        lambda: (folder / "dockerfile").chmod(0o755),
        lambda: (folder / "page").symlink_to("index.html"),
        lambda: (folder / "notes" / ".env").write_bytes(b"\xff\x00"),
    ):
        change()
        seen.add(fingerprint(folder))
    assert len(seen) == 6
    assert fingerprint(folder / "nowhere") == ""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_in_the_folder_keeps_nobody_waiting(folder: Path) -> None:
    first = fingerprint(folder)
    os.mkfifo(folder / "pipe")
    assert fingerprint(folder) != first


def test_a_folder_is_taken_as_it_is_when_it_came_to_rest(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[contents.Look | None] = [{"Dockerfile": (number,)} for number in range(4)]
    left = iter(looks)
    monkeypatch.setattr(contents, "look", lambda _: next(left, looks[-1]))
    events: queue.Queue[Saved | Polling] = queue.Queue()
    following = Saves(folder, events.put, poll=True)
    following.start()
    saved = events.get(timeout=WITHIN)
    following.stop()
    following.join(WITHIN)
    assert isinstance(saved, Saved)
    assert saved.now == looks[-1]
    assert events.empty()
