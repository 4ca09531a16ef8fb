"""`invoke join` and `invoke leave`: find the board, get a place there, say what goes there; and take it all back."""

from __future__ import annotations

import ipaddress
import random
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from workshop.trouble import MachineTrouble, Usage

from . import asking, telling
from .asking import NoAnswer, Refused
from .membership import Board

PORT = 8101
"""Where a board listens unless its address says otherwise."""
_SECONDS = 5
_LONGEST = 200
"""Characters of a name that are sent; the board keeps fewer."""
_SUCH_AS = "invoke join 192.168.1.5 k7mq-x2vd"
_WRONG_CODE, _OTHER_AGE, _UNKNOWN = 403, 400, 401
_HOW = (
    *("brave", "bright", "calm", "clever", "curious", "gentle", "happy", "kind"),
    *("lively", "lucky", "merry", "nimble", "patient", "quick", "quiet", "sunny"),
)
_WHO = (
    *("badger", "beaver", "crane", "dolphin", "finch", "fox", "gecko", "heron"),
    *("koala", "lemur", "marmot", "otter", "owl", "panda", "puffin", "robin"),
)


def place(address: str) -> tuple[str, int]:
    """Read an address: a host or IP address, perhaps with a port, or a whole URL.

    Raises:
        Usage: it is none.

    """
    text = address.strip()
    if text.count(":") > 1 and "[" not in text and "/" not in text:
        text = f"[{text}]"  # IPv6 as one reads it
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
        host, port = parts.hostname or "", parts.port or PORT
    except ValueError:
        host, port = "", 0
    if ":" in host:
        named = _is_address(host)
    else:
        named = re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?", host) is not None
    if not named:
        raise Usage(f"{address!r} is no address of a board.", why="Your instructor shows it.", fix=_SUCH_AS)
    return host, port


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def made_up() -> str:
    """Make up a friendly name."""
    return f"{random.choice(_HOW)}-{random.choice(_WHO)}"  # noqa: S311 - no secret


def join(  # noqa: PLR0913 - what was typed, and the ways to the user
    address: str,
    code: str,
    name: str,
    *,
    say: Callable[[str], object],
    ask: Callable[[str], str] | None,
    dry: bool,
) -> None:
    """Join a board, and say what it will hear; `ask` asks for a name where there is somebody to answer.

    Raises:
        Usage: the address, or the code, is wrong.
        MachineTrouble: there is no board, or it has no place.

    """
    host, port = place(address)
    if dry:
        say(f"would ask the board at {host}, port {port}, for a place; nothing was sent")
        return
    suggested = made_up()
    if not name and ask:
        answered = ask(f"What shall the board call you? Others may read it. [{suggested}] ").strip()
        name = "" if answered == "q" else answered  # the input's end
    kept = telling.membership()
    before = kept.board()
    same = before is not None and (before.host, before.port) == (host, port)
    told = {"code": code, "name": (name or (before.name if before and same else suggested))[:_LONGEST]}
    if before and same:
        told["token"] = before.token
    given = _asked(host, port, told)
    if before and not same:
        _take_off(before)
    kept.join(Board(host, port, str(given.get("name")), str(given.get("token"))))
    board = kept.board()
    if board is None:
        raise MachineTrouble("The board gave no place.", kind="board", why="It may be of another age.")
    say(f"You are on the class board as {board.name}.")
    say(
        "Each verdict on your own files (verify, watch) now tells it the exercise, whether it passed, and which check"
        " failed: no files, no paths, nothing that you wrote. `invoke leave` ends that."
    )


def _asked(host: str, port: int, told: dict[str, str]) -> dict[str, object]:
    try:
        return asking.ask(host, port, "/join", told, seconds=_SECONDS)
    except Refused as refused:
        if refused.status == _WRONG_CODE:
            raise Usage(
                "The code is wrong.", why="Your instructor's board shows it; capitals and dashes don't matter."
            ) from refused
        fix = "fetch the workshop anew, as your instructor has it" if refused.status == _OTHER_AGE else "try again soon"
        raise MachineTrouble("The board has no place for you.", kind="board", why=str(refused), fix=fix) from refused
    except NoAnswer as error:
        raise MachineTrouble(
            f"No board answers at {host}, port {port}.",
            kind="board",
            why=f"{str(error)[:1].upper()}{str(error)[1:]}. You need no board for the exercises: go on.",
            fix="look at the address again; are you on the same network as your instructor?",
        ) from error


def leave(say: Callable[[str], object], *, dry: bool) -> None:
    """Leave the board; a board that can't be reached is left all the same."""
    kept = telling.membership()
    board = kept.board()
    if board is None:
        say("You are on no class board.")
        return
    if dry:
        say(f"would leave the board at {board.address}; nothing was sent")
        return
    kept.forget()
    if _take_off(board):
        say(f"You left the class board; {board.name} is taken off it.")
    else:
        say(f"You left the class board; it could not be reached, so {board.name} stays on it. Nothing more goes there.")


def _take_off(board: Board) -> bool:
    try:
        asking.ask(board.host, board.port, "/leave", {"token": board.token}, seconds=_SECONDS)
    except Refused as refused:
        return refused.status == _UNKNOWN
    except NoAnswer:
        return False
    return True
