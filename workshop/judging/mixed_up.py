"""A step that the classic builder takes out of its cache though it is another one: an ENTRYPOINT and its CMD.

It knows a step again by the image below and by its text. An ENTRYPOINT drops the CMD that FROM brought, and keeps that
of its own stage, which neither tells: once `FROM a` with ENTRYPOINT was built, CMD and ENTRYPOINT behind the steps of
`a` give the same image, without the CMD; and the other way round (`cmdSet` in Moby's builder/dockerfile; seen with
Docker 20.10).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workshop.engine import cli

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workshop.dockerfile import Dockerfile


def is_so(dockerfile: Dockerfile, config: Callable[[], Mapping[str, Any]]) -> bool:
    """Whether an image with this configuration has a CMD that its Dockerfile does not give it, or lacks one."""
    steps = dockerfile.in_stage(dockerfile.final_stage)
    if not any(one.keyword == "ENTRYPOINT" for one in steps) or cli.builder() != "classic":
        return False
    commands = [one for one in steps if one.keyword == "CMD"]
    meant = bool(commands) and any(commands[-1].args)
    return meant != bool(config().get("Cmd"))
