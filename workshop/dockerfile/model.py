"""What a parsed Dockerfile is made of: values that never change. Lines and columns count from 1."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of one line: from column `start` up to, not including, column `end`."""

    line: int
    start: int
    end: int


class Word(NamedTuple):
    """One word behind the keyword and the flags, as the builder reads it (JSON strings without their quotes)."""

    text: str
    span: Span


class Flag(NamedTuple):
    """An option such as `--from=build`; `value` is None where no `=` was written."""

    name: str
    value: str | None
    span: Span

    def __str__(self) -> str:
        return f"--{self.name}" if self.value is None else f"--{self.name}={self.value}"


class Problem(NamedTuple):
    """Why the builder would refuse the file, or read it otherwise than it looks."""

    line: int
    reason: str
    message: str


class Directive(NamedTuple):
    """A line such as `# syntax=…` or `# escape=…` at the very top."""

    name: str
    value: str
    line: int


class Heredoc(NamedTuple):
    """A text between `<<NAME` and a line that is only `NAME`; `last_line` is that closing line."""

    name: str
    content: str
    expand: bool
    strip_tabs: bool
    descriptor: int
    first_line: int
    last_line: int


@dataclass(frozen=True)
class Instruction:
    """One instruction with all its lines.

    `keyword` is upper-case, `written` is what stands in the file. `text` is the whole instruction on one line, as the
    builder sees it after joining continued lines; `raw` is what stands in the file, heredocs included. `args` follows
    moby's parser: one string for the shell form, the strings of a list for the JSON form, else the words.
    `stage` is the number of its stage, None before the first FROM. `inner` is what ONBUILD keeps for later.
    """

    keyword: str
    written: str
    flags: tuple[Flag, ...]
    args: tuple[str, ...]
    words: tuple[Word, ...]
    json_form: bool
    text: str
    raw: str
    first_line: int
    last_line: int
    heredocs: tuple[Heredoc, ...] = ()
    stage: int | None = None
    inner: Instruction | None = None
    pieces: tuple[tuple[int, int, int], ...] = field(default=(), repr=False, compare=False)
    """Where `text` comes from: (offset in `text`, line, column) for each line that gave a piece of it."""

    @property
    def known(self) -> bool:
        """Whether the builder knows the keyword."""
        return self.keyword in KEYWORDS

    @property
    def lines(self) -> range:
        """The numbers of its lines."""
        return range(self.first_line, self.last_line + 1)

    def flag(self, name: str) -> str | None:
        """Give the value of the last `--name=…`; "" for a bare `--name`; None where there is none."""
        for flag in reversed(self.flags):
            if flag.name == name:
                return flag.value or ""
        return None

    def flags_named(self, name: str) -> tuple[Flag, ...]:
        """Every `--name…`, for flags that may be repeated."""
        return tuple(flag for flag in self.flags if flag.name == name)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Names and values of ENV, LABEL or ARG, quotes removed; "" where an ARG has no default."""
        if self.keyword in ("ENV", "LABEL") and self.old_pair:
            return (self.args[:2],) if len(self.args) > 1 else ()  # type: ignore[return-value]  # a pair by the test
        if self.keyword not in ("ENV", "LABEL", "ARG"):
            return ()
        return tuple((key, unquote(value)) for key, _, value in (arg.partition("=") for arg in self.args))

    @property
    def old_pair(self) -> bool:
        """Whether ENV or LABEL is written in the old style, `ENV name value`."""
        return self.keyword in ("ENV", "LABEL") and bool(self.words) and "=" not in self.words[0].text

    @property
    def sources(self) -> tuple[str, ...]:
        """What COPY or ADD takes: every argument but the last, heredocs left out."""
        if self.keyword not in ("COPY", "ADD"):
            return ()
        return tuple(arg for arg in self.args[:-1] if self.json_form or not arg.startswith("<<"))

    @property
    def destination(self) -> str | None:
        """Where COPY or ADD puts it."""
        return self.args[-1] if self.keyword in ("COPY", "ADD") and len(self.args) > 1 else None

    def span(self, start: int, end: int) -> Span:
        """Map a stretch of `text` to the file; one that crosses lines ends with the first of them."""
        pieces = self.pieces or ((0, self.first_line, 1),)
        after = bisect_right(pieces, start, key=lambda piece: piece[0])
        offset, line, column = pieces[max(after - 1, 0)]
        if after < len(pieces):
            end = min(end, pieces[after][0])
        return Span(line, column + start - offset, column + max(end, start + 1) - offset)

    def find(self, needle: str) -> Span | None:
        """Where `needle` stands first in this instruction."""
        at = self.text.find(needle)
        return None if at < 0 else self.span(at, at + len(needle))

    @property
    def keyword_span(self) -> Span:
        """Where the keyword stands."""
        return self.find(self.written) or Span(self.first_line, 1, 2)


@dataclass(frozen=True)
class Stage:
    """One FROM and what belongs to it. `base` is as written; `name` is lower-case, as the builder compares it."""

    index: int
    name: str | None
    base: str
    platform: str | None
    instruction: Instruction
    last_line: int

    @property
    def first_line(self) -> int:
        """The line of its FROM."""
        return self.instruction.first_line


@dataclass(frozen=True)
class Dockerfile:
    """A whole file. `errors` is empty when the builder would accept how it is written."""

    text: str
    instructions: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    directives: tuple[Directive, ...]
    errors: tuple[Problem, ...]
    escape: str = "\\"

    def line(self, number: int) -> str:
        """Give the text of a line without its line ending; "" where there is no such line."""
        lines = self.lines
        return lines[number - 1] if 1 <= number <= len(lines) else ""

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """All lines without their endings."""
        return tuple(line.rstrip("\r") for line in self.text.split("\n"))

    def all(self, *keywords: str) -> tuple[Instruction, ...]:
        """Every instruction with one of these keywords, in file order."""
        wanted = {keyword.upper() for keyword in keywords}
        return tuple(instruction for instruction in self.instructions if instruction.keyword in wanted)

    def last(self, *keywords: str) -> Instruction | None:
        """Find the last instruction with one of these keywords: in the final stage, or else in the file."""
        found = self.all(*keywords)
        here = [one for one in found if self.stages and one.stage == self.stages[-1].index]
        candidates = here or list(found)
        return candidates[-1] if candidates else None

    def at(self, line: int) -> Instruction | None:
        """Find the instruction that line belongs to."""
        for instruction in self.instructions:
            if instruction.first_line <= line <= instruction.last_line:
                return instruction
        return None

    @property
    def final_stage(self) -> Stage | None:
        """The stage that becomes the image."""
        return self.stages[-1] if self.stages else None

    def in_stage(self, stage: Stage | int | None) -> tuple[Instruction, ...]:
        """List the instructions of one stage, its FROM first; with None those before the first FROM."""
        return self._by_stage.get(stage.index if isinstance(stage, Stage) else stage, ())

    @cached_property
    def _by_stage(self) -> dict[int | None, tuple[Instruction, ...]]:
        found: dict[int | None, list[Instruction]] = {}
        for instruction in self.instructions:
            found.setdefault(instruction.stage, []).append(instruction)
        return {stage: tuple(instructions) for stage, instructions in found.items()}

    def stage_named(self, name: str) -> Stage | None:
        """Find the stage with this name or number."""
        for stage in reversed(self.stages):
            if stage.name == name.lower() or str(stage.index) == name:
                return stage
        return None

    def directive(self, name: str) -> Directive | None:
        """Find the directive with this name."""
        return next((directive for directive in self.directives if directive.name == name), None)


KEYWORDS = (
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
)
"""Every instruction that BuildKit knows (frontend/dockerfile/command)."""


def unquote(value: str) -> str:
    """Remove the quotes around a value, as far as they are a plain pair."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value
