"""What one look at the machine gives."""

from __future__ import annotations

from dataclasses import dataclass, field

from workshop.engine.machine import this_machine


@dataclass(frozen=True)
class Finding:
    """One thing looked at. Fine, in need of a fix, or (None) not looked at: it does not apply, or nobody could tell."""

    id: str
    """Stable name, such as "line-ends"."""
    ok: bool | None
    what: str
    """What was found, in one sentence."""
    why: str = ""
    fix: list[str] = field(default_factory=list)
    """Steps in order; a finding that is not ok always has one."""


def typed(task: str) -> str:
    """Write a task as one types it on this system."""
    return f"{this_machine().invoke} {task}"
