"""Windows line ends that a step of the build should have changed, and has not: which step, and why not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workshop.dockerfile import Dockerfile, Instruction

_CONVERTING = ("dos2unix", "unix2dos", "sed ", "tr ", "awk ")
"""Programs with which people change the ends of lines."""
_WHY_NOT = {
    "unix2dos": "And unix2dos is what makes them so.",
    r"\s-d \\r|\ss/\\r": "Here no quotes keep the \\, so the shell drops it, and the step looks for the letter r.",
    r"\^M": "^M is how it is shown. Typed, it is two signs; sed and tr call it \\r.",
    r"^(?!.*(?:{file}|\*))": "This step changes another file.",
    r"^(?!.*(?:\s-\w*i|>)).*\bsed\s": "This step only prints what it has changed; the file stays as it was.",
}
"""Why a step changes none of them, by what stands in it."""


def converting(dockerfile: Dockerfile) -> list[Instruction]:
    """List the steps that look as if they change the ends of lines."""
    return [one for one in dockerfile.all("RUN") if any(word in one.text for word in _CONVERTING)]


def not_converted(dockerfile: Dockerfile, step: Instruction, file: str) -> str:
    """Say why such a step has not changed those of `file`."""
    if any(one.stage == step.stage and one.first_line < step.first_line for one in dockerfile.all("VOLUME")):
        return "What RUN changes in a VOLUME is lost with the step; this one stands below the VOLUME line."
    known = ((pattern.replace("{file}", re.escape(file)), why) for pattern, why in _WHY_NOT.items())
    missed = (why for pattern, why in known if re.search(pattern, step.text, re.DOTALL))
    return next(missed, "This step has not changed them all.")
