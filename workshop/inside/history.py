"""What an image's history says of a step, as one writes it in a Dockerfile; both builders note it in their own way."""

from __future__ import annotations

import re

from workshop.dockerfile.model import KEYWORDS

_NOP = re.compile(r"^\S+ (?:\S+ )*?[-/]\w*[cC] #\(nop\)\s*")
"""How the older builder begins what is no RUN: with the shell that it would have used."""
_ARGS = re.compile(r"^\|\d+ ")
"""How both builders begin a RUN that sees values of ARG: their number, then each as NAME=value."""
_SHELL = re.compile(r"^(?:/\S*/)?(?:ba|da|a|z)?sh (?:-\S+ (?:pipefail )?)*?-\w*c ")
_HASHES = re.compile(r"\b(?:file|multi|dir):[0-9a-f]{64} in ")
"""What the older builder notes of COPY and ADD instead of the names of the files."""
NAMELESS = "… "
"""What stands here instead: the files have no names in it."""
_PORTS = re.compile(r"^EXPOSE map\[(.*)\]$")
"""How BuildKit notes the ports: as Go prints its table of them."""
_NOTE = re.compile(r"\s+# (?:buildkit|stand-in)$")


def instruction(created_by: str) -> str:
    """Write a step of the history on one line: `/bin/sh -c #(nop)  CMD ["sh"]` is `CMD ["sh"]`."""
    text = _NOTE.sub("", " ".join(created_by.split()))
    text, nop = _NOP.subn("", text, count=1)
    if nop:
        return _HASHES.sub(NAMELESS, text).strip()
    if not text:
        return "(not recorded)"
    text = _PORTS.sub(lambda ports: f"EXPOSE {ports[1].replace(':{}', '')}", text)
    first, _, rest = text.partition(" ")
    if first in KEYWORDS and first != "RUN":
        return text
    return f"RUN {_without_shell(rest if first == 'RUN' else text)}"


def keyword(step: str) -> str:
    """Give the keyword of what `instruction` wrote."""
    return step.partition(" ")[0]


def _without_shell(command: str) -> str:
    if not _ARGS.match(command):
        return _SHELL.sub("", command, count=1)
    values, shell, rest = _cut(command)
    return f"{rest}   ({values})" if shell else command


def _cut(command: str) -> tuple[str, str, str]:
    """Cut `|1 COLOUR=yellow /bin/sh -c echo` into the values, the shell and the command; a value may have blanks."""
    inner = _ARGS.sub("", command, count=1)
    for match in re.finditer(r" (?=/)", inner):
        rest = inner[match.end() :]
        if shell := _SHELL.match(rest):
            return inner[: match.start()], shell[0], rest[shell.end() :]
    return "", "", command
