"""Commands that show the evidence by hand: complete, to be pasted as they are, in any system's shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workshop.inside.image import Image

_PASSES_ON: tuple[list[str] | None, ...] = (None, [], ["/docker-entrypoint.sh"])
"""Entrypoints that run the words behind the image's name: none, and nginx's."""
NAME = "look"
"""What the container in a pasted command is called: it is gone again with the last line."""


def inside(image: Image, command: str) -> str:
    """Write a command that runs `command` (a program and its words) in `image`, past an entrypoint of its own."""
    program, _, words = command.partition(" ")
    if image.config.get("Entrypoint") in _PASSES_ON:
        return f"docker run --rm {image.name} {command}"
    return f"docker run --rm --entrypoint {program} {image.name} {words}".rstrip()


def command_of(image: str) -> str:
    """Write a command that shows what a container of `image` starts: ENTRYPOINT and CMD, as lists."""
    return f'docker image inspect -f "{{{{json .Config.Entrypoint}}}} {{{{json .Config.Cmd}}}}" {image}'


def permissions_above(image: str, path: str) -> str:
    """Write a command that shows who may write to the folder that `path` is in."""
    return f"docker run --rm --entrypoint ls {image} -ld {path.rpartition('/')[0] or '/'}"


def while_running(image: str, *commands: str, options: str = "-d -P") -> str:
    """Write commands that start `image` as a container called `look`, do `commands` with it, and remove it."""
    return "\n".join([f"docker run {options} --name {NAME} {image}", *commands, f"docker rm -f {NAME}"])


def asking(image: str, path: str, *, port: int | None = None) -> str:
    """Write commands that ask a container of `image` for `path`, and show head and body of the answer.

    They ask inside of it, with the curl of nginx's image, as the lesson does: so nobody has to find out a published
    port, and curl need not be on the machine.
    """
    beyond = f":{port}" if port not in (None, 80) else ""
    return while_running(image, f"docker exec {NAME} curl -si http://127.0.0.1{beyond}{path}")
