"""One request to a board: short, straight to it, and with nothing but Python."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

VERSION = 1
"""Of what learners' machines and the board say to each other."""
_LONGEST = 10_000
"""Bytes of an answer that are read."""
_OK = 200


class NoAnswer(Exception):
    """No board answered; says why in a few words."""


class Refused(Exception):
    """The board answered that it won't; `status` is HTTP's."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def ask(host: str, port: int, path: str, said: dict[str, Any], *, seconds: float) -> dict[str, Any]:
    """Post something, and give the answer; never through a proxy, and never to where another redirects.

    Each step may take `seconds`.

    Raises:
        NoAnswer: nobody answered, or something that is no board.
        Refused: the board won't.

    """
    line = http.client.HTTPConnection(host, port, timeout=seconds)
    try:
        body = json.dumps({"version": VERSION, **said}).encode()
        line.request("POST", path, body, {"Content-Type": "application/json", "Connection": "close"})
        answer = line.getresponse()
        heard = answer.read(_LONGEST)
        status = answer.status
    except socket.gaierror as error:
        raise NoAnswer("there is no machine of that name") from error
    except TimeoutError as error:
        raise NoAnswer(f"no answer in {seconds:g} s") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NoAnswer(getattr(error, "strerror", "") or "something that is no board answered") from error
    finally:
        line.close()
    try:
        told = json.loads(heard)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or not (told.get("error") or told.get("version") == VERSION):
        raise NoAnswer("something that is no board answered")
    if status != _OK:
        raise Refused(status, str(told.get("error", ""))[:200])
    return told
