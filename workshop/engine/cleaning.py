"""Removing what the workshop made: by label alone, and without keeping anyone waiting."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from workshop import places
from workshop.trouble import Trouble

from . import labels, sweep
from .api import Refused, talking
from .images import as_typed

GONE = 404
"""HTTP status of "no such container"."""
_removing: list[subprocess.Popen[bytes] | _Thread] = []
_kept: list[tuple[list[str], list[str]]] = []
"""Images, and nameless ones, to be removed when `images_kept` ends, for each that is open."""
_swept: set[Path] = set()
"""Copies of the repository whose leftovers this process has looked for."""
_lock = threading.Lock()
"""Guards all three."""
SWEEPING = places.STATE / "sweeping"
"""Holds a file for each process that removes images without a name: its number."""
OTHERS_WITHIN = 30
"""Seconds that a verification waits for those of others; a removal takes one, on a loaded machine ten."""
POLL = 0.02
"""Seconds between two looks whether they are done."""
BUSY = 409
"""HTTP status of "removal is already in progress", or "an image is in use"."""
_by_itself = threading.Event()
"""Whether this process removes by itself what is to be removed later."""


class _Thread(threading.Thread):
    """A removal in this process, asked like one that is a process."""

    def poll(self) -> int | None:
        return None if self.is_alive() else 0

    def wait(self) -> None:
        self.join()


def stay() -> None:
    """Have this process remove by itself what is to be removed later: it lives on, so that costs it no process."""
    _by_itself.set()


def remove_container(container: str) -> bool:
    """Remove a container and its anonymous volumes, running or not; False where there was none."""
    try:
        with talking() as api:
            api.remove_container(container, force=True, v=True)
    except Refused as refused:
        if refused.status not in (GONE, BUSY):
            raise
        return False
    return True


def remove_image(image: str) -> bool:
    """Remove an image's name, and the image when that was its last; False where it is gone or in use."""
    try:
        with talking() as api:
            api.remove_image(image)
    except Refused as refused:
        if refused.status not in (GONE, BUSY):
            raise
        return False
    return True


def remove_later(
    containers: Iterable[str],
    images: Iterable[str] = (),
    *,
    nameless: Iterable[str] = (),
    leftovers_of: Path | None = None,
) -> None:
    """Have a process of its own remove these, so that a verdict does not wait for it (120 ms a container).

    What is `nameless` are IDs of images, which go unless somebody gave them a name, or built on them. With
    `leftovers_of`, what killed verifications of that copy of the repository left behind goes, too; that is looked for
    once in the life of this process.
    """
    containers, images, nameless = list(containers), list(images), list(nameless)
    with _lock:
        if _kept:
            _kept[-1][0].extend(images)
            _kept[-1][1].extend(nameless)
            images, nameless = [], []
        leftovers = _leftovers(leftovers_of) if leftovers_of and leftovers_of not in _swept else None
        if leftovers_of:
            _swept.add(leftovers_of)
    if not (containers or images or nameless or leftovers):
        return
    _forget_ended()
    if _by_itself.is_set() and not leftovers:
        thread = _Thread(target=_remove, args=(containers, images, nameless), daemon=True)
        with _lock:
            _removing.append(thread)
        thread.start()
        return
    if not (images or nameless or leftovers):
        words = ["docker", "rm", "-f", "-v", *containers]  # starts quicker than Python
    else:
        order = {"containers": containers, "images": images, "nameless": nameless, "leftovers": leftovers}
        words = [sys.executable, "-I", "-S", sweep.__file__, json.dumps(order)]
    null = subprocess.DEVNULL
    started = subprocess.Popen(words, start_new_session=True, stdin=null, stdout=null, stderr=null)
    with _lock:
        _removing.append(started)
    if nameless:
        with contextlib.suppress(OSError):
            SWEEPING.mkdir(parents=True, exist_ok=True)
            (SWEEPING / str(started.pid)).touch()


