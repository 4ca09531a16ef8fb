"""What an engine knows about a Dockerfile: how big each instruction became, and what FROM brings along."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from workshop import names
from workshop.dockerfile.stages import earlier, root_base
from workshop.engine import images, preflight
from workshop.engine.api import Refused
from workshop.trouble import MachineTrouble, Usage

from . import history

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from workshop.dockerfile import Dockerfile, Instruction, Stage

    from .image import Image

_UNRECORDED = ("FROM", "ONBUILD")
"""FROM is the base's own history; BuildKit keeps no step for ONBUILD."""


def sizes(image: str, file: Dockerfile, folder: Path | None = None) -> Mapping[int, int] | None:
    """Give the bytes that each instruction of the final stage wrote, by its first line, as `docker history` has them.

    None where `steps` finds none.

    Raises:
        Refused: there is no such image.
        MachineTrouble: the engine went away.

    """
    found = _matched(image, file, folder)
    return {one.first_line: step.size for step, one in found} if found is not None else None


def steps(image: str, file: Dockerfile, folder: Path | None = None) -> Mapping[int, Instruction] | None:
    """Tell which step of the image's history is which instruction of the final stage; the oldest step is number 0.

    None where the image's history does not end with just these instructions: it was built from another Dockerfile, or
    from an earlier state of this one. With the `folder` it would be built from, also where a file is copied that is not
    there, or has another size now, and where another value, port or command stands in the history.

    Raises:
        Refused: there is no such image.
        MachineTrouble: the engine went away.

    """
    found = _matched(image, file, folder)
    return {step.number: one for step, one in found} if found is not None else None


def _matched(image: str, file: Dockerfile, folder: Path | None) -> list[tuple[_Step, Instruction]] | None:
    stage = file.final_stage
    if stage is None:
        return None
    wanted = [one for one in _of(file, stage) if one.keyword not in _UNRECORDED]
    said = _steps(image)
    labels = next((n for n, one in enumerate(reversed(said)) if history.keyword(one.text) != "LABEL"), len(said))
    # the older builder writes `docker build --label`, which the tasks use, as a last step of its own
    for extra in range(min(labels, len(said) - len(wanted)) + 1):
        below, top = said[: len(said) - extra - len(wanted)], said[len(said) - extra - len(wanted) : len(said) - extra]
        fits = all(
            _is(step.text, one) and (folder is None or _still(step, one, folder))
            for step, one in zip(top, wanted, strict=True)
        )
        if fits and _is_base(below, file):
            return list(zip(top, wanted, strict=True))
    return None


def maker(image: Image, file: Dockerfile, place: int, base: str) -> Instruction | None:
    """Find the instruction that made the layer at `place` of those above `base`.

    None where the image was not built from this Dockerfile.
    """
    step = image.step_of(place, base)
    return (steps(image.id, file) or {}).get(step) if step is not None else None


def inherits(base: str) -> str:
    """Say in words what an image hands on to those that stand on it; empty where it is not here, or says nothing."""
    try:
        facts = images.inspect(names.image(base))
    except (Refused, MachineTrouble, Usage):  # a name that Docker would refuse may lead the engine's API elsewhere
        return ""
    its = (facts or {}).get("Config") or {}
    starts = [*(its.get("Entrypoint") or ()), *(its.get("Cmd") or ())]
    parts = [
        f"starts “{' '.join(starts)}”" if starts else "",
        f"speaks of port {', '.join(its['ExposedPorts'])}" if its.get("ExposedPorts") else "",
        f"runs as {its['User']}" if its.get("User") else "",
        f"works in {its['WorkingDir']}" if its.get("WorkingDir") not in (None, "", "/") else "",
        f"keeps {', '.join(its['Volumes'])} in a volume" if its.get("Volumes") else "",
        f"stops with {its['StopSignal']}" if its.get("StopSignal") else "",
        "has a health check" if (its.get("Healthcheck") or {}).get("Test") not in (None, [], ["NONE"]) else "",
    ]
    return "; ".join(filter(None, parts))


class _Step(NamedTuple):
    """A step of an image's history."""

    number: int
    text: str
    size: int


def _steps(image: str) -> list[_Step]:
    """List what the history has of an image, the oldest first."""
    said = enumerate(reversed(images.history(image)))
    found = [_Step(number, history.instruction(str(one["CreatedBy"])), int(one["Size"])) for number, one in said]
    return [step for step in found if history.keyword(step.text) not in _UNRECORDED]


def _is_base(steps: list[_Step], file: Dockerfile) -> bool:
    """Whether these steps are those of the image in the first FROM below the final stage; true where it is not here."""
    base = root_base(file, file.instructions[-1])
    if not base or base == "scratch" or "$" in base:
        return not steps or base != "scratch"
    try:
        return steps == _steps(names.image(base))
    except (Refused, Usage):
        return True


def _of(file: Dockerfile, stage: Stage) -> Iterator[Instruction]:
    """List the instructions of a stage, and before them those of the stages it stands on."""
    if (below := earlier(file, stage, stage.base)) is not None:
        yield from _of(file, below)
    yield from file.in_stage(stage)


def _is(step: str, one: Instruction) -> bool:
    """Whether a step of the history can be this instruction: the same keyword, and what both builders note of it."""
    if history.keyword(step) != one.keyword:
        return False
    if one.keyword == "RUN" and not one.json_form and not one.heredocs and not one.flags:
        return " ".join(one.args[0].split()) in step
    last = one.words[-1].text if one.words else ""
    if one.keyword in ("COPY", "ADD", "WORKDIR", "USER") and "$" not in last:
        return step.rstrip("/").endswith(last.rstrip("/"))
    return True


def _still(step: _Step, one: Instruction, folder: Path) -> bool:
    """Whether an instruction would still make this step, as far as that shows without building."""
    if one.keyword in ("COPY", "ADD"):
        return _still_copies(step, one, folder)
    if any("$" in word for word in one.args):
        return True
    if one.keyword in ("CMD", "ENTRYPOINT", "RUN") and not one.heredocs:
        return _letters(" ".join(one.args)) in _letters(step.text)
    if one.keyword == "ENV":
        return all(_letters(f"{name}={value}") in _letters(step.text) for name, value in one.pairs)
    ports = [port.partition("/")[0] for port in one.args] if one.keyword == "EXPOSE" else []
    return all(port in step.text for port in ports if port.isdigit())  # a range is noted port by port


def _still_copies(step: _Step, one: Instruction, folder: Path) -> bool:
    """Compare the files: by name where the history has names, by size where it has only hashes."""
    if one.heredocs or any(sign in source for source in one.sources for sign in "$*?[\\") or one.flag("from"):
        return True
    if history.NAMELESS not in step.text:
        return f" {' '.join(one.sources)} " in step.text
    if any("://" in source for source in one.sources):
        return True
    files = [folder / source.lstrip("/") for source in one.sources]
    if not all(file.exists() for file in files):
        return False
    if one.keyword == "ADD" or not all(file.is_file() for file in files) or preflight.look().containerd_store:
        return True  # an archive grows, a folder loses what is ignored, and that store counts whole blocks
    return step.size == sum(file.stat().st_size for file in files)


def _letters(text: str) -> str:
    """Leave out quotes, blanks and brackets, which each builder sets in its own way."""
    return re.sub(r"\W+", "", text)
