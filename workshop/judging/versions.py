"""Why an image does not tell the version that it was built as: the build argument VERSION, or else dev."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from . import arriving

if TYPE_CHECKING:
    from workshop.dockerfile import Instruction

    from .arriving import Cause
    from .lab import Lab

VARIABLE = "VERSION"
DEFAULT = "dev"
LABEL = "org.opencontainers.image.version"


def not_told(lab: Lab, place: str, said: str | None, wanted: str) -> NoReturn:
    """Not there yet: at `place` ("label", or a file's address) the image says `said` in place of `wanted`."""
    lines = lab.dockerfile.all("LABEL" if place == "label" else "RUN")
    use = next((one for word in (VARIABLE, "version") for one in reversed(lines) if word in one.text), None)
    reason, why, where, hint = _absent(lab, place, use) if said is None else _another(lab, said, wanted, use)
    lab.not_yet(
        reason,
        why,
        expected=f"{place}: {wanted}",
        actual=f"no {place}" if said is None else f"{place}: {said!r}",
        hint=hint,
        look=f'docker image inspect -f "{{{{json .Config.Labels}}}}" {lab.image_name}' if place == "label" else "",
        where=where,
    )


def _absent(lab: Lab, place: str, use: Instruction | None) -> Cause:
    why = f"The image has no {place}."
    if use and '">"' in use.text:
        why += " In a list there is no shell, so > is one more word to print."
    elif use and place == "label" and use.stage != len(lab.dockerfile.stages) - 1:
        why += " The line for it stands in an earlier stage, and each FROM starts as its base says."
    return f"{place.strip('/').partition('.')[0]}-missing", why, arriving.line_of(lab, use), "which line makes it?"


def _another(lab: Lab, said: str, wanted: str, use: Instruction | None) -> Cause:
    trail, where = arriving.follow(lab, VARIABLE, use), arriving.line_of(lab, use)
    if not said:
        return arriving.why_empty(lab, trail, by_default=wanted == DEFAULT, written=where)
    reason, hint = "version-not-exact", arriving.FOLLOW
    if VARIABLE in said:
        why = "Single quotes keep $ as it is" if "$" in said else "The value is written $VERSION, with a dollar sign"
        reason, why = "version-not-replaced", f"Nobody replaced the variable. {why}."
    elif wanted in said:
        why, hint = "There is more than the version, such as quotes.", "compare the two, sign by sign"
    elif wanted != DEFAULT and (env := lab.where("ENV", containing=VARIABLE)):
        reason, where, why = "env-wins", env, arriving.env_wins(trail)
    elif wanted == DEFAULT:
        reason, why = "default-is-not-dev", f"Without a build argument it should be {DEFAULT}."
        where = arriving.line_of(lab, next(reversed(trail.asks), use))
    else:
        reason, why = "version-hard-coded", f"The build argument {VARIABLE} changes nothing here."
    return reason, why, where, hint
