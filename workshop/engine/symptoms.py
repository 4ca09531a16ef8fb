"""What an error from anywhere says about the engine: an exception or a text → a kind. No look at the machine."""

from __future__ import annotations

import errno
import http.client
import json
import re
import socket
import subprocess
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal[
    "no-cli",
    "not-running",
    "no-permission",
    "wrong-context",
    "api-too-old",
    "api-too-new",
    "server-errors",
    "engine-hangs",
    "engine-died",
    "windows-containers",
    "unknown",
]
"""The stable names. `unknown` is for what no rule knows; its text is shown as it came."""


def kind_of(error: BaseException | str) -> Kind:
    """Find the kind: first by what the exceptions are, innermost first, then by what their texts say."""
    if isinstance(error, str):
        return kind_of_text(error)
    chain = list(_chain(error))
    for one in reversed(chain):
        if kind := _kind_of_one(one):
            return kind
    for one in reversed(chain):
        if (kind := kind_of_text(_text(one))) != "unknown":
            return kind
    return "unknown"


def kind_of_text(text: str) -> Kind:
    """Find the kind of what a docker command printed; also of `docker info --format json`, which can exit 0."""
    for kind, pattern in _TEXTS:
        if re.search(pattern, text, re.IGNORECASE):
            return kind
    return "server-errors" if server_errors(text) else "unknown"


def server_errors(text: str) -> list[str]:
    """List the ServerErrors in what `docker info --format json` printed; empty when there are none."""
    for line in text.splitlines():
        if '"ServerErrors"' not in line:
            continue
        try:
            errors = json.loads(line).get("ServerErrors")
        except (ValueError, AttributeError):
            continue
        return [str(one) for one in errors or []]
    return []


