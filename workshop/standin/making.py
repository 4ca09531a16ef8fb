"""From the distribution's packages to an archive for `docker load`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from . import archive, packages, recipes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RECIPES = {"busybox": recipes.busybox, "nginx:mainline-alpine": recipes.nginx}
"""The base images that can be made here."""


def make(target: Path, names: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Write to `target` the stand-ins for `names`: from the base image's name to the name that the stand-in gets.

    Raises:
        MachineTrouble: the packages can't be had; `why` has apt's words.

    """
    with tempfile.TemporaryDirectory(prefix="docker-101-") as folder:
        unpacked = packages.fetch(Path(folder), say)
        made = [(given, RECIPES[name](unpacked)) for name, given in names.items()]
        archive.write(target, made, packages.architecture())
