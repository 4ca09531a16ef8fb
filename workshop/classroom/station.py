"""A machine that judges for another one: what a Dask worker does there, beside an engine of its own.

Only plain values go over the line, so that copies of the workshop that differ still understand each other's "no".
"""

from __future__ import annotations

import contextlib
import io
import shutil
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workshop import bases, exercises, places
from workshop.engine import cli, gauges
from workshop.engine.api import FIRST_ANSWER_WITHIN, Refused, fresh
from workshop.engine.limits import MEGA, Limits
from workshop.trouble import Trouble

from . import fingerprint, ground
from .workers import Job, Workers

ROOM = gauges.DISK_RESERVE + gauges.DISK_FALL
"""Bytes that must be free where the engine keeps its data: what may be written before grading stops by itself."""
ROOM_HERE = 512 * MEGA
"""Bytes that must be free for temporary files."""
IDLE = 120.0
"""Seconds without an answer after which a station packs up by itself: whoever graded may be gone without a word."""
LOG = places.LOGS / "station.txt"

Order = dict[str, Any]
"""What all jobs of one grading share, see `order`."""


def order(run: str, builder: str, within: float) -> Order:
    """Describe a grading, for `preflight` and `judge` on other machines; this one is what they must be like."""
    return {
        "run": run,
        "version": version(),
        "builder": builder,
        "bases": {name: ground.looks(name) for name in bases.BASE_IMAGES},
        "within": within,
    }


def version() -> str:
    """Name the version of everything here that judges: the library and all checks."""
    return fingerprint.version(exercises.every())


def preflight(order: Order) -> str:
    """See whether this machine can judge for that grading; say why not, empty when it can."""
    if order["version"] != (mine := version()):
        return (
            f"it has another version of the workshop ({mine[:8]}, not {str(order['version'])[:8]}): "
            "bring its copy up to date and start its worker again"
        )
    try:
        fresh(FIRST_ANSWER_WITHIN).close()
        if lacking := next((said for said in _lacking(order) if said), ""):
            return lacking
        _stations.of(order).open()
    except Trouble as trouble:
        return " ".join(part for part in (trouble.what, trouble.why) if part)
    except (Refused, OSError) as error:
        return str(error)
    return ""


def _lacking(order: Order) -> Iterator[str]:
    """Say what is not here, or too little of it."""
    for name, look in order["bases"].items():
        if (here := ground.looks(name)) != look:
            yield f"its {name} is {here or 'not there'}, not {look}: give that engine the same base images"
    folder = tempfile.gettempdir()
    looked_at = [("its engine's disk", gauges.free_disk(), ROOM), (folder, shutil.disk_usage(folder).free, ROOM_HERE)]
    for place, free, wanted in looked_at:
        if free is not None and free < wanted:
            yield f"{place} has {free // MEGA} MB left, and grading wants {wanted // MEGA}"


def judge(order: Order, job: dict[str, Any], files: bytes) -> dict[str, Any]:
    """Judge one answer, whose files come with it, in a process of its own; gives the verdict's JSON."""
    return _stations.of(order).judge(job, files)


def call_off(run: str) -> None:
    """Drop what is being judged for this grading; returns at once."""
    if station := _stations.open.get(run):
        station.workers.interrupt()


def pack_up(run: str) -> None:
    """Remove what this grading needed here."""
    if station := _stations.open.pop(run, None):
        station.close()


def pack(folder: Path) -> bytes:
    """Write an answer's files as one archive, to be sent."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz", compresslevel=1) as archive:
        archive.add(folder, ".")
    return data.getvalue()


def _unpack(files: bytes, folder: Path) -> None:
    """Write what `pack` took, with all modes and links as they were: they were looked at before they were packed."""
    with tarfile.open(fileobj=io.BytesIO(files), mode="r:gz") as archive:
        if hasattr(tarfile, "fully_trusted_filter"):
            archive.extraction_filter = tarfile.fully_trusted_filter
        archive.extractall(folder)  # noqa: S202 - see above


class _Station:
    """What one grading has open on this machine."""

    def __init__(self, order: Order) -> None:
        self.workers = Workers(LOG, float(order["within"]))
        self._order = order
        self._lock = threading.Lock()
        self._stack = contextlib.ExitStack()
        self._limits: Limits | None = None
        self._busy = 0
        self._timer: threading.Timer | None = None

    def open(self) -> Limits:
        """Take the builder, and a network for containers, that answers need; once.

        Raises:
            MachineTrouble: there is none.

        """
        with self._lock:
            if self._limits is None:
                with contextlib.ExitStack() as stack:
                    stack.enter_context(cli.using(self._order["builder"]))
                    self._limits = stack.enter_context(ground.limited(lambda _: None))
                    self._stack = stack.pop_all()
            self._rest()
            return self._limits

    def judge(self, job: dict[str, Any], files: bytes) -> dict[str, Any]:
        """See the function of the same name."""
        limits = self.open()
        with self._lock:
            self._busy += 1
        try:
            with tempfile.TemporaryDirectory(prefix="docker-101-answer-") as scratch:
                folder = Path(scratch) / "answer"
                folder.mkdir()
                _unpack(files, folder)
                return self.workers.judge(Job(job["fingerprint"], job["exercise"], folder, limits)).as_json()
        finally:
            with self._lock:
                self._busy -= 1
                self._rest()

    def _rest(self) -> None:
        """Count the idle time anew."""
        if self._timer:
            self._timer.cancel()
        self._timer = threading.Timer(IDLE, self._give_up)
        self._timer.daemon = True
        self._timer.start()

    def _give_up(self) -> None:
        if not self._busy:
            pack_up(str(self._order["run"]))

    def close(self) -> None:
        """Take everything away again."""
        with self._lock:
            if self._timer:
                self._timer.cancel()
            self.workers.close()
            self._stack.close()
            self._limits = None


class _Stations:
    """The gradings that this process judges for."""

    def __init__(self) -> None:
        self.open: dict[str, _Station] = {}
        self._lock = threading.Lock()

    def of(self, order: Order) -> _Station:
        """Give the station of this grading."""
        with self._lock:
            return self.open.setdefault(str(order["run"]), _Station(order))


_stations = _Stations()
