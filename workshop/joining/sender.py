"""Sends what waits to the board, in a process of its own: nobody waits for it, and nobody sees it.

python -S -m workshop.joining.sender FOLDER
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from pathlib import Path

from .asking import NoAnswer, Refused, ask
from .membership import Membership, Trouble

SECONDS = 4
"""For each step of a request."""
LONGEST = 20
"""Seconds after which this process ends, whatever hangs."""
_AGAIN = 5
"""Seconds until the second try; there is none where the verdicts before did not get through either."""
_UNKNOWN = 401


def send(kept: Membership) -> Trouble | None:
    """Send all that waits; give what went wrong.

    What the board took in waits no more; one that comes twice counts once there, so two of these may run at a time.
    """
    board, names = kept.board(), kept.waiting()
    if board is None or not names:
        return None
    verdicts = [one for one in map(kept.verdict, names) if one]
    try:
        ask(board.host, board.port, "/verdicts", {"token": board.token, "verdicts": verdicts}, seconds=SECONDS)
    except Refused as refused:
        again = refused.status == _UNKNOWN
        return Trouble(str(refused) or "it would not take them", again=again)
    except NoAnswer as error:
        return Trouble(str(error))
    kept.sent(names)
    return None


def main(folder: Path) -> None:
    """Send, once more a little later if need be, and keep what went wrong for the next verdict to tell."""
    kept = Membership(folder)
    before = kept.trouble()
    trouble = send(kept)
    if trouble and not trouble.again and not before:
        time.sleep(_AGAIN)
        trouble = send(kept)
    if trouble and before and before.again == trouble.again:
        trouble = Trouble(trouble.why, trouble.again, said=before.said)
    if kept.board():
        kept.troubled(trouble)


if __name__ == "__main__":
    limit = threading.Timer(LONGEST, os._exit, (0,))
    limit.daemon = True
    limit.start()
    with contextlib.suppress(Exception):
        main(Path(sys.argv[1]))
