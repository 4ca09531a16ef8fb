"""A Dockerfile in plain words: what each instruction does, when, and what is doubtful about it. Values, no printing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .about import ABOUT, DIRECTIVES, WHEN
from .doubts import Doubt, doubts
from .sentences import sentence

if TYPE_CHECKING:
    from pathlib import Path

    from workshop.dockerfile import Directive, Dockerfile, Instruction

__all__ = ["Doubt", "Explanation", "explain"]


@dataclass(frozen=True)
class Explanation:
    """What one instruction or directive means.

    `when` is one of build, start, both, later, never; empty for a word that is no instruction.
    """

    keyword: str
    first_line: int
    last_line: int
    says: str
    when: str
    when_words: str
    layer: bool
    trace: str
    doubts: tuple[Doubt, ...]
    instruction: Instruction | None = None


def explain(file: Dockerfile, *, buildkit: bool = True, folder: Path | None = None) -> tuple[Explanation, ...]:
    """Explain every directive and instruction, in file order.

    `buildkit` tells which builder will read it: with False, what only BuildKit knows is doubtful. `folder` is what it
    is built from, and settles what depends on the files there. What the parser found wrong is among the doubts of its
    instruction; a file with no instruction has only `file.errors`.
    """
    found = doubts(file, buildkit=buildkit, folder=folder)
    explained = [_directive(directive) for directive in file.directives]
    return (*explained, *(_instruction(one, file, found, folder) for one in file.instructions))


def _directive(directive: Directive) -> Explanation:
    from workshop.dockerfile import Span

    about = DIRECTIVES[directive.name]
    doubtful: tuple[Doubt, ...] = ()
    if directive.name == "syntax":
        message = "Docker must download this reader first, which fails without a network."
        span = Span(directive.line, 1, len(f"# {directive.name}={directive.value}") + 1)
        doubtful = (Doubt("syntax-line-needs-network", message, "Delete the line; nothing here needs it.", span),)
    line = directive.line
    return Explanation(
        f"# {directive.name}", line, line, about.does, about.when, WHEN[about.when], about.layer, about.trace, doubtful
    )


def _instruction(one: Instruction, file: Dockerfile, found: dict[int, list[Doubt]], folder: Path | None) -> Explanation:
    about = ABOUT.get(one.keyword)
    when = about.when if about else ""
    return Explanation(
        keyword=one.keyword,
        first_line=one.first_line,
        last_line=one.last_line,
        says=sentence(one, file, folder),
        when=when,
        when_words=WHEN.get(when, ""),
        layer=bool(about and about.layer),
        trace=about.trace if about else "",
        doubts=tuple(found.get(one.first_line, ())),
        instruction=one,
    )
