"""Notices saves in an exercise's folder: told by the system, or by looking again and again."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from . import contents
from .contents import Look

QUIET = 0.025
"""Seconds without a change after which a save is complete: editors write, rename and remove within milliseconds."""
SETTLES_WITHIN = 0.6
"""Seconds after which a folder that never rests is taken as it is."""
POLL = 0.25
"""Seconds between two looks where the system tells nothing; a look at an exercise takes a quarter of a millisecond."""
LOOK_ANYWAY = 2.0
"""Seconds between two looks where the system should tell: some drives, and folders made anew, go unheard."""
_SHARE = 20
"""Of its time, one part at most goes into looking; for folders with thousands of files."""


@dataclass(frozen=True)
class Saved:
    """Something was saved; or, where `now` is None, the whole folder is gone."""

    folder: Path
    names: tuple[str, ...]
    now: Look | None


@dataclass(frozen=True)
class Polling:
    """From now on the folder is looked at again and again, for this reason."""

    folder: Path
    why: str


def why_poll(folder: Path) -> str:
    """Say why the system would not tell of saves in this folder; empty where it does."""
    if os.environ.get("WATCHFILES_FORCE_POLLING", "") not in ("", "false", "disable", "disabled"):
        return "WATCHFILES_FORCE_POLLING asks for it"
    if importlib.util.find_spec("watchfiles") is None:
        return "the library watchfiles is not installed here"
    from workshop.doctor.folder import file_system, is_blind

    kind = None
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        kind = file_system(folder)
    return f"this folder is on a {kind} drive, which does not tell of saves" if kind and is_blind(kind) else ""


class Saves(threading.Thread):
    """Tells of each save in a folder, from when this is made until `stop`; it may be deleted and put back."""

    def __init__(self, folder: Path, tell: Callable[[Saved | Polling], object], *, poll: bool) -> None:
        super().__init__(daemon=True, name=f"saves in {folder.name}")
        self._folder = folder
        self._tell = tell
        self._poll = poll
        self._over = threading.Event()
        self._took = 0.0
        """Seconds that the last look took."""
        self._before = self._look()

    def stop(self) -> None:
        """End it; nothing is told any more."""
        self._over.set()

    def run(self) -> None:
        """Look at each occasion, and tell of what changed."""
        for _ in self._occasions():
            now = self._look()
            if now == self._before:
                continue
            now = self._settled(now)
            names = tuple(contents.changed(self._before, now))
            if self._over.is_set():
                return
            if now != self._before:
                self._tell(Saved(self._folder, names, now))
            self._before = now

    def _settled(self, now: Look | None) -> Look | None:
        """Wait until nothing changes any more: one save may be several writes, and a backup besides."""
        deadline = time.monotonic() + SETTLES_WITHIN
        while time.monotonic() < deadline and not self._over.wait(QUIET):
            before, now = now, self._look()
            if before == now:
                break
        return now

    def _look(self) -> Look | None:
        started = time.monotonic()
        seen = contents.look(self._folder)
        self._took = time.monotonic() - started
        return seen

    def _occasions(self) -> Iterator[None]:
        if not self._poll:
            try:
                yield from self._told()
            except Exception as error:  # noqa: BLE001 - whatever the system lacks, looking needs nothing of it
                self._tell(Polling(self._folder, f"the system can't tell of saves: {error}"))
            else:
                return
        while not self._over.wait(max(POLL, self._took * _SHARE)):
            yield

    def _told(self) -> Iterator[None]:
        import watchfiles  # 50 ms that only this task pays

        # The folder above is watched, so that this one may be deleted and put back.
        places = [self._folder.parent]
        if self._folder.is_dir() and not self._folder.resolve().is_relative_to(self._folder.parent.resolve()):
            places.append(self._folder.resolve())
        for _ in watchfiles.watch(
            *places,
            watch_filter=None,
            debounce=200,
            step=int(QUIET * 1000),
            stop_event=self._over,
            rust_timeout=int(LOOK_ANYWAY * 1000),
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=False,
            ignore_permission_denied=True,
        ):
            yield
