"""The terminal: one console, clean text, and the plain things to say on it."""

from __future__ import annotations

import functools
import json
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workshop import spelling

if TYPE_CHECKING:
    from rich.console import Console

    from workshop.trouble import Trouble

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")

_NARROW = 20
"""Columns that a text needs beside what it hangs on."""
_INDENT = "  "
_LABEL = re.compile(r"(?:[a-z]+ {2}|[+=-]) *(?=\S)| +(?=\S)")
"""What the rest of a line hangs on: "engine   ", "+ ", "  "."""


def clean(text: str) -> str:
    """Make text from Docker or a learner harmless to a terminal: no escapes, no control characters."""
    return _CONTROLS.sub("�", _ESCAPES.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


@functools.cache
def console(*, errors: bool = False) -> Console:
    """Give the console for this process's output; rich honours NO_COLOR, TERM=dumb and pipes by itself."""
    from rich.console import Console

    spelling.let_streams_spell()

    class Ours(Console):
        def on_broken_pipe(self) -> None:
            """Let the task end politely; rich would end it with exit code 1, which is "not there yet" here."""
            raise BrokenPipeError

    return Ours(
        stderr=errors,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=not (sys.stderr if errors else sys.stdout).isatty(),
    )


def say(lines: str, *, style: str = "") -> None:
    """Show one line, or several; what does not fit goes on under the text, not under its sign or label."""
    for line in clean(lines).split("\n"):
        left = match[0] if (match := _LABEL.match(line)) else ""
        hang(left, line[len(left) :], style=style, left_style=style)


def hang(left: str, text: str, *, style: str = "", left_style: str = "", to: Console | None = None) -> None:
    """Show text beside `left`, its further lines under its first; piped, each of its lines is left whole.

    On a terminal too narrow for both, the text goes below `left`.
    """
    from rich.cells import cell_len
    from rich.text import Text

    out = to or console()
    left, whole = clean(left), Text(clean(text).strip("\n"))
    if not out.soft_wrap and out.width - cell_len(left) < _NARROW:
        if left.strip():
            out.print(Text(left.rstrip(), left_style))
        left = _INDENT
    lines = whole.split() if out.soft_wrap else whole.wrap(out, max(1, out.width - cell_len(left)))
    shown = Text()
    for number, line in enumerate(lines):
        shown.append("\n" if number else "").append(left, left_style).append(line.plain.rstrip(), style)
        left = " " * cell_len(left)
    out.print(shown, soft_wrap=True)  # it fits, or only the terminal may fold it


def beside(left: str, commands: str, *, shift: int = 0, to: Console | None = None) -> None:
    """Show commands beside `left`; below it, `shift` columns in or less, where they fit only there.

    They are never folded, but by a terminal that is too narrow for them anyway: so they can be copied whole.
    """
    from rich.cells import cell_len
    from rich.text import Text

    out = to or console()
    lines = clean(commands).strip("\n").split("\n")
    room = out.width - max(map(cell_len, lines))
    if out.soft_wrap or room >= len(left):
        shown = Text(left, "dim")
    else:
        shown, left = Text(f"{left.rstrip()}\n", "dim"), " " * max(0, min(shift, room))
        shown.append(left)
    out.print(shown.append(f"\n{' ' * len(left)}".join(lines), "not dim"), soft_wrap=True)


def signed(sign: str, word: str, to: Console | None = None) -> str:
    """Put a sign before its word; a blank where the terminal can't show it: the word says it all."""
    return f"{sign if spelling.can_show(sign, (to or console()).encoding) else ' '} {word}"


def command(words: Sequence[str]) -> None:
    """Show the `docker` command that a task stands for, ready to paste."""
    console().print(f"$ {clean(typed(words))}", style="bold", soft_wrap=True)  # the terminal folds it: it can be copied


def typed(words: Sequence[str]) -> str:
    """Write a command as one types it in this system's shell."""
    if sys.platform == "win32":
        import subprocess

        return subprocess.list2cmdline(words)
    import shlex

    return shlex.join(words)


def unforeseen(error: Exception) -> Trouble:
    """Make a trouble of an exception that nobody foresaw; the details go to a file, not to the learner."""
    import traceback

    from workshop import places
    from workshop.trouble import CheckerBug

    log = places.keep_log("crash.txt", "".join(traceback.format_exception(error)))
    return CheckerBug(
        "Something in the workshop itself went wrong; it is not your doing.",
        why=traceback.format_exception_only(error)[-1].strip(),
        fix=f"run it again; if that doesn't help, report it with {places.as_typed(log)}",
    )


def trouble(trouble: Trouble) -> None:
    """Show a trouble on standard error: what, why, and what to type instead."""
    out = console(errors=True)
    out.print(clean(trouble.what), style="bold")
    if trouble.why:
        out.print(clean(trouble.why))
    for number, fix in enumerate(trouble.fix):
        hang("or   " if number else "try  ", fix, to=out)


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, gap: int = 3) -> None:
    """Show columns as Docker's own listings do: as wide as their content, and never folded.

    A terminal too narrow for them shows the first of each row, and the others below it.
    """
    rows = [[clean(cell).replace("\n", " ") for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    out = console()
    if not out.soft_wrap and sum(widths) + gap * (len(widths) - 1) > out.width:
        for first, *others in rows:
            say(first)
            hang(_INDENT, " · ".join(filter(None, others)))
        return
    for number, row in enumerate([header, *rows]):
        line = (" " * gap).join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        out.print(line, style="bold" if not number else None, soft_wrap=True)


def verbatim(text: str) -> None:
    """Print a text as it is, folded by nobody but the terminal, and without what could harm that."""
    sys.stdout.write(clean(text) if text.endswith("\n") or not text else f"{clean(text)}\n")


def as_json(value: Any) -> None:  # noqa: ANN401 - whatever can be written as JSON
    """Print one JSON object and nothing else on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=True, indent=2) + "\n")
