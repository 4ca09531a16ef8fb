"""What `invoke watch` shows: verdicts one below the other, and on a terminal a last line that says what goes on."""

from __future__ import annotations

import contextlib
import select
import sys
import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING

from .prose import text
from .terminal import clean, console
from .verdicts import verdict as show_verdict

if TYPE_CHECKING:
    from workshop.judging.verdict import Verdict

_PATIENCE = 2
"""Seconds of a verification after which the last line counts them."""
_WAITING = "waiting for a save · "
_KEYS = "h hint · n next · l list · r run again · q quit"
_KEYS_OPEN = "h hint · s solution · n next · l list · r run · q quit"
"""What the keys do: before the solution opens, and after. Where the line has no room, their letters do."""


class Live:
    """The last line is rewritten in place; all else stays where it was printed, the last verdict too."""

    def __init__(self, *, keys: bool) -> None:
        self._keys = keys
        self._out = console()
        self._rewrites = self._out.is_terminal and not self._out.is_dumb_terminal
        self._says = ""
        """What the last line should say."""
        self._shown = ("", 0)
        """What it says, and how wide the terminal was then."""
        self._checking = self._waiting = ""
        self._pressed = _KEYS

    def __enter__(self) -> Live:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave no half line behind."""
        self._says = ""
        with contextlib.suppress(OSError):
            self._draw()

    def checking(self, why: str) -> None:
        """Say at once that a verification began, and why."""
        self._checking = f"checking… {clean(why)}".rstrip()
        self._says = self._checking
        if self._rewrites:
            self._draw()
        else:
            self._line(self._checking)

    def tick(self, seconds: float) -> None:
        """Show that it goes on, `seconds` after a verification began; and follow the terminal's width.

        Raises:
            BrokenPipeError: nobody reads any more.

        """
        if self._rewrites:
            if self._says.startswith(self._checking) and self._checking and seconds >= _PATIENCE:
                self._says = f"{self._checking} · {seconds:.0f} s"
            self._draw()
        elif not self._out.is_terminal and _nobody_reads():
            raise BrokenPipeError

    def verdict(self, verdict: Verdict, attempt: int, why: str, notes: Iterable[str]) -> None:
        """Show a verdict in one go, with when and why it came; `notes` go below it."""
        self._checking = ""
        head = f"{time.strftime('%H:%M:%S')} · {clean(why) or 'the files as they are now'}"
        with self.above():
            if self._rewrites:
                from rich.rule import Rule

                self._out.print(Rule(head, align="left", style="dim"))
            else:
                self._line(head)
            show_verdict(verdict, attempt=attempt, watched=True)
            text(notes)
        self.waiting()

    def offers(self, *, solution: bool) -> None:
        """Name the key for the solution from now on, or don't."""
        self._pressed = _KEYS_OPEN if solution else _KEYS

    def waiting(self) -> None:
        """Say that the next save is waited for."""
        before = self._waiting
        self._waiting = self._says = f"{_WAITING}{self._pressed if self._keys else 'Ctrl-C ends this'}"
        if self._rewrites:
            self._draw()
        elif not before:
            self._line(self._says)

    def text(self, lines: Iterable[str]) -> None:
        """Show some lines."""
        with self.above():
            text(lines)

    @contextlib.contextmanager
    def above(self) -> Iterator[None]:
        """Have what is shown inside the block come above the last line, all at once."""
        says, self._says = self._says, ""
        with self._out:
            self._draw()
            yield
            self._says = says
            self._draw()

    def _line(self, line: str) -> None:
        self._out.print(line, soft_wrap=True)
        with contextlib.suppress(ValueError):
            sys.stdout.flush()

    def _draw(self) -> None:
        """Write the last line anew, if it should say something else or the terminal became narrower or wider."""
        wanted = (self._says, self._out.width)
        if not self._rewrites or wanted == self._shown or not (self._says or self._shown[0]):
            return
        from rich.control import Control, ControlType
        from rich.text import Text

        self._shown = wanted
        with self._out:
            self._out.control(Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2)))
            if self._says:
                line = Text(self._fitting(), style="dim")
                line.truncate(max(1, self._out.width - 1), overflow="ellipsis")  # a full line would begin another
                self._out.print(line, end="", soft_wrap=True)

    def _fitting(self) -> str:
        keys = self._says.removeprefix(_WAITING)
        for says in (self._says, keys):
            if len(says) < self._out.width:
                return says
        return " ".join(one[0] for one in keys.split(" · ")) if keys == self._pressed else self._says


def _nobody_reads() -> bool:
    """Whether the other end of the pipe was closed; systems that can't tell notice at the next line."""
    if sys.platform == "win32" or sys.stdout is None:
        return False
    try:
        number = sys.stdout.fileno()
        looking = select.poll()
        looking.register(number, 0)
        return any(what & (select.POLLERR | select.POLLHUP | select.POLLNVAL) for _, what in looking.poll(0))
    except (OSError, ValueError):
        return False
