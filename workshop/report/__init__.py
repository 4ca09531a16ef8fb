"""How things look: the only room that imports rich, and it does so when something is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshop import lazily

if TYPE_CHECKING:
    from .drawing import picture
    from .explanations import dockerfile, explained_error
    from .junitxml import junit
    from .listings import examination, exercises, images, shared
    from .live import Live
    from .proofs import account, proof, proving, trial
    from .prose import markdown, text
    from .stacks import stack
    from .terminal import as_json, clean, command, console, hang, say, trouble, typed, unforeseen, verbatim
    from .verdicts import prepare, verdict
    from .waiting import patience
    from .windows import window

__all__ = [
    "Live",
    "account",
    "as_json",
    "clean",
    "command",
    "console",
    "dockerfile",
    "examination",
    "exercises",
    "explained_error",
    "hang",
    "images",
    "junit",
    "markdown",
    "patience",
    "picture",
    "prepare",
    "proof",
    "proving",
    "say",
    "shared",
    "stack",
    "text",
    "trial",
    "trouble",
    "typed",
    "unforeseen",
    "verbatim",
    "verdict",
    "window",
]

__getattr__ = lazily.names(
    __name__,
    {
        "drawing": ("picture",),
        "explanations": ("dockerfile", "explained_error"),
        "junitxml": ("junit",),
        "listings": ("examination", "exercises", "images", "shared"),
        "live": ("Live",),
        "proofs": ("account", "proof", "proving", "trial"),
        "prose": ("markdown", "text"),
        "stacks": ("stack",),
        "terminal": (
            "as_json",
            "clean",
            "command",
            "console",
            "hang",
            "say",
            "trouble",
            "typed",
            "unforeseen",
            "verbatim",
        ),
        "verdicts": ("prepare", "verdict"),
        "waiting": ("patience",),
        "windows": ("window",),
    },
)
