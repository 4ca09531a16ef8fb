"""How moby cuts one joined line into keyword, flags, words and heredoc marks. Offsets are into that line."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

SPACE = " \t\n\v\f\r\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What Go's unicode.IsSpace calls space; Python's own idea has four more."""
GAP = re.compile(r"[\t\v\f\r ]+")
"""What separates words; a no-break space does not, and that is a classic of copied text."""
HEREDOC = re.compile(r"(\d*)<<(-?)\s*([^<]*)", re.DOTALL)
JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


class Cut(NamedTuple):
    """A piece of the line and where it starts."""

    text: str
    start: int
    end: int


class Mark(NamedTuple):
    """The start of a heredoc: `<<NAME`."""

    name: str
    strip_tabs: bool
    expand: bool
    descriptor: int


class NotStrings(ValueError):
    """A JSON list holds something else than strings."""


def split_command(line: str) -> tuple[Cut, list[Cut], Cut]:
    """Cut a line into its keyword, its flags and the rest."""
    start = len(line) - len(line.lstrip(SPACE))
    end = len(line.rstrip(SPACE))
    gap = GAP.search(line, start, max(start, end))
    if gap is None:
        return Cut(line[start:end], start, end), [], Cut("", end, end)
    keyword = Cut(line[start : gap.start()], start, gap.start())
    flags, at = _flags(line, gap.end(), end)
    rest = line[at:end]
    at += len(rest) - len(rest.lstrip(SPACE))
    return keyword, flags, Cut(line[at:end], min(at, end), end)


def _flags(line: str, at: int, end: int) -> tuple[list[Cut], int]:
    """Take the words that begin with `--`; quotes and backslashes are removed from them."""
    flags: list[Cut] = []
    while at < end:
        while at < end and line[at] in SPACE:
            at += 1
        if not line.startswith("--", at, end):
            return flags, at
        start, word, quoted = at, "", False
        while at < end and line[at] not in SPACE:
            char = line[at]
            if char in "'\"":
                quoted = True
                piece, at = _quoted(line, at, end)
                word += piece
                continue
            if char == "\\":
                at += 1
                char = line[at : min(at + 1, end)]
            word += char
            at += 1
        if word == "--":
            return flags, at
        if word or quoted:
            flags.append(Cut(word, start, min(at, end)))
    return flags, end


def _quoted(line: str, at: int, end: int) -> tuple[str, int]:
    """Read a quoted stretch that starts at `at`, as flags have it."""
    quote, word = line[at], ""
    at += 1
    while at < end:
        char = line[at]
        if char == quote:
            return word, at + 1
        if char == "\\":
            at += 1
            char = line[at : min(at + 1, end)]
        word += char
        at += 1
    return word, end


def plain_words(rest: Cut) -> list[Cut]:
    """Words between gaps; quotes mean nothing here."""
    if not rest.text:
        return []
    found, at = [], 0
    for gap in GAP.finditer(rest.text):
        found.append(Cut(rest.text[at : gap.start()], rest.start + at, rest.start + gap.start()))
        at = gap.end()
    return [*found, Cut(rest.text[at:], rest.start + at, rest.end)]


def quoted_words(rest: Cut, escape: str) -> list[Cut]:
    """Words as ENV, LABEL and ARG have them: quotes hold spaces together and stay."""
    text, found = rest.text, []
    at, size = 0, len(rest.text)
    while at < size:
        if text[at] in SPACE:
            at += 1
            continue
        start, quote, word = at, "", ""
        while at < size and (quote or text[at] not in SPACE):
            char = text[at]
            if char == escape and quote != "'":
                if at + 1 == size:  # an escape at the very end is dropped
                    at += 1
                    break
                word += char
                at += 1
                char = text[at]
            elif quote:
                quote = "" if char == quote else quote
            elif char in "'\"":
                quote = char
            word += char
            at += 1
        if word:
            found.append(Cut(word, rest.start + start, rest.start + at))
    return found


def json_words(rest: Cut) -> list[Cut] | None:
    """Take the strings of a JSON list; None where it is not one.

    Raises:
        NotStrings: it is a list, but not of strings alone.

    """
    if not rest.text.startswith("["):
        return None
    try:
        values = json.loads(rest.text, parse_constant=_no_constant)
    except (ValueError, RecursionError):  # not JSON; the builder then takes it for a shell command
        return None
    if not isinstance(values, list):
        return None
    if not all(isinstance(value, str) for value in values):
        raise NotStrings
    found = JSON_STRING.finditer(rest.text)
    return [
        Cut(value, rest.start + at.start(), rest.start + at.end()) for value, at in zip(values, found, strict=False)
    ]


def _no_constant(name: str) -> object:
    raise ValueError(name)  # NaN and Infinity, which Python takes and Go does not


def heredoc_marks(line: str) -> list[Mark]:
    """Find every `<<NAME` that stands as a word of its own, outside quotes."""
    words = _shell_words(line, raw=True)
    marks = []
    for word in words or []:
        match = HEREDOC.fullmatch(word)
        if match is None or not match[3]:
            continue
        names = _shell_words(match[3], raw=False)
        if names is not None and len(names) == 1:
            quotes = _count_quotes(names[0])
            kept = _shell_words(match[3], raw=False, keep_quotes=True) or names
            marks.append(Mark(names[0], match[2] == "-", quotes == _count_quotes(kept[0]), int(match[1] or 0)))
    return marks


def _count_quotes(word: str) -> int:
    return word.count("'") + word.count('"')


def _shell_words(line: str, *, raw: bool, keep_quotes: bool = False) -> list[str] | None:
    """Cut into words as moby's shell lexer does, with no variable set; None where a quote is never closed."""
    words: list[str] = []
    word, at = "", 0
    while at < len(line):
        if line[at] in SPACE:
            if word:
                words.append(word)
            word, at = "", at + 1
            continue
        piece, at = _shell_piece(line, at, raw=raw, keep=raw or keep_quotes)
        if at < 0:
            return None
        word += piece
    return [*words, word] if word else words


def _shell_piece(line: str, at: int, *, raw: bool, keep: bool) -> tuple[str, int]:
    """Read what belongs together from `at` on; the position after it is -1 where it never ends."""
    char = line[at]
    if char in "'\"":
        return _shell_quoted(line, at, keep=keep, raw=raw)
    if char == "\\":
        escaped = line[at + 1 : at + 2]
        return (char + escaped if raw else escaped), at + 2
    if raw and line.startswith("<<", at):
        end = len(line) - len(line[at + 2 :].lstrip(SPACE))
        return line[at:end], end
    if line.startswith("${", at):
        close = line.find("}", at)
        return line[at : close + 1], (close + 1 if close >= 0 else -1)
    return char, at + 1


def _shell_quoted(line: str, at: int, *, keep: bool, raw: bool) -> tuple[str, int]:
    """Read one quoted stretch; the position after it is -1 where it never ends."""
    quote, word = line[at], line[at] if keep else ""
    at += 1
    while at < len(line):
        char = line[at]
        if char == quote:
            return word + (char if keep else ""), at + 1
        if char == "\\" and quote == '"' and at + 1 < len(line):
            following = line[at + 1]
            word += char + following if raw or following not in '"$\\' else following
            at += 2
            continue
        word += char
        at += 1
    return word, -1