def own_words(error: BaseException | str) -> str:
    """Choose the sentence to show: what docker printed on standard error, else the innermost exception's text."""
    if isinstance(error, str):
        return _first_line("; ".join(server_errors(error)) or error)
    chain = list(_chain(error))
    for one in chain:
        printed = getattr(one, "stderr", None) or getattr(one, "explanation", None)
        if printed:
            return _first_line(printed.decode(errors="replace") if isinstance(printed, bytes) else str(printed))
    return _first_line(str(chain[-1]) or type(chain[-1]).__name__)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Walk the exception and all under it: causes, contexts, and what requests and urllib3 keep in fields."""
    seen: set[int] = set()
    todo = [error]
    while todo:
        one = todo.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
        todo += [part for part in inner if isinstance(part, BaseException)]


def _kind_of_one(error: BaseException) -> Kind | None:  # noqa: PLR0911  # one return per row of a decision table
    name = type(error).__name__
    if name == "ClientNotFoundError":  # python-on-whales; named, so that it need not be imported
        return "no-cli"
    if name == "InvalidVersion":  # the SDK: it no longer speaks what the engine speaks
        return "api-too-old"
    if name == "ContextNotFound":
        return "wrong-context"
    if name == "APIError" and (getattr(error, "status_code", None) or 0) >= http.client.INTERNAL_SERVER_ERROR:
        return "server-errors"
    if name in ("ReadTimeout", "ReadTimeoutError") or isinstance(error, subprocess.TimeoutExpired):
        return "engine-hangs"
    if name in ("ConnectTimeout", "ConnectTimeoutError") or isinstance(error, socket.gaierror):
        return "wrong-context"
    if isinstance(error, http.client.RemoteDisconnected | http.client.IncompleteRead):
        return "engine-died"
    if isinstance(error, OSError):
        return _kind_of_os_error(error)
    if name == "error" and (number := getattr(error, "winerror", None)):  # pywintypes, the named pipe of Windows
        return _WINDOWS_PIPE.get(number)
    return None


def _kind_of_os_error(error: OSError) -> Kind | None:
    program = PurePath(str(error.filename)).stem if error.filename else ""
    if program == "docker" and error.errno in (errno.ENOENT, errno.EACCES):
        return "no-cli"
    if isinstance(error, TimeoutError):
        return "engine-hangs"
    return _ERRNOS.get(error.errno or 0)


_ERRNOS: dict[int, Kind] = {
    errno.EACCES: "no-permission",
    errno.EPERM: "no-permission",
    errno.ENOENT: "not-running",
    errno.ECONNREFUSED: "not-running",
    errno.EHOSTUNREACH: "wrong-context",
    errno.ENETUNREACH: "wrong-context",
    errno.ECONNRESET: "engine-died",
    errno.ECONNABORTED: "engine-died",
    errno.EPIPE: "engine-died",
}

_WINDOWS_PIPE: dict[int, Kind] = {
    2: "not-running",  # ERROR_FILE_NOT_FOUND: no such pipe
    5: "no-permission",  # ERROR_ACCESS_DENIED
    109: "engine-died",  # ERROR_BROKEN_PIPE
    121: "engine-hangs",  # ERROR_SEM_TIMEOUT
    231: "engine-hangs",  # ERROR_PIPE_BUSY
    233: "engine-died",  # ERROR_PIPE_NOT_CONNECTED
}

_TEXTS: list[tuple[Kind, str]] = [
    ("no-permission", r"permission denied while trying to connect|docker_engine: Access is denied"),
    ("no-permission", r"dial unix \S+: connect: permission denied|PermissionError\(13"),
    ("no-cli", r"docker:? (?:command )?not found|could not be found in this WSL|'docker' is not recognized"),
    ("no-cli", r"No such file or directory: '?docker'?"),
    (
        "api-too-new",
        r"client version \S+ is too old|minimum supported API version is [\d.]+, please upgrade your client",
    ),
    ("api-too-old", r"client version \S+ is too new|API version \S+ is not supported by this client"),
    ("api-too-old", r"API versions below \S+ are no longer supported"),
    ("wrong-context", r'context "[^"]*"(?: does not exist|: context not found)|unable to resolve docker endpoint'),
    ("wrong-context", r"Failed to initialize: unable to resolve|unable to parse docker host|Invalid bind address"),
    ("wrong-context", r"npipe:// protocol is only supported|to enable ssh:// support|error during connect:.* ssh"),
    (
        "wrong-context",
        r"no such host|Name or service not known|nodename nor servname|network is unreachable|no route to host",
    ),
    (
        "wrong-context",
        r"i/o timeout|HTTP request to an HTTPS server|HTTP response to HTTPS client|x509:|CERTIFICATE_VERIFY",
    ),
    ("engine-hangs", r"context deadline exceeded|Read timed out|timeout awaiting response|Client\.Timeout"),
    ("not-running", r"Cannot connect to the Docker daemon|Is the docker daemon running|dockerd? is not running"),
    ("not-running", r"docker_engine.*cannot find the file|dockerDesktop\w+: The system cannot find the file"),
    (
        "not-running",
        r"dial unix \S+: connect: (?:no such file|connection refused)|'CreateFile', 'The system cannot find",
    ),
    ("not-running", r"ConnectionRefusedError|Connection refused|docker desktop is (?:not running|unable to start)"),
    (
        "engine-died",
        r"connection reset by peer|unexpected EOF|error during connect.*\bEOF\b|broken pipe|closed connection",
    ),
    (
        "server-errors",
        r"Error response from daemon.*(?:50[0-4]|Internal Server Error)|request returned .*5\d\d|5\d\d Server Error",
    ),
    (
        "server-errors",
        r"Invalid response from docker daemon|Docker Desktop is (?:paused|starting)|Expecting value: line 1",
    ),
]
"""Kind → what the docker command, the SDK or python-on-whales print for it. The first match wins."""


def _text(error: BaseException) -> str:
    parts = [str(error)]
    for name in ("stderr", "stdout", "output", "explanation"):
        value = getattr(error, name, None)
        if value:
            parts.append(value.decode(errors="replace") if isinstance(value, bytes) else str(value))
    return "\n".join(parts)


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0][:_LONGEST] if lines else ""


_LONGEST = 400
"""Characters of somebody else's message that are shown; an engine can answer with a whole HTML page."""
