"""Whether an exercise's text is a part of the answer: a Dockerfile may take it into the image as any other file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .contents import TASK

if TYPE_CHECKING:
    from pathlib import Path

    from workshop.dockerfile import Instruction


def counts(folder: Path) -> bool:
    """Whether the answer in `folder` may be another one when its text is; also where that can't be told."""
    from workshop.diagnosis.ignored import ignoring
    from workshop.dockerfile import file_in, read

    file = file_in(folder)
    try:
        instructions = read(file).instructions
    except OSError:
        return False  # there is nothing that could take it
    if ignoring(folder / ".dockerignore", TASK) and not file.with_name(f"{file.name}.dockerignore").exists():
        return False
    return any(_may_take(one) for one in instructions)


def _may_take(one: Instruction) -> bool:
    from workshop.diagnosis.missing import takes

    if one.keyword == "RUN":
        return one.flag("mount") is not None
    return takes(one, TASK) or any("$" in source for source in one.sources)
