"""The library behind the tasks: a workshop from which people learn to make their own Docker images.

What a `check.py` may use is named here, and nothing else is.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .inside.image import Image
    from .inside.layers import Layer
    from .judging.checking import NotYet, after
    from .judging.lab import Lab
    from .judging.verdict import Finding, Where
    from .judging.web import Response

__all__ = ["Finding", "Image", "Lab", "Layer", "NotYet", "Response", "Where", "after"]

_HOMES = {
    "Finding": "judging.verdict",
    "Image": "inside.image",
    "Lab": "judging.lab",
    "Layer": "inside.layers",
    "NotYet": "judging.checking",
    "Response": "judging.web",
    "Where": "judging.verdict",
    "after": "judging.checking",
}


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for: `invoke --list` must not pay for the lab."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
