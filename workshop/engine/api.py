"""One kept connection to the engine through the Docker SDK: what reads, and what judges."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from workshop.trouble import MachineTrouble, Trouble

if TYPE_CHECKING:
    import docker

FIRST_ANSWER_WITHIN = 5
"""Seconds the engine has for the first answer, which takes a millisecond: longer means that it hangs."""
ANSWER_WITHIN = 60
"""Seconds the engine may take over one later call; the SDK's own default."""
_ANY_VERSION = "1.44"
"""Not spoken to the engine: it keeps the SDK from asking by itself."""


class Refused(Exception):
    """The engine answered, and said no; `str()` of it is the engine's own sentence."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


IMAGE_GONE = "image-gone"
"""Kind of trouble: an image that was there is not. The engine removes one with its last name, also while another
verification gives it a second."""


def image_gone() -> MachineTrouble:
    """Make the trouble of an image that vanished while it was used."""
    return MachineTrouble(
        "An image vanished while it was looked at.",
        kind=IMAGE_GONE,
        why="Another verification of the same files, or a docker command, removed it meanwhile.",
        fix="Run it again.",
    )


def is_image_gone(error: Exception) -> bool:
    """Whether the engine says that there is no such image, of one that was there a moment ago."""
    return isinstance(error, Refused) and error.status == HTTPStatus.NOT_FOUND and "no such image" in str(error).lower()


@functools.cache
def connect() -> docker.DockerClient:
    """Connect once to the engine that `docker` itself would use (DOCKER_HOST, else the current context).

    The API version is negotiated, never pinned: engine 29 refuses what engine 20.10 speaks.

    Raises:
        MachineTrouble: no engine answers; says why, and the fix on this operating system.

    """
    client = fresh(FIRST_ANSWER_WITHIN)
    client.api.timeout = ANSWER_WITHIN
    return client


def fresh(timeout: int) -> docker.DockerClient:
    """Make a connection of one's own, whose calls (the first too) have `timeout` seconds each.

    Raises:
        MachineTrouble: no engine answers; says why, and the fix on this operating system.

    """
    import docker  # a tenth of a second that `invoke --list` must not pay

    from . import endpoint

    at = endpoint.where()
    if at.missing:
        from . import preflight  # only needed when something is wrong

        raise preflight.trouble("wrong-context")

    def client(version: str) -> docker.DockerClient:
        # The SDK's own search for contexts is off because it takes the default engine when the chosen context is
        # missing; the docker command would refuse.
        if at.source == "context":
            return docker.DockerClient(base_url=at.url, tls=_tls(at.context), version=version, timeout=timeout)
        return docker.DockerClient.from_env(use_context=False, version=version, timeout=timeout)

    try:
        endpoint.knock(at.url, timeout)  # the SDK leaves a socket open when nobody is in
        # what version="auto" does, but that leaves its socket open when nothing comes back
        with contextlib.closing(client(_ANY_VERSION)) as asking:
            newest = str(asking.version(api_version=False)["ApiVersion"])
        return client(newest)
    except Exception as error:
        from . import preflight

        raise preflight.explain(error) from error


def podman() -> str:
    """Give the version of the engine when it is Podman, answering in Docker's place; empty for any other.

    Raises:
        MachineTrouble: the engine went away.

    """
    with talking() as api:
        version = api.version()
    names = (str(part.get("Name")) for part in version.get("Components") or ())
    return str(version["Version"]) if any("Podman" in name for name in names) else ""


@contextlib.contextmanager
def talking() -> Iterator[docker.APIClient]:
    """Lend the engine's API; what goes wrong inside comes out as `Refused` or as a `MachineTrouble`.

    Raises:
        Refused: the engine understood and said no.
        MachineTrouble: the engine went away, never answered, or speaks of a fault of its own.

    """
    api = connect().api
    from docker import errors
    from requests import exceptions as transport

    try:
        yield api
    except Trouble:
        raise
    except errors.APIError as error:
        raise Refused(str(error.explanation or error), error.status_code or 0) from error
    except (errors.DockerException, transport.RequestException, OSError) as error:
        from . import preflight

        raise preflight.explain(error) from error


def _tls(context: str) -> Any:  # noqa: ANN401  # the SDK's TLSConfig, which must not be imported without need
    from . import endpoint

    files = endpoint.tls_files(context)
    if not files:
        return False
    from docker.tls import TLSConfig

    pair = (str(files["cert"]), str(files["key"])) if {"cert", "key"} <= files.keys() else None
    return TLSConfig(client_cert=pair, ca_cert=str(files["ca"]) if "ca" in files else None, verify="ca" in files)
