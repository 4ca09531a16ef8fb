"""How things look: the only room that imports rich, and it does so when something is shown."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .drawing import picture
    from .explanations import dockerfile
    from .explanations import error as explained_error
    from .junitxml import junit
    from .listings import examination, exercises, images, shared
    from .live import Live
    from .proofs import account, proof, proving, trial
    from .prose import markdown, text
    from .stacks import stack
    from .terminal import as_json, clean, command, console, hang, say, trouble, typed, unforeseen
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
    "verdict",
    "window",
]

_HOMES = {
    "drawing": ("picture",),
    "explanations": ("dockerfile", "explained_error"),
    "junitxml": ("junit",),
    "listings": ("examination", "exercises", "images", "shared"),
    "live": ("Live",),
    "proofs": ("account", "proof", "proving", "trial"),
    "prose": ("markdown", "text"),
    "stacks": ("stack",),
    "terminal": ("as_json", "clean", "command", "console", "hang", "say", "trouble", "typed", "unforeseen"),
    "verdicts": ("prepare", "verdict"),
    "waiting": ("patience",),
    "windows": ("window",),
}
"""Where each name lives; none is called as a module here is."""
_OTHERWISE = {"explained_error": "error"}
"""Names that are shorter at home."""


def __getattr__(name: str) -> object:
    """Load a name when it is first asked for: a verdict needs none of the tables and pictures."""
    home = next((home for home, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"{__name__}.{home}"), _OTHERWISE.get(name, name))
    globals()[name] = found
    return found
