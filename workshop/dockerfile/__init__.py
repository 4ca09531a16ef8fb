r"""Any Dockerfile, read as BuildKit reads it, with the exact place of every word; never raises.

Our own parser and not `tree-sitter-dockerfile`: of 50 small files that moby's parser accepts or refuses, the grammar
read 18 otherwise (`\r\n`, no newline at the end, `# escape`, `$((1<<2))`, single quotes, unknown words).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshop import lazily

if TYPE_CHECKING:
    from .finding import file_in
    from .model import Directive, Dockerfile, Flag, Heredoc, Instruction, Problem, Span, Stage, Word
    from .parsing import parse, read

__all__ = [
    "Directive",
    "Dockerfile",
    "Flag",
    "Heredoc",
    "Instruction",
    "Problem",
    "Span",
    "Stage",
    "Word",
    "file_in",
    "parse",
    "read",
]

__getattr__ = lazily.names(
    __name__,
    {
        "finding": ("file_in",),
        "model": ("Directive", "Dockerfile", "Flag", "Heredoc", "Instruction", "Problem", "Span", "Stage", "Word"),
        "parsing": ("parse", "read"),
    },
)
