"""Why what --build-arg says does not arrive in an image: read off where its Dockerfile speaks of the variable."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from workshop.dockerfile import Instruction

    from .lab import Lab
    from .verdict import Where

    Cause = tuple[str, str, Where | None, str]
    """Reason, why, the line to look at, and a hint."""

FOLLOW = "follow the variable through the Dockerfile, from where it is named to where it is used"
_USING = ("RUN", "COPY", "ENV", "CMD", "ENTRYPOINT")
_OWN_DEFAULT = "how does a stage ask without a default of its own?"


class Trail(NamedTuple):
    """What a Dockerfile says of one variable, in the stage that uses it."""

    name: str
    asks: list[Instruction]
    """The ARG lines that name it."""
    sets: list[Instruction]
    """The ENV lines that name it."""
    uses: list[Instruction]
    """The lines that speak of it otherwise."""
    elsewhere: list[Instruction]
    """ARG lines of other stages that name it."""
    near: list[Instruction]
    """ARG lines of that stage with a name like it."""
    above: list[Instruction]
    """ARG lines above the first FROM that name it."""
    defaults: list[Instruction]
    """ARG lines that give it a value, wherever they stand."""

    def takes(self, text: str) -> bool:
        """Whether `text` takes its value."""
        return bool(re.search(rf"\$\{{?{self.name}\b", text))


def follow(lab: Lab, name: str, use: Instruction | None = None) -> Trail:
    """Find all lines that speak of the variable `name`; `use` is the one that should take its value, where known."""
    file = lab.dockerfile
    users = [use] if use else [one for one in file.all("RUN", "CMD", "ENTRYPOINT") if name in one.text]
    here = file.in_stage(users[-1].stage if users else file.final_stage)
    args = [one for one in file.all("ARG") if any(key == name for key, _ in one.pairs)]
    return Trail(
        name=name,
        asks=[one for one in args if one in here],
        sets=[one for one in here if one.keyword == "ENV" and any(key == name for key, _ in one.pairs)],
        uses=[use] if use else [one for one in here if one.keyword in _USING and name in one.text],
        elsewhere=[one for one in args if one.stage is not None and one not in here],
        near=[one for one in here if one.keyword == "ARG" and one not in args and name in one.text.upper()],
        above=[one for one in args if one.stage is None],
        defaults=[one for one in args if "=" in one.text],
    )


def why_empty(lab: Lab, trail: Trail, *, by_default: bool, written: Where | None, program: str = "") -> Cause:
    """Say why it has no value: at all, or `by_default`, without --build-arg.

    `written` is the line that keeps it in the image, and `program` the script that tells it, where one does.
    """
    at_start = read_at_start(lab, trail.name, program)
    if (trail.asks or trail.above) and not trail.sets and at_start:
        why = "An ARG lives while the image is made. This line reads it when a container starts, and then it is gone."
        return "arg-not-at-start", why, at_start, "in what could the build leave the version for later?"
    if trail.asks:
        return _asked(lab, trail, by_default=by_default, written=written)
    if trail.near:
        why = f"This line asks for another name than {trail.name}; each letter counts, capitals included."
        return "arg-name", why, line_of(lab, trail.near[-1]), "compare the two names, and how a default is written"
    if trail.elsewhere:
        why = f"Each stage knows what it asked for itself. This one asks for {trail.name}; the one that uses it does "
        return "other-stage", why + "not.", line_of(lab, trail.elsewhere[0]), FOLLOW
    if trail.above:
        why = f"An ARG above FROM is for the FROM lines only. Below, in the stage, nobody has asked for {trail.name}."
        return "arg-before-from", why, line_of(lab, trail.above[0]), "what must a stage do to know it, too?"
    why = f"No line of the Dockerfile asks for {trail.name}, so --build-arg has nowhere to go."
    return "no-arg", why, None, FOLLOW


def env_wins(trail: Trail) -> str:
    """Say why an ENV line's value stays, whatever --build-arg says."""
    if trail.asks:
        return "ENV and ARG have the same name here, and ENV always wins: its value hides what --build-arg says."
    return f"ENV sets {trail.name} to a value of its own, and no ARG of the stage lets --build-arg change it."


def read_at_start(lab: Lab, name: str, program: str) -> Where | None:
    """Find the line that takes a variable from the container's environment."""
    forms = (f"${name}", "${" + name)
    starts = (lab.where("CMD", "ENTRYPOINT", containing=form) for form in forms)
    return next(filter(None, [*starts, *(lab.where_in(program, form) for form in forms)]), None)


def _asked(lab: Lab, trail: Trail, *, by_default: bool, written: Where | None) -> Cause:
    """Say why it is empty in a stage that asks for it."""
    first, last, name = trail.asks[0], trail.asks[-1], trail.name
    if trail.uses and first.first_line > trail.uses[0].first_line:
        why = "A stage knows an ARG from its line on. Here the line that uses it comes first."
        return "arg-too-late", why, line_of(lab, first), "the order of the lines"
    if not any(trail.takes(one.text) for one in trail.uses):
        why = f"No line takes the value of {name}. It is ${name} or ${{{name}}}, letter by letter, capitals included."
        where = written or lab.where("RUN", "ENV")
        return "version-lost", why, where, "compare the name in this line with the one behind ARG"
    if by_default and last in trail.defaults and (name, "") in last.pairs:
        why = "The default that stands nearest wins, and this one is empty: nothing stands behind its =."
        return "another-default", why, line_of(lab, last), _OWN_DEFAULT
    if trail.takes(last.text):
        why = f"This line takes {name} as the default of {name}, and at that moment the stage does not know it yet."
        return "another-default", why, line_of(lab, last), _OWN_DEFAULT
    if not trail.defaults:
        why = f"The stage asks for {name}, and nobody says what it is without --build-arg."
        if any(len(one.args) > 1 for one in trail.asks):
            why += " What stands behind a blank is one more name; a default stands behind an =."
        return "no-default", why, line_of(lab, first), "where could the default stand?"
    return "version-lost", f"The stage asks for {name}, and still it is empty where it is used.", written, FOLLOW


def line_of(lab: Lab, one: Instruction | None) -> Where | None:
    """Quote the line that an instruction begins on; None where there is none."""
    return lab.line(one.first_line) if one else None
