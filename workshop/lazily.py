"""A package's public names, each loaded when it is first asked for: `invoke --list` must not pay for the lab."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence


def names(package: str, homes: Mapping[str, Sequence[str]]) -> Callable[[str], object]:
    """Make the `__getattr__` of a package; `homes` says which of its modules has which names.

    A name must not be called as one of these modules is: an imported module takes its place.
    """
    home_of = {name: home for home, its in homes.items() for name in its}

    def load(name: str) -> object:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(importlib.import_module(f"{package}.{home_of[name]}"), name)
        setattr(sys.modules[package], name, found)
        return found

    return load
