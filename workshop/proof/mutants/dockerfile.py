"""Slips in a Dockerfile: what the parser says is where decides what can be done wrong there."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from itertools import pairwise

from workshop.dockerfile import Dockerfile, Instruction, Span, parse

from . import words
from .model import Slip, changed, swapped, with_line, without

OTHER_BASES = ("nginx:mainline-alpine", "busybox")
"""What a learner may take for the base image; the workshop's two, so that no slip asks a registry."""
_STARTS = ("CMD", "ENTRYPOINT")
_CHAIN = re.compile(r"\s*&&\s*")


def slips(text: str) -> Iterator[Slip]:
    """Make every slip we know of, one at a time."""
    file = parse(text)
    lines = text.split("\n")
    yield from _whole(file, lines)
    for instruction in file.instructions:
        if instruction.keyword == "FROM":
            rewritten = _from(file, instruction)
        else:
            yield from _in_its_lines(instruction, lines)
            rewritten = _rewritten(instruction)
        for new in rewritten:
            whole = "\n".join([*lines[: instruction.first_line - 1], new, *lines[instruction.last_line :]])
            yield Slip(instruction.first_line, changed(instruction.text, new), whole)
        if instruction.keyword in ("COPY", "ADD", "EXPOSE") and not instruction.json_form:
            yield from _words_dropped(instruction, lines)


def _whole(file: Dockerfile, lines: list[str]) -> Iterator[Slip]:
    """Drop each instruction; exchange each with the next."""
    for one in file.instructions:
        yield Slip(one.first_line, f"without {_shown(one)}", without(lines, one.first_line, one.last_line))
    for one, following in pairwise(file.instructions):
        if one.raw != following.raw:
            yield Slip(one.first_line, f"below line {following.first_line}", swapped(lines, one.lines, following.lines))


def _shown(instruction: Instruction) -> str:
    return " ".join(instruction.text.split())


def _in_its_lines(instruction: Instruction, lines: list[str]) -> Iterator[Slip]:
    """Change a number, a path, an option … in the lines as they stand."""
    rules = words.ANYWHERE if instruction.json_form else words.SHELL
    for number in instruction.lines:
        line = lines[number - 1]
        if line.lstrip().startswith("#"):
            continue
        start = instruction.keyword_span.end - 1 if number == instruction.first_line else 0
        for new in words.slips(line, start, rules):
            yield Slip(number, changed(line, new), with_line(lines, number, new))


def _words_dropped(instruction: Instruction, lines: list[str]) -> Iterator[Slip]:
    """Drop one source of several, or one port of several."""
    sources = instruction.words[:-1] if instruction.keyword != "EXPOSE" else instruction.words
    if len(sources) > 1:
        for word in sources:
            line = lines[word.span.line - 1]
            yield Slip(word.span.line, f"without {word.text}", with_line(lines, word.span.line, _cut(line, word.span)))


def _cut(line: str, span: Span) -> str:
    return line[: span.start - 1].rstrip() + " " + line[span.end - 1 :].lstrip()


def _from(file: Dockerfile, instruction: Instruction) -> Iterator[str]:
    """Stand on another image; forget the stage's name."""
    base, *rest = instruction.args
    earlier = [stage.name for stage in file.stages if stage.name and stage.first_line < instruction.first_line]
    for other in (*OTHER_BASES, *earlier):
        if other != base.lower():
            yield " ".join([instruction.written, other, *rest])
    if rest:
        yield f"{instruction.written} {base}"


def _rewritten(instruction: Instruction) -> Iterator[str]:
    """Write the instruction another way, on one line."""
    keyword = instruction.keyword
    head = " ".join([instruction.written, *map(str, instruction.flags)])
    if keyword in _STARTS:
        other = "CMD" if keyword == "ENTRYPOINT" else "ENTRYPOINT"
        yield instruction.text.replace(instruction.written, other, 1)
    if keyword in ("RUN", *_STARTS) and not instruction.heredocs:
        yield from _program(instruction, head)
    if keyword in ("COPY", "ADD"):
        yield from _destination(instruction, head)
    if keyword == "RUN":
        yield f"CMD {_body(instruction)}"
    if keyword == "USER" and _body(instruction):
        yield f"{head} root"
        if ":" in _body(instruction):
            yield f"{head} {_body(instruction).partition(':')[0]}"
    if keyword == "STOPSIGNAL":
        yield f"{head} SIGKILL"
    if keyword == "EXPOSE":
        yield f"{head} {' '.join(_other_protocol(port) for port in instruction.args)}"
    if keyword in ("ENV", "LABEL", "ARG"):
        yield from _values(instruction, head)


def _body(instruction: Instruction) -> str:
    """Give what follows the keyword and the flags, on one line."""
    return " ".join(instruction.args)


def _other_protocol(port: str) -> str:
    number, _, protocol = port.partition("/")
    return f"{number}/tcp" if protocol == "udp" else f"{number}/udp"


def _program(instruction: Instruction, head: str) -> Iterator[str]:
    """Leave out a word or a command, exchange the JSON form and the shell form, quote wrongly."""
    if instruction.json_form:
        args = list(instruction.args)
        yield f"{head} {shlex.join(args)}"
        yield f"{head} [{', '.join(repr(arg) for arg in args)}]"
        for number in range(len(args)) if len(args) > 1 else ():
            yield f"{head} {json.dumps(args[:number] + args[number + 1 :])}"
        return
    parts = _CHAIN.split(_body(instruction))
    for number in range(len(parts)) if len(parts) > 1 else ():
        yield f"{head} {' && '.join(parts[:number] + parts[number + 1 :])}"
    if instruction.keyword in _STARTS:
        try:
            yield f"{head} {json.dumps(shlex.split(_body(instruction)))}"
        except ValueError:
            return  # its quotes don't pair up: no list can be made of it


def _destination(instruction: Instruction, head: str) -> Iterator[str]:
    """Copy elsewhere: one folder higher, to another name, with a slash more or less."""
    *sources, last = instruction.args
    bare = last.rstrip("/")
    slash = last[len(bare) :]
    for other in (f"{bare.rpartition('/')[0]}/", f"{bare}x{slash}", bare if slash else f"{bare}/"):
        if other not in (last, "") and not instruction.heredocs:
            arguments = json.dumps([*sources, other]) if instruction.json_form else " ".join([*sources, other])
            yield f"{head} {arguments}"


def _values(instruction: Instruction, head: str) -> Iterator[str]:
    """Set another value, or leave one pair out of several."""
    if instruction.old_pair:
        yield f"{instruction.text.rstrip()}x"
        return
    pairs = list(instruction.args)
    for number, pair in enumerate(pairs):
        key, equals, value = pair.partition("=")
        others = pairs[:number], pairs[number + 1 :]
        if equals:
            quoted = value[-1:] if value[-1:] in ("'", '"') else ""
            longer = f"{value[:-1]}x{quoted}" if quoted else f"{value}x"
            yield " ".join([head, *others[0], f"{key}={longer}", *others[1]])
        if equals and instruction.keyword == "ARG":
            yield " ".join([head, *others[0], key, *others[1]])
        if len(pairs) > 1:
            yield " ".join([head, *others[0], *others[1]])
