"""Calling off a verification that runs, because what it judges was saved again."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar


class CalledOff(BaseException):
    """Nobody wants this verification any more. Not an `Exception`: no check may take it for a result."""


class CallOff:
    """The means to call one verification off, from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._off = False
        self._then: list[Callable[[], object]] = []

    @property
    def off(self) -> bool:
        """Whether it was called off."""
        return self._off

    def now(self) -> None:
        """Call it off: it ends at its next step, and what it waits for is ended."""
        with self._lock:
            self._off = True
            then, self._then = self._then, []
        for do in then:
            do()

    @contextlib.contextmanager
    def then(self, do: Callable[[], object]) -> Iterator[None]:
        """Have `do` called, in the other thread, when it is called off inside the block."""
        with self._lock:
            self._then.append(do)
        try:
            yield
        finally:
            with self._lock, contextlib.suppress(ValueError):
                self._then.remove(do)


_mine: ContextVar[CallOff | None] = ContextVar("_mine", default=None)


@contextlib.contextmanager
def by(means: CallOff) -> Iterator[None]:
    """Let the verification inside the block be called off by these means."""
    token = _mine.set(means)
    try:
        yield
    finally:
        _mine.reset(token)


def check() -> None:
    """End here if this verification was called off.

    Raises:
        CalledOff: it was.

    """
    if (means := _mine.get()) and means.off:
        raise CalledOff


def then(do: Callable[[], object]) -> contextlib.AbstractContextManager[None]:
    """Have `do` called, in another thread, when this verification is called off inside the block."""
    means = _mine.get()
    return means.then(do) if means else contextlib.nullcontext()
