"""Whether the engine stayed while something was judged: one that was restarted has ended every container on it."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from workshop.trouble import MachineTrouble

from . import labels
from .api import Refused, talking


class Presence:
    """Holds a line to the engine on which nothing comes; that it breaks is how one knows."""

    def __init__(self) -> None:
        self.broken = False
        """Whether the engine went away since, be it for a moment."""
        self._closing = False
        with talking() as api:
            self._line: Any = api.events(filters={"label": f"{labels.WORKSHOP}=nobody"})
        self._thread = threading.Thread(target=self._hold, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hang up."""
        self._closing = True
        with contextlib.suppress(Exception):  # some kinds of connection can't be closed from outside
            self._line.close()
        self._thread.join(1)

    def _hold(self) -> None:
        with contextlib.suppress(Refused, MachineTrouble), contextlib.closing(self._line._response), talking():
            for _ in self._line:
                pass
        self.broken = not self._closing
