"""A step that the classic builder takes out of its cache though it is another one: an ENTRYPOINT and its CMD.

It knows a step again by the image below and by its text. An ENTRYPOINT drops the CMD that FROM brought, and keeps that
of its own stage, which neither tells: once `FROM a` with ENTRYPOINT was built, CMD and ENTRYPOINT behind the steps of
`a` give the same image, without the CMD; and the other way round (`cmdSet` in Moby's builder/dockerfile; seen with
Docker 20.10).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshop.engine import cli

if TYPE_CHECKING:
    from workshop.dockerfile import Dockerfile
    from workshop.inside.image import Image


def is_so(dockerfile: Dockerfile, image: Image) -> bool:
    """Whether an image has a CMD that its Dockerfile does not give it, or lacks the one that it gives."""
    steps = dockerfile.in_stage(dockerfile.final_stage)
    if not any(one.keyword == "ENTRYPOINT" for one in steps) or cli.builder() != "classic":
        return False
    commands = [one for one in steps if one.keyword == "CMD"]
    meant = bool(commands) and any(commands[-1].args)
    return meant != bool(image.config.get("Cmd"))
