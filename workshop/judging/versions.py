"""Why an image does not tell the version that it was built as: the build argument VERSION, or else dev."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from workshop.dockerfile import Instruction

    from .lab import Lab
    from .verdict import Where

    Cause = tuple[str, str, Where | None]
    """Reason, why, and the line to look at."""

VARIABLE = "VERSION"
DEFAULT = "dev"
LABEL = "org.opencontainers.image.version"


def not_told(lab: Lab, place: str, said: str | None, wanted: str) -> NoReturn:
    """Not there yet: at `place` ("label", or a file's address) the image says `said` in place of `wanted`."""
    lines = lab.dockerfile.all("LABEL" if place == "label" else "RUN")
    use = next((one for word in (VARIABLE, "version") for one in reversed(lines) if word in one.text), None)
    reason, why, where = _absent(lab, place, use) if said is None else _another(lab, said, wanted, use)
    lab.not_yet(
        reason,
        why,
        expected=f"{place}: {wanted}",
        actual=f"no {place}" if said is None else f"{place}: {said!r}",
        hint=f"follow {VARIABLE} through the Dockerfile: where does it begin, where does it end?",
        look=f'docker image inspect -f "{{{{json .Config.Labels}}}}" {lab.image_name}' if place == "label" else "",
        where=where,
    )


def _absent(lab: Lab, place: str, use: Instruction | None) -> Cause:
    why = f"The image has no {place}."
    if use and '">"' in use.text:
        why += " In a list there is no shell, so > is one more word to print."
    elif use and place == "label" and use.stage != len(lab.dockerfile.stages) - 1:
        why += " The line for it stands in an earlier stage, and each FROM starts as its base says."
    return f"{place.strip('/').partition('.')[0]}-missing", why, _line(lab, use)


def _another(lab: Lab, said: str, wanted: str, use: Instruction | None) -> Cause:
    if VARIABLE in said:
        why = "Single quotes keep $ as it is" if "$" in said else "The value is written $VERSION, with a dollar sign"
        return "version-not-replaced", f"Nobody replaced the variable. {why}.", _line(lab, use)
    if wanted in said:
        return "version-not-exact", "There is more than the version, such as quotes.", _line(lab, use)
    if wanted != DEFAULT and (env := lab.where("ENV", containing=VARIABLE)):
        return "env-beats-arg", "An ENV of the same name wins over the build argument, whatever it says.", env
    return _lost(lab, said, wanted, use)


def _lost(lab: Lab, said: str, wanted: str, use: Instruction | None) -> Cause:
    """Tell where the value is lost, by where the ARG lines of that name stand."""
    args = [one for one in lab.dockerfile.all("ARG") if any(key == VARIABLE for key, _ in one.pairs)]
    here = [one for one in args if one.stage == (use.stage if use else len(lab.dockerfile.stages) - 1)]
    where = _line(lab, next(reversed(here or args), use))
    if args and not here:
        of = "above the first FROM is for FROM lines only" if args[-1].stage is None else "ends with its stage"
        return "arg-in-another-stage", f"An ARG {of}; a stage that uses it needs a line of its own.", where
    if here and use and use.first_line < here[0].first_line:
        return "arg-below-its-use", "ARG counts from its line on, and this line stands above it.", _line(lab, use)
    if not said:
        why = f"Nobody gave a {VARIABLE}, and the ARG has no value for that case."
        if here and len(here[-1].args) > 1:
            why += " A default stands behind a =, without blanks."
        return "version-without-default", why, where
    if wanted == DEFAULT:
        return "default-is-not-dev", f"Without a build argument it should be {DEFAULT}.", where
    return "version-hard-coded", f"The build argument {VARIABLE} changes nothing here.", _line(lab, use)


def _line(lab: Lab, one: Instruction | None) -> Where | None:
    return lab.line(one.first_line) if one else None
