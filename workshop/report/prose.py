"""Texts for reading: Markdown, and lines of help with what belongs together in one piece."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from .terminal import beside, clean, console, hang

if TYPE_CHECKING:
    from rich.console import Console
    from rich.segment import Segment

_LOOK = "look      "
"""What comes before commands that show the evidence."""
_WHOLE = ("+", "-", " ")
"""How lines begin that must stay in one piece: those of a difference."""
_LABEL = re.compile(r"(?:not yet|[a-z]+) {2,}|hint \d of \d: |(?:[-*]|\d+\.) +")
"""What the rest of a line hangs on."""
_DETAILS = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", re.DOTALL)
"""What a browser folds away; a terminal shows it under a heading of its own."""
_QUESTION = re.compile(r"(?<!\*)\*(?=\S)[^*]+\?\*(?!\*)")
"""A question in what is folded away; its answer stands behind it."""
_WAIT = "\f"
"""Where one waits before the answer; in no text that was cleaned."""
_TITLED = re.compile(r"^(```+)(\w+) .*?\btitle=(\S+).*$", re.MULTILINE)
"""A box with the name of a file, which only the lesson's own readers know."""

_TABLE = re.compile(r"^\|.*\n\|[ :|-]+\|\n(?:\|.*(?:\n|\Z))+", re.MULTILINE)
_WIDE = 60
"""Columns below which the columns of a table would be too narrow for their words."""


def markdown(text: str, *, ask: Callable[[str], str] | None = None) -> None:
    """Show Markdown on a terminal; piped, it goes out much as it is written, which reads well and can be searched.

    With `ask`, whoever reads says when to go on: where the terminal is full, and before an answer that a browser folds.
    """
    out = console()
    text = _TITLED.sub(r"File `\3`:\n\n\1\2", clean(text))
    whole = _DETAILS.sub(r"\n**\1**\n\2", text)
    if out.soft_wrap:
        out.print(whole.rstrip())
        return
    first, *answers = _DETAILS.sub(_unfolded, text).split(_WAIT) if ask else [whole]
    if not _paged(first, out, ask):
        return
    for answer in answers:
        if (ask and _leaves(ask("Enter shows the answer, q leaves it: "))) or not _paged(answer, out, ask):
            return


def _leaves(typed: str) -> bool:
    return typed.strip() == "q"


def _unfolded(details: re.Match[str]) -> str:
    """Show what is folded away under its title, with a stop behind each question, or the title where none is asked."""
    title, inside = f"\n**{details[1]}**\n", details[2]
    asked = _QUESTION.sub(lambda question: question[0] + _WAIT, inside)
    if asked == inside:
        return f"{title}{_WAIT}{inside}"
    return title + re.sub(r"^(?=\d+\. )", "\n", asked, flags=re.MULTILINE)  # else it goes on with the answer above


def _paged(text: str, out: Console, ask: Callable[[str], str] | None) -> bool:
    """Show Markdown, a screenful at a time; tell whether whoever reads saw it to its end."""
    from rich.console import ConsoleOptions, RenderResult
    from rich.markdown import Heading, Markdown
    from rich.segment import Segments
    from rich.theme import Theme

    class AtTheLeft(Heading):
        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            self.text.justify = "left"
            yield self.text

    class Lesson(Markdown):
        elements: ClassVar = {**Markdown.elements, "heading_open": AtTheLeft}

    if out.width < _WIDE:
        text = _TABLE.sub(lambda table: f"{_as_list(table[0])}\n", text)
    # no colours that only suit a light, or only a dark background
    styles = {"markdown.code": "bold", "markdown.code_block": "none", "markdown.h2": "bold underline"}
    with out.use_theme(Theme(styles)):
        lines = out.render_lines(Lesson(text, code_theme="bw", hyperlinks=False), pad=False, new_lines=True)
        while ask and len(lines) >= out.height:
            here = _stop(lines, out.height - 1)
            out.print(Segments(itertools.chain(*lines[:here])), end="")
            lines = lines[here:]
            if _leaves(ask("Enter shows more, q leaves it: ")):
                return False
        out.print(Segments(itertools.chain(*lines)), end="")
    return True


def _stop(lines: Sequence[Sequence[Segment]], room: int) -> int:
    """Choose how many of these lines to show where there is `room` for so many: to the end of a paragraph, if near.

    A heading, or a line that ends with a colon, stays with what it is about.
    """
    ends = [number for number in range(room // 2, room) if not _said(lines[number])]
    whole = [number for number in ends if not _leads(next(filter(_said, reversed(lines[:number])), []))]
    return (whole or ends or [room - 1])[-1] + 1


def _said(line: Sequence[Segment]) -> str:
    return "".join(part.text for part in line).strip()


def _leads(line: Sequence[Segment]) -> bool:
    """Whether a line is about what follows: a heading, which is bold from end to end, or one with a colon."""
    return _said(line).endswith(":") or all(part.style and part.style.bold for part in line if part.text.strip())


def _as_list(table: str) -> str:
    """Make a list of a Markdown table: each row's first cell, and behind it the others, named by their columns."""
    header, _, *rows = ([cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.splitlines())
    lines = []
    for first, *others in rows:
        named = zip(header[1:], others, strict=False)
        said = "; ".join(f"{name}: {cell}" if name else cell for name, cell in named if cell)
        lines.append(f"- {first}: {said}" if said else f"- {first}")
    return "\n".join(lines)


def text(lines: Iterable[str]) -> None:
    """Show lines of help: a difference in its colours; a label with its text beside it; several lines are Markdown."""
    for line in lines:
        if line.startswith(_LOOK):
            beside(_LOOK, line.removeprefix(_LOOK), shift=2)
        elif "\n" in line:
            markdown(line)
        elif line.startswith(_WHOLE):
            style = {"+": "green", "-": "red"}.get(line[:1])
            console().print(clean(line), style=style, soft_wrap=True)  # folded by nobody but the terminal
        else:
            label = match[0] if (match := _LABEL.match(line)) else ""
            hang(label, line[len(label) :] or " ")
