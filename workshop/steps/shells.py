"""`invoke shell`: a look around inside an image."""

from __future__ import annotations

import sys

from workshop import names, places
from workshop.engine import cleaning, containers, images, labels, whales
from workshop.engine.api import Refused
from workshop.trouble import NotThere

from .said import not_run


def shell_command(image: str) -> list[str]:
    """Write the `docker run` that opens a shell in `image`: bash where the image has it, else sh."""
    facts = images.inspect(image)
    if facts is None:
        near = names.nearest(image, images.tags())
        raise NotThere(
            f"There is no image {image!r} here.",
            why="An image goes by its name, or by the first characters of its ID.",
            fix=f"invoke shell --image {near}" if near else "invoke images",
        )
    program = "bash" if _has_bash(facts["Id"]) else "sh"
    # An entrypoint of its own would get "sh" as an argument; nginx's runs it.
    plain = facts["Config"].get("Entrypoint") in (None, [], ["/docker-entrypoint.sh"])
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    words = ["docker", "run", "-it" if terminal else "-i", "--rm"]
    return [*words, image, program] if plain else [*words, "--entrypoint", program, image]


def _has_bash(image_id: str) -> bool:
    made = containers.Container.create(
        containers.Plan(image_id, labels=labels.on_container(places.ROOT), command=["true"]), []
    )
    try:
        return any(made.read(path) is not None for path in ("/bin/bash", "/usr/bin/bash"))
    finally:
        cleaning.remove_container(made.id)


def shell(words: list[str]) -> None:
    """Open the shell that `shell_command` wrote."""
    plain = "--entrypoint" not in words
    image, program = (words[-2], words[-1]) if plain else (words[-1], words[-2])
    try:
        printed = whales.shell(
            image, program, terminal="-it" in words, plain=plain, labels=labels.on_container(places.ROOT)
        )
    except Refused as refused:
        raise not_run(str(refused)) from refused
    sys.stdout.write(printed)
