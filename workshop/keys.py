"""The keyboard while something runs: single keys from a terminal, which is left as it was found."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

LOOK = 0.1
"""Seconds between two looks whether it is over; a key is heard at once (on Windows, within this time)."""
TYPED = 3
"""Characters that may come at once; more were pasted, and mean no keys."""
_ESCAPED = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|.)?", re.DOTALL)
"""What arrow and function keys send (ECMA-48), and a key with Alt."""
_END = "\x04"
"""Ctrl-D."""

Tell = Callable[[str], object]
"""Is called with each key, in lower case; with "" when there will be none any more."""


@contextlib.contextmanager
def heard(tell: Tell) -> Iterator[bool]:
    """Listen to standard input inside the block; gives whether it is a keyboard.

    Where it is none, its end alone is told. The end of the block, however it comes, leaves the terminal as it was.
    """
    over = threading.Event()
    stream = sys.stdin
    if stream is None or stream.closed:
        tell("")
        yield False
        return
    number = stream.fileno()
    terminal = stream.isatty() and sys.stdout is not None and sys.stdout.isatty() and _in_front(number)
    listening = _one_by_one if terminal else _until_the_end
    with _keys_at_once(number) if terminal else contextlib.nullcontext():
        # A terminal of which the output or the front is not ours is not read either: the system would stop us.
        if terminal or not stream.isatty():
            threading.Thread(target=listening, args=(number, tell, over), daemon=True, name="keys").start()
        try:
            yield terminal
        finally:
            over.set()


@contextlib.contextmanager
def ended_cleanly() -> Iterator[None]:
    """Let the block's `finally` clauses run when this process is told to end, or its terminal goes away."""

    def end(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    found = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")]
    before = {one: signal.signal(one, end) for one in found if one is not None}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _in_front(number: int) -> bool:
    """Whether this process has the terminal; one in the background would be stopped for touching it."""
    if sys.platform == "win32":
        return True
    try:
        return os.tcgetpgrp(number) == os.getpgrp()
    except OSError:
        return False


def _until_the_end(number: int, tell: Tell, over: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while not over.is_set() and os.read(number, 4096):
            pass
    tell("")


if sys.platform == "win32":

    def _one_by_one(_: int, tell: Tell, over: threading.Event) -> None:
        import msvcrt

        while not over.wait(LOOK):
            typed = ""
            while msvcrt.kbhit():
                one = msvcrt.getwch()
                if one in ("\x00", "\xe0"):
                    msvcrt.getwch()  # an arrow or function key, which comes as two
                else:
                    typed += one
            _tell_all(typed, tell)

    def _keys_at_once(_: int) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()  # the console has no setting for it: getwch does it each time

else:

    def _one_by_one(number: int, tell: Tell, over: threading.Event) -> None:
        import select

        try:
            while not over.is_set():
                if not select.select([number], [], [], LOOK)[0]:
                    continue
                if not (typed := os.read(number, 1024)):
                    break
                _tell_all(_ESCAPED.sub(b"", typed).decode("utf-8", "replace"), tell)
        except OSError:
            pass  # the terminal went away
        tell("")

    @contextlib.contextmanager
    def _keys_at_once(number: int) -> Iterator[None]:
        """Have the terminal give each key at once and not show it; Ctrl-C, Ctrl-Z and Ctrl-S stay what they are."""
        import termios

        found = termios.tcgetattr(number)

        def change(*_: object) -> None:
            if _in_front(number):
                mine = termios.tcgetattr(number)
                mine[3] &= ~(termios.ICANON | termios.ECHO)
                mine[6][termios.VMIN], mine[6][termios.VTIME] = 1, 0
                termios.tcsetattr(number, termios.TCSANOW, mine)

        def put_back() -> None:
            if _in_front(number):  # else it is gone, or the shell's, and that has set it
                with contextlib.suppress(termios.error):
                    termios.tcsetattr(number, termios.TCSANOW, found)

        def rest(*_: object) -> None:
            """Ctrl-Z: the shell gets its terminal as it was."""
            put_back()
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTSTP)
            signal.signal(signal.SIGTSTP, rest)

        before = signal.signal(signal.SIGTSTP, rest), signal.signal(signal.SIGCONT, change)
        change()
        try:
            yield
        finally:
            put_back()
            signal.signal(signal.SIGTSTP, before[0])
            signal.signal(signal.SIGCONT, before[1])


def _tell_all(typed: str, tell: Tell) -> None:
    if len(typed) > TYPED:
        return
    for key in typed.lower():
        tell("" if key == _END else key)
