"""The lesson as data: its sections, and in them what is typed, what should come back, which files are written.

The convention of the fenced blocks:

- ```console            `$ ` starts a command, `/ # ` what is typed into the shell in a container; other lines are what
                        comes back. `…` stands for anything: in a line for any text, alone for any lines.
- ```console fails      the same; its last command ends with an error.
- ```console builder=X  the same; only with this builder (classic or buildkit), which shows it so.
- ```LANGUAGE title=F   the file F becomes this.
- any other             is not run.

Tasks show `$ docker …` lines themselves: in a block, all that follows a task (`$ invoke …`), up to the next one, is
what came from it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

PROMPT = "$ "
INSIDE = "/ # "
TASK = re.compile(r"^(\./)?invoke\b")
_FENCE = re.compile(r"^(?P<marks>```+)(?P<info>.*)$")
_HEADING = re.compile(r"^## (.+?)\s*$")


@dataclass
class Command:
    """One command of the lesson."""

    text: str
    line: int
    """In the Markdown file, from 1."""
    typed: list[str] = field(default_factory=list)
    """What is typed into the container's shell."""
    shown: list[str] = field(default_factory=list)
    """What should come back, line by line."""
    fails: bool = False

    @property
    def words(self) -> list[str]:
        """Split it as every shell does: the lesson has no shell tricks."""
        return shlex.split(self.text)


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    language: str
    settings: Mapping[str, str]
    """The words behind the language: title, builder, fails."""
    lines: tuple[str, ...]
    line: int
    """Of the block's first line in the Markdown file, from 1."""

    @property
    def title(self) -> str:
        """The name of the file that the block shows; empty where it is none."""
        return self.settings.get("title", "")

    @property
    def is_run(self) -> bool:
        """Whether it holds commands."""
        return self.language == "console"

    def commands(self) -> list[Command]:
        """Take it apart."""
        found: list[Command] = []
        for number, line in enumerate(self.lines, self.line):
            after_task = bool(found) and TASK.match(found[-1].text)
            if line.startswith(PROMPT) and not (after_task and not TASK.match(line.removeprefix(PROMPT))):
                found.append(Command(line.removeprefix(PROMPT), number))
            elif not found:
                raise ValueError(f"line {number}: output before the first command: {line!r}")
            elif line.startswith(INSIDE):
                found[-1].typed.append(line.removeprefix(INSIDE))
            elif line.strip():
                found[-1].shown.append(line.rstrip())
        if found and "fails" in self.settings:
            found[-1].fails = True
        return found


@dataclass(frozen=True)
class Section:
    """A part of the lesson under a heading of the second rank."""

    number: int
    """From 1."""
    title: str
    text: str
    """Its Markdown, the heading included."""
    line: int
    """Of the heading in the file, from 1."""

    def blocks(self) -> list[Block]:
        """List its fenced blocks."""
        return blocks(self.text)


def sections(markdown: str) -> tuple[str, list[Section]]:
    """Cut a lesson into what stands before its sections, and these; a `##` in a fenced block is no heading."""
    lines = markdown.splitlines()
    inside = {number for block in blocks(markdown) for number in range(block.line, block.line + len(block.lines))}
    starts = [n for n, line in enumerate(lines) if _HEADING.match(line) and n + 1 not in inside]
    ends = [*starts[1:], len(lines)][: len(starts)]
    intro = "\n".join(lines[: starts[0]] if starts else lines)
    found = [
        Section(number, lines[start].removeprefix("## ").strip(), "\n".join(lines[start:end]).strip(), start + 1)
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1)
    ]
    return intro.strip(), found


def blocks(markdown: str) -> list[Block]:
    """List the fenced blocks of a text, in order; indented ones (in a list, say) too.

    Raises:
        ValueError: one has no end.

    """
    found: list[Block] = []
    opened: tuple[str, str, int, int] | None = None
    inside: list[str] = []
    for number, line in enumerate(markdown.splitlines(), 1):
        text = line.lstrip()
        if opened is None:
            if match := _FENCE.match(text):
                opened = (match["marks"], match["info"].strip(), number + 1, len(line) - len(text))
                inside = []
        elif text.startswith(opened[0]) and not text.strip("`"):
            language, _, rest = opened[1].partition(" ")
            settings = {key: value for key, _, value in (word.partition("=") for word in rest.split())}
            found.append(Block(language, settings, tuple(inside), opened[2]))
            opened = None
        else:
            inside.append(line[opened[3] :])
    if opened:
        raise ValueError(f"the block of line {opened[2] - 1} has no end")
    return found
