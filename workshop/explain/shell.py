"""As much of a shell line as it takes to see its commands: no expansion, only quotes and separators."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from workshop.dockerfile import Instruction

SEPARATOR = re.compile(r"&&|\|\||;|\||&(?!>)|\n")
TOKEN = re.compile(
    r"&&|\|\||;|\||(?<![<>])&(?!>)|\n|"
    r"""(?:[^\s;&|'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*"|(?<=[<>])&|&(?=>)|['"\\])+"""
)
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
LONGEST = 20_000
"""Characters of a script that are looked at."""


class Command(NamedTuple):
    """One command: its words, and what separates it from the next."""

    words: tuple[str, ...]
    then: str

    @property
    def program(self) -> str:
        """The program it starts, without its folder; "" where there are only assignments."""
        return next((word for word in self.words if not ASSIGNMENT.match(word)), "").rpartition("/")[2]


def commands(line: str) -> list[Command]:
    """Cut a shell line into its commands."""
    found: list[Command] = []
    words: list[str] = []
    for match in TOKEN.finditer(line[:LONGEST]):
        token = match[0]
        if SEPARATOR.fullmatch(token):
            if words:
                found.append(Command(tuple(words), token))
            words = []
        else:
            words.append(token)
    return [*found, Command(tuple(words), "")] if words else found


def lines(one: Instruction) -> list[Command]:
    """List the commands of RUN, CMD, ENTRYPOINT or HEALTHCHECK, of its script too."""
    if one.json_form:
        args = one.args[1:] if one.keyword == "HEALTHCHECK" else one.args
        return [Command(args, "")] if args else []
    text = one.args[-1] if one.args else ""
    if one.heredocs:
        scripts = (re.sub(r"(?m)^\s*#.*$", "", heredoc.content) for heredoc in one.heredocs)
        text = "\n".join([text, *scripts])
    return [command for command in commands(text) if not command.words[0].startswith("<<")]
