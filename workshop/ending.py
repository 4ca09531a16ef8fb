"""How a command ends: politely, whatever stopped it, and whatever became of its input and output."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import NoReturn

from . import spelling, trouble

_STOPPED = "\nStopped.\n"
"""What is said after Ctrl-C; whoever knows what became of the work raises KeyboardInterrupt with it, in a few words."""

_FEW = 3
"""Of so many files it is said what is wrong with them."""


def make_sure() -> None:
    """Let this process end without a traceback, also where Invoke itself prints, and where a stream is closed."""
    _open_closed_streams()
    spelling.let_streams_spell()
    signal.signal(signal.SIGINT, _stop)
    sys.excepthook = _last_resort


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt inside the block; around it, it ends the process by itself.

    Invoke would make exit code 1 of a KeyboardInterrupt that reaches it, and that means "not there yet".
    """
    before = signal.getsignal(signal.SIGINT)
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def told(error: BaseException) -> int:
    """Say what ended a command, if anybody has to hear of it, and give its exit code."""
    from . import report

    code = trouble.DONE
    if isinstance(error, BrokenPipeError):  # nobody reads any more, and that is their good right
        _leave_output()
    elif isinstance(error, KeyboardInterrupt):
        code = trouble.STOPPED
        with contextlib.suppress(OSError):
            sys.stderr.write(f"\nStopped: {error}.\n" if str(error) else _STOPPED)
    else:
        known = _trouble(error if isinstance(error, Exception) else RuntimeError(repr(error)))
        code = known.exit_code
        with contextlib.suppress(OSError):
            report.trouble(known)
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        _leave_output()
    return code


def flush() -> None:
    """Write out what was printed, while its errors can still be told; Python's own end could not.

    Raises:
        OSError: that can't be done, such as a BrokenPipeError.

    """
    sys.stdout.flush()


@contextlib.contextmanager
def whoever_reads() -> Iterator[None]:
    """Go on after the block when nobody reads what it prints: an exit code still tells, a file is still written."""
    try:
        yield
        flush()
    except BrokenPipeError:
        _leave_output()


def _trouble(error: Exception) -> trouble.Trouble:
    from . import report

    if isinstance(error, trouble.Trouble):
        return error
    if isinstance(error, OSError):
        return _files_trouble(error)
    return report.unforeseen(error)


def _files_trouble(error: OSError) -> trouble.MachineTrouble:
    """Make a trouble of a disk that is full or a file that can't be read or written."""
    why = ": ".join(str(one) for one in (error.filename, error.strerror or error) if one)
    several = error.args[0] if error.args and isinstance(error.args[0], list) else []  # of shutil.Error
    if several:
        why = "\n".join(str(reason) for *_, reason in several[:_FEW])
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or f"[Errno {errno.ENOSPC}]" in why:
        fix = ["docker system df   (what Docker holds)", "make room, then run the same command again"]
        return trouble.MachineTrouble("The disk is full.", kind="disk-full", why=why, fix=fix)
    fix = ["look at that file or folder: may you read and write it, and is it what its name says?"]
    return trouble.MachineTrouble("A file could not be read or written.", kind="files", why=why, fix=fix)


def _stop(*_: object) -> NoReturn:
    """End on Ctrl-C where there is nothing to clean up: while the tasks are loaded, and after one has ended."""
    with contextlib.suppress(OSError):
        os.write(2, _STOPPED.encode())
    os._exit(trouble.STOPPED)


def _last_resort(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> NoReturn:
    """End what no task saw, such as a pipe that closes under Invoke's own list of them."""
    raise SystemExit(told(error))


def _open_closed_streams() -> None:
    """Put nothing where a standard stream is closed: else the next file or socket gets its number, and its text."""
    if None not in (sys.stdin, sys.stdout, sys.stderr):
        return
    while os.open(os.devnull, os.O_RDWR) <= 2:  # noqa: PLR2004 - the number of standard error
        pass
    sys.stdin, sys.stdout, sys.stderr = (
        one or open(number, mode, encoding="utf-8")  # noqa: PTH123, SIM115 - a number; as long as the process lives
        for number, (one, mode) in enumerate(((sys.stdin, "r"), (sys.stdout, "w"), (sys.stderr, "w")))
    )


def _leave_output() -> None:
    """Let what was not written yet go nowhere: Python would try again at its end, and complain."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
