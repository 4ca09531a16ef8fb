"""A Dockerfile line by line, with a caret under what is doubtful; and what an error of Docker's means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from workshop.changes import size as size_of

from .terminal import clean, console, hang, say

if TYPE_CHECKING:
    from workshop.diagnosis import Diagnosis
    from workshop.dockerfile import Dockerfile, Span
    from workshop.explain import Doubt, Explanation

_LEFT = " " * 7
"""What stands left of all that is said of a line: as much as its number takes."""
_SHOWN = 60
"""Columns of a Dockerfile line that are shown around a doubtful place, where the terminal has as many."""


def dockerfile(
    name: str,
    file: Dockerfile,
    explained: Iterable[Explanation],
    *,
    sizes: Mapping[int, int] = MappingProxyType({}),
    inherits: Mapping[int, str] = MappingProxyType({}),
) -> None:
    """Show each instruction: its lines, what it does and when, whether it makes a layer, and what is doubtful.

    By an instruction's first line: `sizes` are the bytes it wrote in the built image, `inherits` what a FROM brings.
    """
    say(name, style="bold")
    explained = list(explained)
    for one in explained:
        say("")
        for number in range(one.first_line, one.last_line + 1):
            hang(f"{number:4} | ", file.line(number) or " ", style="bold", left_style="bold")
        hang(_LEFT, one.says)
        if brought := inherits.get(one.first_line):
            hang(f"{_LEFT}inherits  ", brought)
        if one.when:
            hang(_LEFT, f"{one.when_words}; {_layer(one, sizes)}", style="dim")
        for doubt in one.doubts:
            _doubt(file, doubt)
    said = {doubt.message for one in explained for doubt in one.doubts}
    for problem in file.errors:
        if problem.message not in said:
            say("")
            hang(f"line {problem.line}: " if problem.line else "", problem.message, left_style="bold")


def _layer(one: Explanation, sizes: Mapping[int, int]) -> str:
    made = "makes a layer" if one.layer else "makes no layer"
    size = sizes.get(one.first_line)
    return made if size is None or not one.layer else f"{made}, of {size_of(size)}"


def _doubt(file: Dockerfile, doubt: Doubt) -> None:
    if doubt.span:
        _caret(file, doubt.span)
    sure = f"{doubt.message} With this line Docker builds nothing."
    label, said = ("error:    ", sure) if doubt.error else ("doubtful: ", doubt.message)
    hang(f"{_LEFT}{label}", said, left_style="bold")
    if doubt.better:
        hang(f"{_LEFT}better    ", doubt.better)


def _caret(file: Dockerfile, span: Span) -> None:
    line = clean(file.line(span.line)).replace("\t", " ")
    shown = _SHOWN if console().soft_wrap else max(1, min(_SHOWN, console().width - len(_LEFT)))
    begin = max(0, span.start - 1 - shown // 2)
    end = begin + shown
    piece = line[begin:end]
    if end < len(line):
        piece = f"{piece[:-1]}…"
    marks = "^" * max(1, min(span.end - 1, end, len(line)) - span.start + 1)
    out = f"{span.line:4} | {piece.rstrip()}\n{_LEFT}{' ' * (span.start - 1 - begin)}{marks}"
    console().print(out, soft_wrap=True)  # a folded line would leave the carets under something else


def explained_error(found: Diagnosis) -> None:
    """Show what an error of Docker's means, why it comes, and what to do."""
    say(found.title, style="bold")
    if found.where:
        hang(f"{found.where.line:4} | ", found.where.text.strip())
    if found.why:
        say(found.why)
    for number, fix in enumerate(found.fix):
        hang("or   " if number else "try  ", fix)
