"""The learner's own commands, through python-on-whales: what acts."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from .api import Refused

if TYPE_CHECKING:
    import python_on_whales

_NO_ENGINE = re.compile(r"cannot connect|permission denied while trying|error during connect|connection refused", re.I)
_NOT_STARTED = (125, 126, 127)
"""Exit codes by which `docker run` itself says that nothing ran (docker/cli, container/run.go)."""
_ENGINE_SAYS = re.compile(r"^(docker: )?Error response from daemon: ", re.I | re.M)


@functools.cache
def _client() -> python_on_whales.DockerClient:
    import python_on_whales  # a fifth of a second, paid by the tasks that act

    return python_on_whales.DockerClient()


@contextlib.contextmanager
def _acting() -> Iterator[python_on_whales.DockerClient]:
    """Lend python-on-whales' client; what it raises comes out as `Refused` or a `MachineTrouble`."""
    from . import preflight

    try:
        client = _client()
        from python_on_whales import exceptions
    except Exception as error:
        raise preflight.explain(error) from error
    try:
        yield client
    except exceptions.DockerException as error:
        said = str(error.stderr or error)
        if _NO_ENGINE.search(said):
            raise preflight.explain(error) from error
        raise Refused(_ENGINE_SAYS.sub("", said).split("\n\nRun 'docker")[0].strip()) from error
    except OSError as error:
        raise preflight.explain(error) from error


def run(image: str, *, name: str, labels: Mapping[str, str]) -> str:
    """Start a container in the background with every exposed port published, and give its ID.

    Raises:
        Refused: the engine would not; its own sentence.

    """
    with _acting() as docker:
        container = docker.run(image, detach=True, publish_all=True, name=name, labels=dict(labels))
        return str(getattr(container, "id", container))


def shell(image: str, program: str, *, terminal: bool, plain: bool, labels: Mapping[str, str]) -> str:
    """Run a shell in a new container of `image`, tied to this terminal, and remove it afterwards.

    `plain` leaves the image's own entrypoint in place. Gives what was printed where there is no terminal.

    Raises:
        Refused: the container could not be started.

    """
    from python_on_whales import exceptions

    with _acting() as docker:
        try:
            printed = docker.run(
                image,
                [program] if plain else [],
                entrypoint=None if plain else program,
                interactive=True,
                tty=terminal,
                remove=True,
                labels=dict(labels),
            )
        except exceptions.DockerException as error:
            if error.return_code in _NOT_STARTED:
                raise
            return str(error.stdout or "")  # the last command in the shell failed: that is the learner's business
    return str(printed or "")


def stop(container: str) -> None:
    """Ask a container to stop; the engine kills it after ten seconds."""
    with _acting() as docker:
        docker.container.stop(container)


def remove(container: str) -> None:
    """Remove a container, running or not, with its anonymous volumes."""
    with _acting() as docker:
        docker.container.remove(container, force=True, volumes=True)


def remove_image(image: str) -> None:
    """Remove an image's name, and the image when that was its last."""
    with _acting() as docker:
        docker.image.remove(image)
