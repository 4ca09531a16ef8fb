"""Where COPY and ADD take from and put to: names in the learner's folder, and paths in the image."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from workshop.dockerfile.stages import above

if TYPE_CHECKING:
    from pathlib import Path

    from workshop.dockerfile import Dockerfile, Instruction

IGNORE_FILES = (".dockerignore", "Dockerfile.dockerignore")


def keeps_out(folder: Path | None) -> bool:
    """Whether the folder has a .dockerignore with a line that keeps something out."""
    for name in IGNORE_FILES if folder is not None else ():
        try:
            text = (folder / name).read_text("utf-8", "replace") if folder else ""
        except OSError:  # there is none
            continue
        if any(line.strip() and not line.lstrip().startswith(("#", "!")) for line in text.splitlines()):
            return True
    return False


def there(folder: Path, source: str) -> list[Path]:
    """List what COPY finds in the folder under this name or pattern."""
    bare = posixpath.normpath(source.lstrip("/") or ".")
    if ".." in bare.split("/"):
        return []
    try:
        if any(sign in bare for sign in "*?["):
            return list(folder.glob(bare))
        return [folder / bare] if (folder / bare).exists() else []
    except (OSError, ValueError, NotImplementedError):  # no name that a file of this system can have
        return []


def working_folder(file: Dockerfile, one: Instruction) -> str:
    """Give the folder that a step works in; what does not begin with / begins at that of the base image."""
    at = ""
    for other in above(file, one):
        if other.keyword == "WORKDIR" and other.args:
            at = join(at, other.args[0])
    return at


def join(at: str, path: str) -> str:
    """Give a path in the image, seen from the folder `at`."""
    return posixpath.normpath(posixpath.join(at, path.strip("'\"")))
