"""The library behind the tasks: a workshop from which people learn to make their own Docker images.

What a `check.py` may use is named here, and nothing else is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import lazily

if TYPE_CHECKING:
    from .inside.image import Image
    from .inside.layers import Layer
    from .judging.checking import NotYet, after
    from .judging.lab import Lab
    from .judging.verdict import Finding, Where
    from .judging.web import Response

__all__ = ["Finding", "Image", "Lab", "Layer", "NotYet", "Response", "Where", "after"]

__getattr__ = lazily.names(
    __name__,
    {
        "inside.image": ["Image"],
        "inside.layers": ["Layer"],
        "judging.checking": ["NotYet", "after"],
        "judging.lab": ["Lab"],
        "judging.verdict": ["Finding", "Where"],
        "judging.web": ["Response"],
    },
)
