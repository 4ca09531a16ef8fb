"""Which file of a folder `docker build` reads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAME, ALSO_TAKEN = "Dockerfile", "dockerfile"
NOTE = f"note  this file is called {ALSO_TAKEN}. docker build takes it; other tools look for {NAME} alone."
"""What to say where it is the second name: it works, and elsewhere it would not."""


def near(folder: Path) -> str:
    """Name a file that was hardly meant to be called otherwise, such as Dockerfile.txt; empty where there is none."""
    alike = (one for one in folder.iterdir() if one.name.lower().startswith(ALSO_TAKEN))
    return next((one.name for one in alike if one.is_file()), "")


def unread(folder: Path) -> str:
    """Name a file that an editor saved beside the Dockerfile, with an ending of its own that some systems hide."""
    names = (one.name for one in folder.iterdir() if one.is_file())
    return next((one for one in names if one.lower() == f"{ALSO_TAKEN}.txt"), "")


def file_in(folder: Path) -> Path:
    """Give the path of the Dockerfile; where there is none, but a `dockerfile`, that one, as both builders do."""
    file = folder / NAME
    return folder / ALSO_TAKEN if not os.path.lexists(file) and (folder / ALSO_TAKEN).is_file() else file
