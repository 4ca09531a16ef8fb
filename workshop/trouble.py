"""Troubles that end a command politely: what happened, why, and what to type instead.

Exit codes, the same for every task: 0 done, 1 not there yet, 2 wrong usage, 3 the engine or this machine,
4 a bug in a check of ours, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

DONE = 0
NOT_YET = 1
WRONG_USAGE = 2
MACHINE = 3
OUR_BUG = 4
STOPPED = 130


class Trouble(Exception):
    """Something the user must hear about, in plain words; never shown as a traceback."""

    exit_code = MACHINE

    def __init__(self, what: str, *, why: str = "", fix: str | list[str] = "") -> None:
        """Say `what` happened, `why`, and the `fix`: one sentence or command, or several in order."""
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = [fix] if isinstance(fix, str) and fix else list(fix)


class NotThere(Trouble):
    """The learner's own files or containers are not there yet, such as a Dockerfile that does not build."""

    exit_code = NOT_YET


class Usage(Trouble):
    """What was typed can't be done as typed; nothing was changed."""

    exit_code = WRONG_USAGE


class MachineTrouble(Trouble):
    """The engine, the network or this machine; never the learner's answer."""

    exit_code = MACHINE

    def __init__(self, what: str, *, kind: str = "machine", why: str = "", fix: str | list[str] = "") -> None:
        """Like `Trouble`, with a stable `kind` (such as "not-running") that programs can rely on."""
        super().__init__(what, why=why, fix=fix)
        self.kind = kind


class CheckerBug(Trouble):
    """A check of ours is wrong; the learner's answer was not judged."""

    exit_code = OUR_BUG
