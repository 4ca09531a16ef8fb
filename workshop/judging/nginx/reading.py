"""Takes an nginx configuration apart into statements with their lines, and finds what was left open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

_DIRECTIVES = """
absolute_redirect access_log add_header alias allow autoindex charset client_body_temp_path client_max_body_size daemon
default_type deny error_log error_page etag events expires fastcgi_temp_path gzip gzip_types http if include index
internal keepalive_timeout listen location log_format log_not_found map pid proxy_pass proxy_temp_path resolver return
rewrite root scgi_temp_path sendfile server server_name server_tokens set ssi sub_filter sub_filter_once
sub_filter_types tcp_nodelay tcp_nopush try_files types upstream user uwsgi_temp_path worker_connections
worker_processes
"""
DIRECTIVES = tuple(_DIRECTIVES.split())
"""The directives one meets in sites and in nginx's own nginx.conf; enough to guess what was meant."""
_TOKEN = re.compile(
    r"""(?P<blank>\s+)|(?P<comment>\#[^\n]*)|(?P<sign>[;{}])"""
    r"""|(?P<quoted>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<open>["'])|(?P<word>(?:\\.|\$\{|[^\s;{}\\])+|\\|\{)""",
    re.DOTALL,
)
"""As ngx_conf_read_token (nginx, src/core/ngx_conf_file.c) cuts: a quote or a # counts at the start of a word only."""


@dataclass
class Statement:
    """A directive and its words; a block has statements in it."""

    words: list[str]
    lines: list[int]
    """The line each word stands on, from 1."""
    last_line: int = 0
    """Where its ; or its { stands; of a block, where its } does."""
    is_block: bool = False
    inside: list[Statement] = field(default_factory=list)
    """The statements of a block."""
    indents: tuple[int, int] = (0, 0)
    """Columns before its first word, and before its }."""

    @property
    def name(self) -> str:
        """Its first word."""
        return self.words[0]

    @property
    def line(self) -> int:
        """Where it begins."""
        return self.lines[0]


@dataclass(frozen=True)
class Problem:
    """Something left open: a missing ; or quote, a { without }, a } without {. `line` is where to look for it."""

    kind: Literal["semicolon", "quote", "brace", "extra-brace"]
    line: int


@dataclass
class Config:
    """What a file holds."""

    statements: list[Statement] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def every(self, name: str = "") -> Iterator[Statement]:
        """Walk through all statements (called `name`), outer ones first."""
        yield from _walk(self.statements, name)


def read(text: str) -> Config:
    """Read a configuration; never fails, whatever the text."""
    config = Config()
    stack: list[Statement] = []
    words, lines = list[str](), list[int]()
    columns = [len(line) - len(line.lstrip()) for line in text.split("\n")]
    for kind, piece, line in _tokens(text):
        if kind in ("word", "quoted"):
            words.append(piece.strip("\"'") if kind == "quoted" else piece)
            lines.append(line)
            continue
        if kind == "open":
            config.problems.append(Problem("quote", line))
            return config
        if piece == "}":
            _close(config, stack, lines[-1] if words else 0, (line, columns[line - 1]))
        elif words:
            config.problems += _run_on(words, lines)
            made = Statement(words, lines, line, piece == "{", indents=(columns[lines[0] - 1], 0))
            (stack[-1].inside if stack else config.statements).append(made)
            stack += [made] if piece == "{" else []
        words, lines = [], []
    if words:
        config.problems += [*_run_on(words, lines), Problem("semicolon", lines[-1])]
    if stack:
        config.problems.append(Problem("brace", _never_closed(config, stack).line))
    return config


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Give words, quoted words, signs, and a quote that is never closed, each with its line."""
    line = 1
    for token in _TOKEN.finditer(text):
        if token.lastgroup in ("word", "quoted", "sign", "open"):
            yield token.lastgroup, token[0], line
        line += token[0].count("\n")


def _close(config: Config, stack: list[Statement], unfinished: int, place: tuple[int, int]) -> None:
    line, column = place
    if unfinished:
        config.problems.append(Problem("semicolon", unfinished))
    if not stack:
        config.problems.append(Problem("extra-brace", line))
        return
    block = stack.pop()
    block.last_line, block.indents = line, (block.indents[0], column)


def _run_on(words: Sequence[str], lines: Sequence[int]) -> list[Problem]:
    """Find the line whose ; is missing, so that the next line's directive became one more word."""
    pairs = zip(words[1:], lines[1:], lines, strict=False)
    return [Problem("semicolon", before) for word, here, before in pairs if here > before and word in DIRECTIVES][:1]


def _never_closed(config: Config, stack: list[Statement]) -> Statement:
    """Choose the block that lacks its }: the innermost whose } stands under another one, as far as indents tell."""
    moved = [one for one in config.every() if one.is_block and one not in stack]
    moved = [one for one in moved if one.last_line > one.lines[-1] and one.indents[0] != one.indents[1]]
    return (moved or stack)[-1]


def _walk(statements: Sequence[Statement], name: str) -> Iterator[Statement]:
    for one in statements:
        if name in ("", one.name):
            yield one
        yield from _walk(one.inside, name)


def location_for(server: Statement, path: str) -> Statement:
    """Find the block that answers `path`: a location of this server, by nginx's own rules, or the server itself."""
    exact, prefixes, patterns = [], [], []
    for one in server.inside:
        if one.name != "location" or len(one.words) == 1:
            continue
        sign, target = ("", one.words[1]) if len(one.words) == 2 else (one.words[1], one.words[2])  # noqa: PLR2004 - location SIGN PATH
        if sign == "=":
            exact += [one] if target == path else []
        elif sign in ("~", "~*"):
            patterns += [one] if _matches(target, path, fold=sign == "~*") else []
        elif path.startswith(target):
            prefixes.append((len(target), sign == "^~", one))
    best = max(prefixes, key=lambda each: each[0], default=None)
    if exact:
        return exact[0]
    if patterns and not (best and best[1]):
        return patterns[0]
    return best[2] if best else server


def _matches(pattern: str, path: str, *, fold: bool) -> bool:
    try:
        return bool(re.search(pattern, path, re.IGNORECASE if fold else 0))
    except re.error:  # Python's patterns are not quite nginx's
        return False


def says(block: Statement, name: str) -> Statement | None:
    """Find the directive `name` that stands in this block itself."""
    return next((one for one in block.inside if one.name == name), None)
