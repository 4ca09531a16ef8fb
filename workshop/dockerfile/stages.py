"""How instructions stand to each other: above and below in a stage, and which image a stage begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .model import Dockerfile, Instruction, Stage


def root_base(file: Dockerfile, one: Instruction) -> str:
    """Give the image that the stage of `one` begins with, through stages that build on stages; "" if unknown."""
    stage = file.stages[one.stage] if one.stage is not None and one.stage < len(file.stages) else None
    while stage is not None:
        below = earlier(file, stage, stage.base)
        if below is None:
            return stage.base
        stage = below
    return ""


def earlier(file: Dockerfile, stage: Stage, name: str) -> Stage | None:
    """Find the stage called `name` above `stage`."""
    return next((other for other in file.stages[: stage.index] if name.lower() in (other.name, str(other.index))), None)


def above(file: Dockerfile, one: Instruction) -> list[Instruction]:
    """List what stands above `one` in its own stage."""
    return [other for other in file.in_stage(one.stage) if other.first_line < one.first_line]


def below(file: Dockerfile, one: Instruction) -> list[Instruction]:
    """List what stands below `one` in its own stage."""
    return [other for other in file.in_stage(one.stage) if other.first_line > one.first_line]


def kept(instructions: Iterable[Instruction]) -> list[tuple[Instruction, Instruction]]:
    """List what ONBUILD keeps for a later build and would change files there, each behind the line that keeps it."""
    return [(one, one.inner) for one in instructions if one.inner and one.inner.keyword in ("RUN", "COPY", "ADD")]
