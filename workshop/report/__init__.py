"""How things look: the only room that imports rich, and it does so when something is shown."""

from __future__ import annotations

from .explanations import dockerfile
from .explanations import error as explained_error
from .junitxml import junit
from .listings import examination, exercises, images, shared
from .live import Live
from .patience import patience
from .picture import picture
from .proofs import account, proof, proving, trial
from .prose import markdown, text
from .stacks import stack
from .terminal import as_json, clean, command, console, hang, say, trouble, typed, unforeseen
from .verdicts import prepare, verdict
from .window import window

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
