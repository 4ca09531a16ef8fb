"""What one row of the error table holds."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Words:
    """What the reader is told; `{name}` stands for what the text or the files gave.

    In commands, `{.}` is the folder that was built, and `{./name}` a file in it, as typed from where one stands.
    """

    title: str
    why: str
    fix: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One error: how to know it, what to say, and what more to look at.

    `patterns` are regular expressions, matched without regard to case; their named groups fill the words.
    `output` marks what a command in RUN prints: it is looked for only behind a failed step, or alone; with `step`,
    only behind a failed step.
    `otherwise` fills groups that stayed empty. `parsed` are the parser's names for the same mistake, for its line.
    `keywords` are the instructions that can be to blame. `details` are sharper words for cases that can be told apart.
    """

    reason: str
    patterns: tuple[str, ...]
    words: Words
    output: bool = False
    step: bool = False
    otherwise: dict[str, str] = field(default_factory=dict)
    keywords: tuple[str, ...] = ()
    parsed: tuple[str, ...] = ()
    details: dict[str, Words] = field(default_factory=dict)
