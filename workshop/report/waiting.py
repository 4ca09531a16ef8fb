"""A line that says that something goes on, where it takes longer than a moment; nothing of it stays."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator

AFTER = 1.0
"""Seconds until it shows: what is over by then needs none, and pays for none."""
_TICK = 0.25


@contextlib.contextmanager
def patience(what: str = "") -> Iterator[None]:
    """Show on a terminal that `what` is being checked while the block runs, and for how long; wiped at its end."""
    if not sys.stdout.isatty() or os.environ.get("TERM") in ("dumb", "unknown"):
        yield
        return
    over = threading.Event()
    showing = threading.Thread(target=_show, args=(what, over, time.monotonic()), daemon=True, name="patience")
    showing.start()
    try:
        yield
    finally:
        over.set()
        showing.join()


def _show(what: str, over: threading.Event, began: float) -> None:
    if over.wait(AFTER):
        return
    from .live import Live

    with contextlib.suppress(OSError), Live(keys=False) as live:
        live.checking(what)
        while not over.wait(_TICK):
            live.tick(time.monotonic() - began)
