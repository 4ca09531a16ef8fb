"""`invoke board`: choose or go on with a class, say what learners type and what to project, serve until Ctrl-C."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from workshop import keys, lan, places
from workshop.trouble import MachineTrouble, Usage

from . import keeping
from .room import Room

PORT = 8101
"""Where it listens unless told otherwise; learners need not type it then."""
SHORTEST = 6
"""Letters and digits of a code that an instructor chooses."""
_HIGHEST = 65535

Say = Callable[[str], object]


@dataclass(frozen=True)
class Order:
    """What `invoke board` was asked for."""

    port: int
    names: bool
    """Whether the instructor's page may show names."""
    minutes: int
    """After which somebody is stuck for long."""
    code: str
    new: bool
    """Begin a new class, though there is one of today."""


def order(*, port: int, names: bool, minutes: int, code: str, new: bool) -> Order:
    """Look whether what was typed can be done.

    Raises:
        Usage: it can't.

    """
    if not 0 <= port <= _HIGHEST:
        raise Usage(f"There is no port {port}.", why=f"Ports go from 1 to {_HIGHEST}.", fix=f"--port {PORT}")
    if minutes < 1:
        raise Usage("Nobody is stuck for less than a minute.", fix="--minutes 10")
    plain = [one for one in code if one.isalnum()]
    if code and (len(plain) < SHORTEST or not code.isascii() or not code.replace("-", "").isalnum()):
        why = f"A code has {SHORTEST} or more letters and digits, perhaps with - between: who guesses it can join."
        raise Usage(f"The code {code!r} won't do.", why=why, fix="leave --code out: the board makes one")
    return Order(port, names, minutes, code, new)


def show(wanted: Order, say: Say) -> None:
    """Say what would be done; nothing is."""
    say(f"would serve the class board at http://127.0.0.1:{wanted.port}/ and on port {wanted.port} of:")
    say(", ".join(lan.addresses()) or "no address: this machine is on no network")


def run(wanted: Order, say: Say) -> None:
    """Serve the board until it is told to end.

    Raises:
        MachineTrouble: the port can't be had.

    """
    from tornado import netutil

    from . import course, serving

    room = Room(course.read(), time.time)
    try:
        sockets = netutil.bind_sockets(wanted.port)
    except PermissionError as error:
        raise MachineTrouble(
            f"Port {wanted.port} is not for everybody.", kind="port", why=str(error), fix=f"invoke board --port {PORT}"
        ) from error
    except OSError as error:
        fix = f"invoke board --port {wanted.port + 1 if wanted.port < _HIGHEST else PORT}"
        why = f"Another program has it, perhaps another board ({error.strerror or error})."
        raise MachineTrouble(f"Port {wanted.port} can't be had.", kind="port-taken", why=why, fix=fix) from error
    port = int(sockets[0].getsockname()[1])
    kept, lines = _class(wanted, room)
    addresses = lan.addresses()
    board = serving.Board(kept, room, names=wanted.names, long=wanted.minutes, say=say)
    place = addresses[0] if addresses else "127.0.0.1"
    board.invitation = f"invoke join {_typed(place, port)} {kept.code}"
    lines += _lines(board.kept.code, kept.key, port, addresses, names=wanted.names)
    with keys.ended_cleanly():
        try:
            asyncio.run(serving.serve(board, sockets, lambda: say("\n".join(lines))))
        finally:
            for one in sockets:
                one.close()
            say("The board is down. `invoke board` goes on with this class, within 12 hours.")


def _class(wanted: Order, room: Room) -> tuple[keeping.Class, list[str]]:
    """Go on with today's class, or begin one; say which."""
    there, lines = keeping.file().exists(), []
    found = keeping.load()
    if found and not wanted.new and keeping.is_fresh(found) and found.room is not None:
        try:
            room.restore(found.room)
        except (KeyError, TypeError, ValueError, AttributeError):
            found = None
        else:
            when = time.strftime("%H:%M", time.localtime(found.since))
            people = f"{len(room)} learner{'s' if len(room) != 1 else ''}"
            lines.append(f"Going on with the class of {when}, {people}; `invoke board --new` begins another.")
            return keeping.Class(wanted.code or found.code, found.key), lines
    empty = found is not None and found.room is not None and not found.room.get("learners")
    if there and not empty and (aside := keeping.set_aside()):
        what = "The class before" if found else "A class that can't be read"
        lines.append(f"{what} is in {places.as_typed(aside)}.")
    return keeping.new(wanted.code), lines


def _typed(address: str, port: int) -> str:
    return address if port == PORT else f"{address}:{port}"


def _lines(code: str, key: str, port: int, addresses: list[str], *, names: bool) -> list[str]:
    here = f"http://127.0.0.1:{port}"
    lines = ["Class board. Ctrl-C ends it.", ""]
    if addresses:
        lines += [f"learners type   invoke join {_typed(addresses[0], port)} {code}"]
        lines += [f"           or   invoke join {_typed(one, port)} {code}" for one in addresses[1:]]
    else:
        lines += [f"learners type   invoke join ADDRESS{'' if port == PORT else f':{port}'} {code}"]
        lines += ["                where ADDRESS is this machine's: it is on no network now"]
    with_names = "with names, on this machine only" if names else "--no-names: nobody's name is on it either"
    lines += [f"to project      {here}/   (no names)"]
    lines += [f"                http://{one}:{port}/   (the same, on another machine)" for one in addresses[:1]]
    lines += [f"for you         {here}/key/{key}", f"                ({with_names})"]
    return lines
