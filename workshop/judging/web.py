"""One HTTP request to a published port, and exactly how it failed when it did."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass

BODY_LIMIT = 2_000_000
"""Bytes of an answer that are read; a page of this workshop has a few thousand."""


@dataclass(frozen=True)
class Response:
    """A web server's answer."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def text(self) -> str:
        """The body as text; what is not UTF-8 is marked."""
        return self.body.decode("utf-8", "replace")

    @property
    def content_type(self) -> str:
        """The media type without its parameters, such as "text/css"."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


class NoAnswer(Exception):
    """No HTTP answer came; `how` is "refused", "reset", "empty", "timeout" or "not-http"."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


def get(
    host: str, port: int, path: str = "/", *, timeout: float = 2, headers: Mapping[str, str] | None = None
) -> Response:
    """Ask for `path` once, straight at `host`, whatever proxy this machine is set to.

    Raises:
        NoAnswer: nothing that speaks HTTP answered within `timeout` seconds.

    """
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("GET", path, headers={"Connection": "close", **(headers or {})})
        answer = connection.getresponse()
        return Response(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read(BODY_LIMIT))
    except TimeoutError as error:
        raise NoAnswer("timeout") from error
    except ConnectionRefusedError as error:
        raise NoAnswer("refused") from error
    except http.client.RemoteDisconnected as error:
        raise NoAnswer("empty") from error
    except (http.client.HTTPException, UnicodeError, ValueError) as error:
        raise NoAnswer("not-http") from error
    except OSError as error:
        raise NoAnswer("reset") from error
    finally:
        connection.close()