def _remove(containers: list[str], images: list[str], ids: list[str]) -> None:
    """Do what `sweep` does."""
    for name, remove in [*((one, remove_container) for one in containers), *((one, remove_image) for one in images)]:
        with contextlib.suppress(Trouble, Refused):
            remove(name)
    with contextlib.suppress(Trouble, Refused):
        for one in sweep.beginning(nameless(), ids) if ids else ():
            remove_image(one)


def _forget_ended() -> None:
    """Forget the removals of this process that are over; until they are asked, they count as alive."""
    with _lock:
        ended = [one for one in _removing if one.poll() is not None]
        _removing[:] = [one for one in _removing if one not in ended]
    for one in ended:
        if not isinstance(one, _Thread):
            with contextlib.suppress(OSError):
                (SWEEPING / str(one.pid)).unlink(missing_ok=True)


def _leftovers(root: Path) -> list[str]:
    mine = labels.checkout_id(root)
    return [labels.LAB, f"{labels.STARTED}={mine}", f"{labels.CHECKOUT}={mine}", labels.LAB_IMAGES]


def settle() -> None:
    """Wait until everything that was to be removed later is gone."""
    with _lock:
        waited_for = list(_removing)
    for one in waited_for:
        one.wait()


def settle_others() -> None:
    """Wait, for a while, until no other process of this copy removes images without a name.

    The classic builder may find one of those, and lose it before the next build of the same verification, whose steps
    are then done again; whether they are is what some exercises are about.
    """
    deadline = time.monotonic() + OTHERS_WITHIN
    for file in SWEEPING.iterdir() if SWEEPING.is_dir() else ():
        while sweep.alive(file.name) and time.monotonic() < deadline:
            time.sleep(POLL)
            _forget_ended()
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)


@contextlib.contextmanager
def images_kept() -> Iterator[None]:
    """Put off what `remove_later` does with images until the end, and wait for it then.

    Verifications at a time share cached steps: the classic builder takes one of another image, and starts over when
    that image is removed before the next step. Which steps are cached is what some exercises are about.
    """
    images: list[str] = []
    nameless: list[str] = []
    with _lock:
        _kept.append((images, nameless))
    try:
        yield
    finally:
        with _lock:
            _kept[:] = [one for one in _kept if one[0] is not images]
        settle()
        for names in _batches(images):
            remove_later([], names)
            settle()
        for ids in _batches(nameless):  # which may have been below a named one
            remove_later([], nameless=ids)
            settle()


def _batches(names: list[str]) -> list[list[str]]:
    return [names[start : start + sweep.AT_ONCE] for start in range(0, len(names), sweep.AT_ONCE)]


def containers(root: Path, **extra: str) -> list[dict[str, Any]]:
    """List the containers, stopped ones too, that the copy of the repository at `root` made."""
    with talking() as api:
        return list(api.containers(all=True, filters={"label": _labels(labels.STARTED, root, extra)}))


def images(root: Path, **extra: str) -> list[dict[str, Any]]:
    """List the images that the copy of the repository at `root` built."""
    with talking() as api:
        return [as_typed(one) for one in api.images(filters={"label": _labels(labels.CHECKOUT, root, extra)})]


def nameless() -> list[str]:
    """List the IDs of the images without a name that no other is built on."""
    with talking() as api:
        return [one["Id"] for one in api.images(filters={"dangling": True})]


def _labels(key: str, root: Path, extra: dict[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in {key: labels.checkout_id(root), **extra}.items()]


def remove_leftovers(root: Path) -> None:
    """Remove the containers that killed verifications, and mirrors, left: their process is no longer there."""
    with talking() as api:
        found = api.containers(all=True, filters={"label": [*_labels(labels.STARTED, root, {}), labels.LAB]})
    for one in found:
        if not sweep.alive(one["Labels"].get(labels.LAB, "")):
            remove_container(one["Id"])
