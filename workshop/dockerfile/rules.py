"""Which keywords, flags and numbers of arguments the builder accepts, and what it would refuse; as data."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from .model import KEYWORDS, Instruction, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

FLAGS = {
    "ADD": ("chown", "chmod", "link", "keep-git-dir", "checksum", "exclude", "unpack"),
    "COPY": ("from", "chown", "chmod", "link", "parents", "exclude"),
    "FROM": ("platform",),
    "HEALTHCHECK": ("interval", "timeout", "start-period", "start-interval", "retries"),
    "RUN": ("mount", "network", "security", "device"),
}
"""The flags of current BuildKit (frontend/dockerfile/instructions); no other instruction has any."""
AT_LEAST = {"ADD": 2, "ARG": 1, "COPY": 2, "ENV": 1, "EXPOSE": 1, "HEALTHCHECK": 1, "LABEL": 1, "RUN": 1, "VOLUME": 1}
EXACTLY_ONE = ("MAINTAINER", "STOPSIGNAL", "USER", "WORKDIR")
NOT_IN_ONBUILD = ("ONBUILD", "FROM", "MAINTAINER")
STAGE_NAME = re.compile(r"[a-z][a-z0-9-_.]*")
LONGEST_WORD = 60
"""Characters of a word that are compared with others; more would only cost time."""
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""How a file begins that is saved as UTF-16."""
INVISIBLE = re.compile("[\xa0\u200b\u2000-\u200a\u202f\u205f\u3000\ufeff\xad]")
"""Characters that look like a space or like nothing, from copied text; Docker takes them for letters."""


def text(content: bytes) -> str:
    """Read a file as its editor shows it, be it saved as UTF-16; what is no text is replaced, sign by sign."""
    return content.decode("utf-16" if content.startswith(UTF16) else "utf-8", "replace")


def nearest(word: str, among: Sequence[str], cutoff: float = 0.6) -> str | None:
    """Find the entry of `among` that `word` was probably meant to be; case never matters."""
    import difflib  # only a mistake needs it, and it costs as much as the whole parser

    word = word[:LONGEST_WORD]
    folded = {entry.lower(): entry for entry in reversed(among)}
    found = difflib.get_close_matches(word.lower(), list(folded), n=1, cutoff=cutoff)
    return folded[found[0]] if found else None


def problems(instruction: Instruction, names: set[str]) -> list[Problem]:
    """List what the builder would refuse about one instruction, given the names of the stages above it."""
    found = list(_one(instruction))
    if instruction.known and instruction.stage is None and instruction.keyword not in ("FROM", "ARG"):
        message = f"{instruction.keyword} stands before the first FROM; only ARG may."
        found.insert(0, Problem(instruction.first_line, "before-from", message))
    if instruction.keyword == "FROM" and len(instruction.args) == 3:  # noqa: PLR2004 - FROM base AS name
        name = instruction.args[2].lower()
        if name in names:
            message = f"Two stages have the name “{name}”; give each its own."
            found.append(Problem(instruction.first_line, "stage-name-twice", message))
        names.add(name)
    return found


def _one(instruction: Instruction) -> list[Problem]:
    line, keyword = instruction.first_line, instruction.keyword
    if not instruction.known:
        return [Problem(line, "unknown-instruction", unknown(instruction.written))]
    found = [
        Problem(line, "unknown-flag", _unknown_flag(keyword, flag.name))
        for flag in instruction.flags
        if flag.name not in FLAGS.get(keyword, ())
    ]
    message = _arguments(instruction)
    if message:
        found.append(Problem(line, "arguments", message))
    if instruction.inner is not None:
        if instruction.inner.keyword in NOT_IN_ONBUILD:
            found.append(Problem(line, "arguments", f"ONBUILD can't keep {instruction.inner.keyword} for later."))
        else:
            found += _one(instruction.inner)
    return found


def unknown(written: str) -> str:
    """Say why `written` is no instruction, and which one it may have been meant to be."""
    hidden = INVISIBLE.search(written)
    if hidden:
        return (
            f"There is an invisible character (U+{ord(hidden[0]):04X}) in “{written[:30]}”; type a plain space there."
        )
    meant = nearest(written, KEYWORDS)
    if meant:
        return f"“{written[:30]}” is not an instruction; was {meant} meant?"
    if not written[:1].isalpha():
        return f"“{written[:30]}” is not an instruction; the line above probably lost the \\ at its end."
    return f"“{written[:30]}” is not an instruction."


def _unknown_flag(keyword: str, name: str) -> str:
    meant = nearest(name, FLAGS.get(keyword, ()))
    return f"{keyword} has no flag --{name[:30]}" + (f"; was --{meant} meant?" if meant else ".")


def _arguments(instruction: Instruction) -> str | None:
    keyword, args = instruction.keyword, instruction.args
    checks = {"FROM": _from, "HEALTHCHECK": _healthcheck, "SHELL": _shell, "ONBUILD": _onbuild}
    if keyword in checks:
        return checks[keyword](instruction)
    if keyword in EXACTLY_ONE:
        return None if args else f"{keyword} needs an argument."
    if len(args) >= AT_LEAST.get(keyword, 0):
        return None
    if keyword in ("COPY", "ADD"):
        return f"{keyword} needs from where and to where: {keyword} SOURCE DESTINATION."
    return f"{keyword} needs an argument."


def _from(instruction: Instruction) -> str | None:
    args = instruction.args
    if len(args) == 1:
        return None
    if len(args) > 1 and args[1].startswith("#"):
        return "A comment can't stand behind FROM; give it a line of its own."
    if len(args) != 3 or args[1].lower() != "as":  # noqa: PLR2004 - FROM base AS name
        return "FROM takes an image, or an image AS a name, and nothing else."
    if not STAGE_NAME.fullmatch(args[2].lower()):
        return f"“{args[2]}” can't name a stage: begin with a letter, then letters, digits, - _ or ."
    return None


def _healthcheck(instruction: Instruction) -> str | None:
    args = instruction.args
    kind = args[0].upper() if args else ""
    if kind not in ("CMD", "NONE"):
        return "HEALTHCHECK takes CMD and a command, or NONE."
    if kind == "CMD" and len(args) == 1:
        return "HEALTHCHECK CMD needs a command."
    return "HEALTHCHECK NONE takes nothing more." if kind == "NONE" and len(args) > 1 else None


def _shell(instruction: Instruction) -> str | None:
    return None if instruction.json_form and instruction.args else 'SHELL takes a list: SHELL ["/bin/sh", "-c"]'


def _onbuild(instruction: Instruction) -> str | None:
    return None if instruction.inner is not None else "ONBUILD needs an instruction to keep for later."
