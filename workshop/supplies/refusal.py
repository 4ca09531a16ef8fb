"""Why something that was handed in is not judged: the learner's doing, never the machine's."""

from __future__ import annotations

from workshop.judging.verdict import Finding


class Refusal(Exception):
    """It can't be judged as it is; the finding says why, in the words that a learner reads."""

    def __init__(self, reason: str, why: str, *, actual: str = "", hint: str = "") -> None:
        super().__init__(why)
        self.finding = Finding(reason, why, actual=actual, hint=hint)


def readable(name: str) -> str:
    """Write a name from a disk or an archive so that it can be written down: bytes that are no text become ?."""
    return name.encode("utf-8", "replace").decode("utf-8")
