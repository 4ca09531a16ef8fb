"""A container that serves the room, all of whose files are put into it before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .api import talking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def serve(image: str, words: Sequence[str], files: Path, *, ports: tuple[int, int], labels: Mapping[str, str]) -> str:
    """Start `words` in a container with the files of a tar archive in it; give its ID.

    The first of the `ports`, on all addresses of the engine's machine, leads to the second, the container's own.

    Raises:
        Refused: the engine would not.

    """
    port, inner = ports
    with talking() as api:
        made = api.create_container(
            image,
            entrypoint=list(words),
            command=[],
            ports=[inner],
            environment={"OTEL_TRACES_EXPORTER": "none"},  # version 3 of the registry looks for a collector else
            labels=dict(labels),
            host_config=api.create_host_config(port_bindings={inner: port}),
        )
        with files.open("rb") as archive:
            api.put_archive(made["Id"], "/", archive)
        api.start(made["Id"])
        return str(made["Id"])
