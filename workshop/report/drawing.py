"""An image's layers as a picture: one SVG file that needs nothing else, for light and dark backgrounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from workshop.changes import size
from workshop.trouble import Usage

from .stacks import headline, rows, shared
from .terminal import clean

if TYPE_CHECKING:
    from workshop.inside.stack import Stack, Step

_WIDTH = 960
_LEFT, _RIGHT = 96, 24
"""Columns of points beside the boxes: the layer's number and owner on the left."""
_TALL, _FLAT = 40, 22
"""Heights of a layer and of a step that made none."""
_STRIP = 12
"""Height of the hatching at the foot of a layer: it stays clear of the words."""
_GAP = 4
_LETTERS = 78
"""Letters of an instruction that fit into a box."""
_LIGHT = {
    "page": "#ffffff", "ink": "#1f2328", "faint": "#59636e", "box": "#f1f3f5",
    "yours": "#ffd24d", "base": "#9ecbff", "lost": "#d1242f",
}  # fmt: skip
_DARK = {
    "page": "#0d1117", "ink": "#f0f3f6", "faint": "#9aa4af", "box": "#1c2128",
    "yours": "#8a6a00", "base": "#1f4f8f", "lost": "#ff7b72",
}  # fmt: skip
_FORBIDDEN = re.compile(r"[\ud800-\udfff\ufffe\uffff]")
"""What XML can't hold, beside what `clean` takes out."""


def picture(found: Stack, file: Path) -> Path:
    """Write the stack as an SVG picture, and give the file.

    Raises:
        Usage: that file can't be written there.

    """
    if file.is_dir() or not file.parent.is_dir():
        what = "is a folder" if file.is_dir() else f"would be in {file.parent}, which is not there"
        raise Usage(f"The picture can't be written: {file} {what}.", fix="--svg layers.svg")
    file.write_text("\n".join(_lines(found)) + "\n", "utf-8")
    return file


def _lines(found: Stack) -> Iterator[str]:
    steps = list(rows(found))
    top = 76
    height = top + sum((_TALL if step.layer else _FLAT) + _GAP for step, _ in steps) + 66
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}" role="img" aria-labelledby="title about">'
    )
    yield f'<title id="title">The layers of {_text(found.name)}</title>'
    yield f'<desc id="about">{_text(headline(found))}</desc>'
    dark = f"@media (prefers-color-scheme: dark) {{ {_colours(_DARK)} }}"
    letters = "text { font: 13px ui-monospace, Menlo, Consolas, monospace; } .end { text-anchor: end; }"
    yield f"<style>{letters} .head {{ font: 600 16px system-ui, sans-serif; }} {_colours(_LIGHT)} {dark}</style>"
    yield '<defs><pattern id="lost" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    yield '<rect class="lost" width="3" height="8"/></pattern></defs>'
    yield f'<rect class="page" width="{_WIDTH}" height="{height}"/>'
    name, _, rest = headline(found).partition(": ")
    yield f'<text class="head" x="24" y="32">{_text(name)}</text>'
    yield f'<text class="faint" x="24" y="54">{_text(rest, 115)}</text>'
    longest = max((step.size for step in found.steps), default=0)
    for step, others in steps:
        yield from _layer(step, top, longest) if step.layer else _note(step, others, top)
        top += (_TALL if step.layer else _FLAT) + _GAP
    wasted = f"; hatched: {size(found.wasted)} that a later layer deletes or writes again" if found.hidden else ""
    yield f'<text class="faint" x="24" y="{top + 24}">Filled: the size{wasted}. The last line is on top.</text>'
    yield f'<text class="faint" x="24" y="{top + 46}">Shared: {_text(shared(found), 105)}</text>'
    yield "</svg>"


def _colours(of: dict[str, str]) -> str:
    """Write the style of one background; every text that is not faint has the colour of ink."""
    fills = " ".join(f".{name} {{ fill: {colour}; }}" for name, colour in of.items())
    return f"text {{ fill: {of['ink']}; }} {fills} .box {{ stroke: {of['faint']}; stroke-width: 0.5; }}"


def _layer(step: Step, top: int, longest: int) -> Iterator[str]:
    room = _WIDTH - _LEFT - _RIGHT
    filled = max(2.0, room * step.size / longest) if step.size else 0.0
    lost = filled * step.wasted / step.size if step.size else 0.0
    box = f'y="{top}" height="{_TALL}"'
    about = f"layer {step.layer}, {step.whose}, {size(step.size)}, {size(step.wasted)} of it wasted: {step.instruction}"
    yield f"<g><title>{_text(about, 2000)}</title>"
    yield f'<rect class="box" x="{_LEFT}" {box} width="{room}" rx="4"/>'
    whose = "yours" if step.whose == "yours" else "base"
    yield f'<rect class="{whose}" x="{_LEFT}" {box} width="{filled:.1f}" rx="4"/>'
    if lost:
        strip = f'y="{top + _TALL - _STRIP}" height="{_STRIP}"'
        yield f'<rect fill="url(#lost)" x="{_LEFT + filled - lost:.1f}" {strip} width="{lost:.1f}"/>'
    yield f'<text x="24" y="{top + 25}">{step.layer:>2} {step.whose}</text>'
    yield f'<text x="{_LEFT + 12}" y="{top + 25}">{_text(step.instruction)}</text>'
    yield f'<text class="end" x="{_WIDTH - _RIGHT - 12}" y="{top + 25}">{size(step.size)}</text></g>'


def _note(step: Step, others: list[Step], top: int) -> Iterator[str]:
    words = step.instruction
    if others:
        words = ", ".join(one.instruction.partition(" ")[0] for one in [step, *others])
    yield f'<text class="faint" x="24" y="{top + 15}"> - {step.whose}</text>'
    yield f'<text class="faint" x="{_LEFT + 12}" y="{top + 15}">{_text(words)}</text>'
    yield f'<text class="faint end" x="{_WIDTH - _RIGHT - 12}" y="{top + 15}">no layer</text>'


def _text(words: str, letters: int = _LETTERS) -> str:
    plain = _FORBIDDEN.sub("�", clean(words).replace("\n", " "))
    return escape(plain if len(plain) <= letters else f"{plain[: letters - 1]}…")
