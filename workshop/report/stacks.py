"""An image's layers in the terminal, as the stack they are: the last line of the Dockerfile on top."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from workshop.changes import size

from .terminal import clean, console, hang, say

if TYPE_CHECKING:
    from workshop.inside.stack import Stack, Step

_BAR = 12
"""Columns of the longest bar."""
_FILES = 5
"""Files that are listed among what was wasted."""
_NARROW = 64
"""Columns below which there is no bar: the words need them."""
_TINY = 44
"""Columns below which the instruction stands on lines of its own."""
_LABEL = 9


def stack(found: Stack) -> None:
    """Show each step with its layer, its size as a bar and whose it is; then what is shared, and what was wasted."""
    say(headline(found), style="bold")
    say("")
    out = console()
    bars = _BAR if out.soft_wrap or out.width >= _NARROW else 0
    words = "INSTRUCTION (the last one first)"
    head = f"{'LAYER':5}  {'WHOSE':7}  {'SIZE':>8}  {'':{bars}}  {words}" if bars else f"LAYER  WHOSE  SIZE  {words}"
    if bars or out.width >= _TINY:
        _row(head, style="bold")
    longest = max((step.size for step in found.steps), default=0)
    for step, others in rows(found):
        words = f"{len(others) + 1} more: {_keywords([step, *others])}" if others else step.instruction
        bar = bar_of(step, longest, bars) if step.layer else "no layer"
        number, style, below = str(step.layer or "-"), "" if step.layer else "dim", ""
        if bars:
            line = f"{number:>5}  {step.whose:7}  {size(step.size):>8}  {bar:{bars}}  {words}"
        elif out.width >= _TINY:
            line = f"{number:>5}  {step.whose}  {size(step.size)}  {words}"
        else:
            line, below = f"{number}  {step.whose}  {size(step.size)}", words
        _row(line, style=style)
        if below:
            hang("  ", below, style=style)
    say("")
    hang("shared".ljust(_LABEL), f"{shared(found)}. What is shared is on the disk once.", left_style="bold")
    _wasted(found, drawn=bars > 0)
    if found.disagrees:
        hang("engine".ljust(_LABEL), other_numbers(found), left_style="bold")


def headline(found: Stack) -> str:
    """Sum the image up: how many layers, how big, and whose."""
    count = len(found.layers)
    mine = [step for step in found.layers if step.whose == "yours"]
    said = f"{found.name}: {_plural(count, 'layer')}, {size(found.size())}"
    if not found.base:
        itself = all(step.whose == "base" for step in found.steps)
        return f"{said}; {'it is a base image of the workshop' if itself else 'no other image here is its base'}"
    standin = " (a stand-in)" if found.standin else ""
    rest = f"{count - len(mine)} of them, {size(found.size('base'))}, came with {found.base}{standin}"
    added = f"you added {_plural(len(mine), 'layer')}, {size(found.size('yours'))}"
    return f"{said}; {rest}; {added if mine else 'you added none'}"


def bar_of(step: Step, longest: int, columns: int) -> str:
    """Draw a size: a full block for what is in use, a light one for what was wasted; a hairline for very little."""
    if not step.size or not columns:
        return ""
    whole = round(columns * step.size / longest)
    if not whole:
        return "▏"
    lost = round(whole * step.wasted / step.size)
    return "█" * (whole - lost) + "░" * lost


def rows(found: Stack) -> Iterator[tuple[Step, list[Step]]]:
    """Give the steps, the last one first; those of the base that made no layer as one row."""
    for (whose, makes), group in groupby(reversed(found.steps), key=lambda step: (step.whose, bool(step.layer))):
        steps = list(group)
        if whose == "base" and not makes and len(steps) > 1:
            yield steps[0], steps[1:]
        else:
            yield from ((step, []) for step in steps)


def _keywords(steps: list[Step]) -> str:
    return ", ".join(step.instruction.partition(" ")[0] for step in steps)


def _row(line: str, *, style: str) -> None:
    """Show one row: cut at the terminal's edge, whole where it is piped."""
    from rich.text import Text

    out = console()
    text = Text(clean(line).replace("\n", " ").rstrip(), style)
    if not out.soft_wrap:
        text.truncate(out.width, overflow="ellipsis")
    out.print(text, soft_wrap=True)


def shared(found: Stack) -> str:
    """Say which layers other images on this engine have, too."""
    parts = []
    for names, group in groupby(found.layers, key=lambda step: step.shared):
        steps = list(group)
        if names:
            parts.append(f"{_numbers(steps)} with {_some(names)}")
    return "; ".join(parts) or "nothing, with no other image here"


def _wasted(found: Stack, *, drawn: bool) -> None:
    label = "wasted".ljust(_LABEL)
    if not found.hidden:
        hang(label, "nothing: no layer deletes or overwrites what an earlier one wrote.", left_style="bold")
        return
    part = 100 * found.wasted / max(1, found.size())
    share = f"{part:.0f} %" if part >= 1 else "less than 1 %"
    sign = ", drawn as ░" if drawn else ""
    said = f"{size(found.wasted)} of {size(found.size())} ({share}){sign}: no container sees it."
    hang(label, said, left_style="bold")
    for one in found.hidden[:_FILES]:
        did = "deleted" if one.deleted else "written again"
        hang(f"{'':{_LABEL}}{size(one.size):>8}  ", f"/{one.path} of layer {one.written}, {did} in layer {one.gone}")
    if (more := len(found.hidden) - _FILES) > 0:
        hang(" " * _LABEL, f"… and {_plural(more, 'more file')}")
    mine = {step.layer for step in found.layers if step.whose != "base"}
    if any(one.gone in mine for one in found.hidden):
        advice = "To be rid of it, delete it in the RUN that wrote it, or leave it out of the COPY."
        hang(" " * _LABEL, f"A later layer only hides a file. {advice}")
    else:
        hang(" " * _LABEL, "All of it came like this with the base image.")


def other_numbers(found: Stack) -> str:
    """Say where this engine's own numbers are others, and why."""
    named = [f"layer {step.layer} {size(step.listed or 0)}, not {size(step.size)}" for step in found.disagrees]
    why = (
        "Its containerd image store counts the room on the disk, in whole blocks and with folders; and in docker "
        "images, the packed layers as well"
        if found.containerd
        else "It counts in another way"
    )
    few = "; ".join(named[:3]) + (f"; and {len(named) - 3} more" if len(named) > 3 else "")  # noqa: PLR2004 - a few
    return f"docker history shows other sizes here ({few}). {why}. The sizes above are those of the files themselves."


def _numbers(steps: list[Step]) -> str:
    first, last = steps[0].layer, steps[-1].layer
    return f"layer {first}" if first == last else f"layers {first} to {last}"


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:3])
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004 - a few


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("s" if count != 1 else "")
