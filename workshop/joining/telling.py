"""Tell the board of a verdict, where one was joined: written down at once, sent by another process later."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import Any

from workshop import places
from workshop.judging.verdict import Outcome, Verdict

from .membership import Membership, Trouble

_children: list[subprocess.Popen[bytes]] = []
"""Senders that may still run; those that ended are forgotten at the next verdict."""


def membership() -> Membership:
    """Give what this copy of the workshop keeps of the board it joined."""
    return Membership(places.STATE / "joined")


def told(verdict: Verdict, *, untouched: bool) -> dict[str, Any]:
    """Give all that the board hears of a verdict: names that the workshop gave, and nothing of the learner's."""
    failed = next((one for one in verdict.checks if one.outcome is Outcome.FAILED), None)
    return {
        "exercise": verdict.exercise,
        "outcome": verdict.outcome.value,
        "check": failed.id if failed else None,
        "untouched": untouched,
    }


def put(verdict: Verdict, *, untouched: bool) -> None:
    """Let a verdict wait for `send`, where a board was joined."""
    kept = membership()
    if kept.board():
        kept.put(told(verdict, untouched=untouched))


def send() -> None:
    """Have another process send what waits, where a board was joined; don't wait for it."""
    kept = membership()
    if kept.board() is None or not kept.waiting():
        return
    _children[:] = [one for one in _children if one.poll() is None]
    with contextlib.suppress(OSError):
        _children.append(_apart([sys.executable, "-S", "-m", "workshop.joining.sender", str(kept.folder)]))


def note() -> str:
    """Give what the learner should know, once for each time that the board can't be reached; else nothing."""
    kept = membership()
    board = kept.board()
    trouble = kept.trouble() if board else None
    if board is None or trouble is None or trouble.said:
        return ""
    kept.troubled(Trouble(trouble.why, trouble.again, said=True))
    if trouble.again:
        return f"The class board at {board.address} knows you no more: `invoke join` again, or `invoke leave`."
    return (
        f"The class board at {board.address} was not reached ({trouble.why}). Your verdicts need no board;"
        " they go there when it is back. `invoke leave` ends that."
    )


def _apart(words: list[str]) -> subprocess.Popen[bytes]:
    """Start a process that goes on when this one, and its terminal, are gone."""
    nothing, env = subprocess.DEVNULL, {**os.environ, "PYTHONPATH": str(places.ROOT)}
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        return subprocess.Popen(words, stdin=nothing, stdout=nothing, stderr=nothing, env=env, creationflags=flags)
    return subprocess.Popen(words, stdin=nothing, stdout=nothing, stderr=nothing, env=env, start_new_session=True)
