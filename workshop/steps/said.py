"""What the engine said, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshop.trouble import NotThere, Trouble

if TYPE_CHECKING:
    from workshop.diagnosis import Diagnosis


def trouble(found: Diagnosis, place: str = "") -> Trouble:
    """Make a trouble of what Docker's error means; the machine's and the learner's have different exit codes."""
    from workshop.judging import causes

    why = "\n".join(filter(None, (place, found.why)))
    return causes.of_this_machine(found) or NotThere(found.title, why=why, fix=list(found.fix))


def not_run(text: str) -> Trouble:
    """Make a trouble of what the engine said when it would not start a container."""
    from workshop import diagnosis

    found = diagnosis.diagnose(text)
    if found:
        return trouble(found, diagnosis.last_words(text))
    return NotThere("Docker could not start it.", why=diagnosis.last_words(text))
