"""From bytes to instructions, line by line, as moby's parser does it: directives, continued lines, heredocs, stages."""

from __future__ import annotations

import codecs
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from . import lexing, rules
from .lexing import Cut, NotStrings
from .model import Directive, Dockerfile, Flag, Heredoc, Instruction, Problem, Span, Stage, Word

if TYPE_CHECKING:
    from pathlib import Path

DIRECTIVE = re.compile(r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*")
DIRECTIVES = ("syntax", "escape", "check")
LONGEST_LINE = 64 * 1024
"""Bytes; Go's bufio.MaxScanTokenSize, beyond which moby gives up."""
LARGEST_FILE = 8 * 1024 * 1024
"""Characters that are read; a Dockerfile has a few thousand."""
JSON_OR_LINE = ("RUN", "CMD", "ENTRYPOINT", "SHELL", "HEALTHCHECK")
JSON_OR_WORDS = ("ADD", "COPY", "VOLUME")
WHOLE_LINE = ("WORKDIR", "USER", "STOPSIGNAL", "MAINTAINER")
KEY_VALUES = ("ENV", "LABEL", "ARG")
WORDS = ("FROM", "EXPOSE")
WITH_HEREDOC = ("ADD", "COPY", "RUN")
WIDE = (
    (codecs.BOM_UTF8, "utf-8", ""),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)


def read(path: Path) -> Dockerfile:
    """Parse the file at `path`.

    Raises:
        OSError: it can't be read (missing, a folder, no permission).

    """
    return parse(path.read_bytes())


def parse(source: str | bytes) -> Dockerfile:
    """Parse any text or bytes; whatever is wrong with it stands in `errors`."""
    text, problems = _decode(source)
    parser = _Parser(text, problems)
    parser.run()
    return Dockerfile(
        text=text,
        instructions=tuple(parser.instructions),
        stages=_stages(parser.instructions, len(parser.lines)),
        directives=tuple(parser.directives),
        errors=tuple(sorted(parser.problems, key=lambda problem: problem.line)),
        escape=parser.escape,
    )


def _decode(source: str | bytes) -> tuple[str, list[Problem]]:
    problems: list[Problem] = []
    if isinstance(source, bytes):
        encoding, wide = "utf-8", ""
        for mark, name, called in WIDE:
            if source.startswith(mark):
                source, encoding, wide = source[len(mark) :], name, called
                break
        else:
            # Without a mark: two letters in a row. Behind any other first sign, Docker may yet read it as a text.
            if (source[:1].isalpha() and source[1:4:2] == b"\0\0") or source[0:3:2] == b"\0\0":
                encoding, wide = ("utf-16-le" if source[1:2] == b"\0" else "utf-16-be"), "UTF-16"
        try:
            text = source.decode(encoding)
        except UnicodeDecodeError as error:
            text = source.decode(encoding, errors="replace")
            if not wide:
                line = source.count(b"\n", 0, error.start) + 1
                problems.append(Problem(line, "not-utf-8", "This line holds bytes that are not text (not UTF-8)."))
        if wide:
            message = f"The file is saved as {wide}; Docker reads UTF-8 only. Save it again as UTF-8."
            problems.append(Problem(1, "not-utf-8", message))
    else:
        text = source.removeprefix("\ufeff")
    lines = text.split("\n") if "\0" in text else []
    if line := next((at for at, one in enumerate(lines, 1) if "\0" in one and not one.lstrip().startswith("#")), 0):
        message = "This line holds an invisible character, a null byte (NUL); type the line anew."
        problems.append(Problem(line, "null-byte", message))
    if len(text) > LARGEST_FILE:
        problems.append(
            Problem(1, "too-large", f"The file is larger than {LARGEST_FILE} characters; the rest is not read.")
        )
        text = text[:LARGEST_FILE]
    return text, problems


def _stages(instructions: list[Instruction], lines: int) -> tuple[Stage, ...]:
    froms = [instruction for instruction in instructions if instruction.keyword == "FROM"]
    stages = []
    for index, instruction in enumerate(froms):
        args = instruction.args
        named = len(args) > 2 and args[1].lower() == "as"  # noqa: PLR2004 - FROM base AS name
        last = froms[index + 1].first_line - 1 if index + 1 < len(froms) else lines
        stages.append(
            Stage(
                index=index,
                name=args[2].lower() if named else None,
                base=args[0] if args else "",
                platform=instruction.flag("platform"),
                instruction=instruction,
                last_line=last,
            )
        )
    return tuple(stages)


class _Parser:
    """The state while reading: which line, which escape, whether directives may still come."""

    def __init__(self, text: str, problems: list[Problem]) -> None:
        self.lines = text.split("\n")
        if self.lines[-1] == "":
            self.lines.pop()
        self.text = text
        self.problems = problems
        self.instructions: list[Instruction] = []
        self.directives: list[Directive] = []
        self.directives_done = False
        self.at = 0  # lines read so far
        self.stage: int | None = None
        self.names: set[str] = set()
        self.escape = "\\"

    def run(self) -> None:
        while self.at < len(self.lines):
            instruction = self.instruction()
            if instruction is None:
                continue
            if instruction.keyword == "FROM":
                self.stage = 0 if self.stage is None else self.stage + 1
                instruction = replace(instruction, stage=self.stage)
            self.problems += rules.problems(instruction, self.names)
            self.instructions.append(instruction)
        if not self.instructions:
            self.problems.append(Problem(1, "dockerfile-empty", "The file has no instructions."))

    def problem(self, line: int, reason: str, message: str) -> None:
        self.problems.append(Problem(line, reason, message))

    def next_line(self, *, first: bool) -> tuple[str, int]:
        """Read one line: its text without comment and line ending, and the column its text begins at."""
        line = self.lines[self.at].rstrip("\r")
        self.at += 1
        if len(line) * 4 >= LONGEST_LINE and len(line.encode("utf-8", "replace")) >= LONGEST_LINE:
            self.problem(self.at, "line-too-long", f"This line is longer than {LONGEST_LINE - 1} bytes.")
        stripped = line.lstrip(lexing.SPACE)
        column = len(line) - len(stripped) if first else 0
        if not self.directives_done:
            self.directive(line[column:])
        return ("" if stripped.startswith("#") else line[column:]), column + 1

    def directive(self, line: str) -> None:
        match = DIRECTIVE.fullmatch(line)
        if match is None or match[1].lower() not in DIRECTIVES:
            self.directives_done = True
            return
        name, value = match[1].lower(), match[2]
        if any(directive.name == name for directive in self.directives):
            self.problem(self.at, "directive-twice", f"Only one “# {name}=” line is allowed.")
            return
        if name == "escape":
            if value not in ("\\", "`"):
                self.problem(self.at, "escape-invalid", "“# escape=” takes a backslash or a backtick, nothing else.")
                return
            self.escape = value
        self.directives.append(Directive(name, value, self.at))

    def trim_continuation(self, line: str) -> tuple[str, bool]:
        """Remove the escape that continues a line; a doubled one doesn't continue it."""
        trimmed = line.rstrip(" \t")
        if trimmed.endswith(self.escape) and not trimmed[:-1].endswith(self.escape):
            return trimmed[:-1], True
        return line, False

    def instruction(self) -> Instruction | None:
        """Read one instruction with its continued lines and heredocs; None for an empty line or a comment."""
        line, column = self.next_line(first=True)
        first = self.at
        line, goes_on = self.trim_continuation(line)
        if not goes_on and not line:
            return None
        pieces, joined, size = [(0, first, column)], [line], len(line)
        while goes_on and self.at < len(self.lines):
            comment = self.lines[self.at].lstrip(lexing.SPACE).startswith("#")
            line, column = self.next_line(first=False)
            if comment or not line.strip(lexing.SPACE):
                continue
            line, goes_on = self.trim_continuation(line)
            pieces.append((size, self.at, column))
            joined.append(line)
            size += len(line)
        text = "".join(joined)
        instruction = self.build(text, Cut(text, 0, len(text)), tuple(pieces), first)
        holder = instruction.inner or instruction
        heredocs: tuple[Heredoc, ...] = ()
        if holder.keyword in WITH_HEREDOC and not holder.json_form and "<<" in text:
            heredocs = self.heredocs(text, first)
        raw = "\n".join(self.lines[first - 1 : self.at])
        if instruction.inner is not None:
            inner = replace(instruction.inner, raw=raw, last_line=self.at, heredocs=heredocs)
            instruction = replace(instruction, inner=inner)
        return replace(instruction, raw=raw, last_line=self.at, heredocs=heredocs)

    def heredocs(self, text: str, first: int) -> tuple[Heredoc, ...]:
        found = []
        for mark in lexing.heredoc_marks(text):
            start, content, closed = self.at + 1, [], False
            while self.at < len(self.lines):
                line = self.lines[self.at]
                self.at += 1
                end = line.rstrip("\r")
                if (end.lstrip("\t") if mark.strip_tabs else end) == mark.name:
                    closed = True
                    break
                content.append(line)
            if not closed:
                message = f"The text after <<{mark.name} never ends: a line that is only {mark.name} is missing."
                self.problem(first, "heredoc-unterminated", message)
            body = "".join(line + "\n" for line in content)
            heredoc = Heredoc(
                mark.name, body, mark.expand, mark.strip_tabs, mark.descriptor, start, max(start, self.at)
            )
            found.append(heredoc)
            if not closed:
                break
        return tuple(found)

    def build(
        self, text: str, cut: Cut, pieces: tuple[tuple[int, int, int], ...], first: int, *, nested: bool = False
    ) -> Instruction:
        """Make the value for the stretch `cut` of the joined line `text`."""
        keyword, flags, rest = lexing.split_command(cut.text)
        keyword, rest = _shift(keyword, cut.start), _shift(rest, cut.start)
        flags = [_shift(flag, cut.start) for flag in flags]
        name = keyword.text.upper()
        bare = Instruction(
            keyword=name,
            written=keyword.text,
            flags=(),
            args=(),
            words=(),
            json_form=False,
            text=text,
            raw="",
            first_line=first,
            last_line=first,
            stage=self.stage,
            pieces=pieces,
        )

        def span(piece: Cut) -> Span:
            return bare.span(piece.start, piece.end)

        args, words, json_form = self.arguments(name, rest, first)
        keeps = name == "ONBUILD" and rest.text and not nested  # the builder refuses ONBUILD ONBUILD
        inner = self.build(text, rest, pieces, first, nested=True) if keeps else None
        return replace(
            bare,
            flags=tuple(_flag(flag, span(flag)) for flag in flags),
            args=args,
            words=tuple(Word(word.text, span(word)) for word in words),
            json_form=json_form,
            inner=inner,
        )

    def arguments(self, name: str, rest: Cut, first: int) -> tuple[tuple[str, ...], list[Cut], bool]:
        """Give the arguments as moby's parser does, the words to point at, and whether they are a JSON list."""
        words = lexing.plain_words(rest)
        if name in KEY_VALUES:
            return self.key_values(name, rest, first)
        head: list[Cut] = []
        tail = rest
        if name == "HEALTHCHECK" and words:
            start = words[1].start if len(words) > 1 else rest.end
            head, tail = words[:1], Cut(rest.text[start - rest.start :], start, rest.end)
        if name in JSON_OR_LINE or name in JSON_OR_WORDS:
            strings = self.strings(tail, first)
            if strings is not None:
                strings = [*head, *strings]
                return tuple(string.text for string in strings), strings, True
        if name in WORDS or name in JSON_OR_WORDS:
            return tuple(word.text for word in words), words, False
        if name in JSON_OR_LINE or name in WHOLE_LINE:
            return tuple(cut.text for cut in [*head, tail] if cut.text), words, False
        return (), words, False

    def strings(self, rest: Cut, first: int) -> list[Cut] | None:
        try:
            return lexing.json_words(rest)
        except NotStrings:
            self.problem(first, "list-not-strings", "Everything in the [ ] list must stand in double quotes.")
            return None

    def key_values(self, name: str, rest: Cut, first: int) -> tuple[tuple[str, ...], list[Cut], bool]:
        words = lexing.quoted_words(rest, self.escape)
        if name != "ARG" and words and "=" not in words[0].text:
            parts = lexing.GAP.split(rest.text, maxsplit=1)
            if len(parts) == 1:
                self.problem(first, "value-missing", f"{name} needs a name and a value: {name} {parts[0]}=…")
            return tuple(parts), words, False
        for word in words:
            if name != "ARG" and "=" not in word.text:
                message = f"“{word.text}” has no “=”: write name=value, and quote a value with spaces."
                self.problem(first, "value-missing", message)
        return tuple(word.text for word in words), words, False


def _shift(cut: Cut, by: int) -> Cut:
    return Cut(cut.text, cut.start + by, cut.end + by)


def _flag(cut: Cut, span: Span) -> Flag:
    name, equals, value = cut.text.removeprefix("--").partition("=")
    return Flag(name, value if equals else None, span)
