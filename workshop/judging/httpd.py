"""Why BusyBox's httpd gave up at its start: read off what it said last, and its command."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from . import scripts

if TYPE_CHECKING:
    from .lab import Lab

_GLUED = "In the list form each item is one word. An option and its value are two; here they arrive as one."
_SAID = (
    (
        "(?:change directory to|bad address|invalid option --) ' ",
        "words-glued",
        _GLUED,
        "give each word its own pair of quotes",
    ),
    (
        r"directory to '[^']*': Not a directory",
        "wrong-folder",
        "The server was told to serve a file. It serves a folder, and finds index.html in there by itself.",
        "what does httpd --help say of this option?",
    ),
    (
        "can't change directory",
        "wrong-folder",
        "The server was told to serve a folder that the image does not have, and gave up.",
        "compare that folder with the one your page is copied to, letter by letter",
    ),
    (
        r"can't open 'httpd'",
        "program-taken-for-script",
        "A shell that gets one more word takes it for a script to read; httpd is a program.",
        "does the server need a shell in front of it?",
    ),
    (
        r"RUN: not found",
        "instruction-in-command",
        "RUN is an instruction for the build. Here it stands in the command, and the shell looks for a program RUN.",
        "what follows CMD is the command, and only that",
    ),
)
"""What it printed: a pattern, the reason, why, and a hint. The first that fits tells."""
_TWO_PORTS = re.compile(r"\b\d+:\d+\b")
_NO_PORT = [
    "port-not-understood",
    "For httpd, what stands before a : is an address of its own. HOST:CONTAINER is how docker run -p is told.",
    "on which port should the server listen, inside the container?",
]
"""The same for a command with two such ports: what httpd says then, it says of a taken or forbidden port, too."""


def gave_up(lab: Lab, *, expected: str, seen: str) -> None:
    """Not there yet, where what httpd said before it ended (or its shell did) tells the cause."""
    command = " ".join(lab.build().command)
    where = lab.where("CMD", "ENTRYPOINT")
    windows = next((name for name, text in scripts.of_command(lab) if b"\r\n" in text), None)
    if windows and re.search(r"'[^'\n]*[\r\n]+[^'\n]*'", seen):
        lab.not_yet(
            "windows-line-endings",
            f"The lines of {windows} end as Windows writes them, with an invisible \\r before the end. To Linux it is "
            "a part of the line's last word.",
            expected=expected,
            actual=seen,
            hint="your editor can save a file with other line endings: LF, and not CRLF",
            look=f"docker run --rm -i --entrypoint cat {lab.image_name} -A < {lab.shown(windows)}",
            where=lab.where_in(windows, "httpd"),
        )
    port_is_told(lab, expected=expected, seen=seen)
    told = next((cause for pattern, *cause in _SAID if re.search(pattern, seen)), None)
    if told is None and "bind: " in seen and _TWO_PORTS.search(command):
        told = _NO_PORT
    if told:
        reason, why, hint = told
        look = lab.started_shown()
        lab.not_yet(reason, why, expected=expected, actual=seen, hint=hint, look=look, where=where)


def port_is_told(lab: Lab, *, expected: str, seen: str) -> None:
    """Not there yet, where httpd took its next option for the port: nothing stood behind -p."""
    if re.search(r"bad address '-\w'", seen):
        variable = re.search(r"\$\{?(\w+)", " ".join(lab.build().command))
        why = "No value stands behind -p, so httpd took the next word for it."
        if variable:
            why = f"{variable[0]} is empty when the container starts, so httpd took the next word for its port."
            if lab.where("ARG", containing=variable[1]):
                why += " An ARG lives only while the image is made."
        hint = "which instruction sets a variable for containers?" if variable else "how is the port written?"
        look, where = lab.started_shown(), lab.where("CMD", "ENTRYPOINT")
        lab.not_yet("port-empty", why, expected=expected, actual=seen, hint=hint, look=look, where=where)
