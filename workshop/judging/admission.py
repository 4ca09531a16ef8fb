"""What a stranger's Dockerfile may not ask of the engine: to download, or to build on what others left on it.

RUN has no network within the limits of a grading. But FROM, COPY --from and ADD of an address are the engine's own
doing, which no flag of `docker build` keeps in; so they are read beforehand, as the builder would.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from workshop.bases import BASE_IMAGES
from workshop.engine import images, labels

from .verdict import Finding, Where

if TYPE_CHECKING:
    from workshop.dockerfile import Dockerfile, Instruction

_VARIABLE = re.compile(r"\\\$|\$(?:(\w+)|\{(\w+)(?:(:?[-+])([^{}$]*))?\})", re.ASCII)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|git@", re.IGNORECASE | re.ASCII)
_OFFICIAL = re.compile(r"^(?:(?:index\.)?docker\.io/)?(?:library/)?")
_FRONTEND = re.compile(r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?:[:@].*)?", re.ASCII)
_SCRATCH = "scratch"
_BUILDERS_OWN = re.compile(r"\$\{?(?:BUILD|TARGET)PLATFORM\}?")
"""What BuildKit fills in by itself: its own platform, as nobody asked for another one."""
_ALIASES = {"x86_64": "amd64", "aarch64": "arm64"}
_COPIES = ("COPY", "ADD")


def objection(dockerfile: Dockerfile, *, builder: str) -> Finding | None:
    """Give the first thing that this Dockerfile must not ask for; None when it may be built."""
    for instruction in _all(dockerfile):
        values = _values(dockerfile, instruction)
        for source in instruction.sources if instruction.keyword == "ADD" else ():
            said = _expanded(source, values)
            if said is None or _ADDRESS.search(said) or _ADDRESS.search(source):
                return _download(instruction, said or source)
        if finding := _platform(instruction, values):
            return finding
        for image in _images(dockerfile, instruction, values):
            if finding := _image(instruction, image):
                return finding
    syntax = dockerfile.directive("syntax")
    if builder == "buildkit" and syntax and not _FRONTEND.fullmatch(syntax.value):
        return Finding(
            "frontend-not-allowed",
            f"The first line has {syntax.value} read this file. That is a program from a registry: nothing is fetched.",
            expected="no # syntax= line, or Docker's own docker/dockerfile",
            actual=f"# syntax={syntax.value}",
            where=Where("Dockerfile", syntax.line, dockerfile.line(syntax.line).strip()),
        )
    return None


def _all(dockerfile: Dockerfile) -> Iterator[Instruction]:
    """Go through the instructions, and those that ONBUILD keeps for a later FROM of the same file."""
    for instruction in dockerfile.instructions:
        yield instruction
        if instruction.inner:
            yield instruction.inner


def _values(dockerfile: Dockerfile, until: Instruction) -> dict[str, str]:
    """Collect what ARG and ENV say before this instruction; FROM sees only what stands above the first FROM."""
    values: dict[str, str] = {}
    for one in dockerfile.all("ARG", "ENV"):
        if one.first_line >= until.first_line or (until.keyword == "FROM" and one.stage is not None):
            continue
        for key, value in one.pairs:
            if value or key not in values:
                values[key] = _expanded(value, values) or ""
    return values


def _expanded(text: str, values: Mapping[str, str]) -> str | None:
    """Fill in variables as the builder does; None where that takes more than its plain forms."""

    def fill(found: re.Match[str]) -> str:
        if found[0] == "\\$":
            return "\0"
        value, sign, word = values.get(found[1] or found[2], ""), found[3] or "", found[4] or ""
        if sign.endswith("+"):
            return word if value else ""
        return value or (word if sign else "")

    said = _VARIABLE.sub(fill, text)
    return None if "$" in said else said.replace("\0", "$")


def _images(dockerfile: Dockerfile, instruction: Instruction, values: Mapping[str, str]) -> Iterator[str]:
    """Name the images that this instruction takes from the engine; stages of the same file are left out."""
    if instruction.keyword == "FROM":
        named = instruction.args[:1]
    elif instruction.keyword in _COPIES:
        named = tuple(flag.value or "" for flag in instruction.flags_named("from"))
    else:
        mounts = (flag.value or "" for flag in instruction.flags_named("mount"))
        parts = (part for mount in mounts for part in mount.replace('"', "").split(","))
        named = tuple(part.partition("=")[2] for part in parts if part.strip().lower().startswith("from="))
    for name in named:
        said = _expanded(name, values)
        if said is None or not _is_stage(dockerfile, instruction, said):
            yield name if said is None else said


def _platform(instruction: Instruction, values: Mapping[str, str]) -> Finding | None:
    """Say that FROM wants an image for another kind of machine: fetched, it would take the name of the one here."""
    wanted = (instruction.flag("platform") or "") if instruction.keyword == "FROM" else ""
    said = _expanded(wanted, values)
    if not wanted or _BUILDERS_OWN.fullmatch(wanted) or said == "":
        return None
    system, architecture = images.platform()
    parts = (said or wanted).lower().split("/")
    if parts[0] == system and _ALIASES.get(parts[-1], parts[-1]) in (system, architecture):
        return None
    return Finding(
        "another-platform",
        f"This line wants an image for {said or wanted}; the machine that grades is {system}/{architecture}, "
        "and fetches nothing.",
        expected="no --platform",
        actual=instruction.text.strip(),
        hint="leave --platform out, and the image fits every machine",
        where=Where("Dockerfile", instruction.first_line, instruction.text.strip()),
    )


def _is_stage(dockerfile: Dockerfile, instruction: Instruction, name: str) -> bool:
    """Whether this names a stage that stands above; what ONBUILD keeps for later may name any."""
    kept = instruction not in dockerfile.instructions
    for stage in dockerfile.stages:
        if kept or instruction.stage is None or stage.index < instruction.stage:
            numbered = str(stage.index) == name and instruction.keyword != "FROM"
            if numbered or stage.name == name.lower():
                return True
    return False


def _image(instruction: Instruction, name: str) -> Finding | None:
    official = _OFFICIAL.sub("", name)
    if name == _SCRATCH or official.removesuffix(":latest") in BASE_IMAGES:
        return None
    where = Where("Dockerfile", instruction.first_line, instruction.text.strip())
    expected = f"{' or '.join(BASE_IMAGES)}, or a stage of this Dockerfile"
    facts = images.inspect(name) if re.fullmatch(r"[\w./:@-]+", name, re.ASCII) else None
    if facts is None:
        return Finding(
            "base-image-not-here",
            f"{name or 'An image without a name'} is not on this machine, and grading fetches nothing.",
            expected=expected,
            actual=instruction.text.strip(),
            hint="is the name spelt as in the exercise?",
            where=where,
        )
    ours = labels.CHECKOUT in ((facts.get("Config") or {}).get("Labels") or {})
    if facts.get("RepoDigests") and not ours:
        return None  # pulled by whoever grades, so it is theirs to allow
    return Finding(
        "base-image-not-allowed",
        f"{name} is an image that was made on the machine that grades; an answer must not build on it.",
        expected=expected,
        actual=instruction.text.strip(),
        where=where,
    )


def _download(instruction: Instruction, source: str) -> Finding:
    return Finding(
        "download-in-build",
        f"ADD would download {source}; grading fetches nothing, and what is there may change from one day to the next.",
        expected="files of the exercise's own folder",
        actual=instruction.text.strip(),
        hint="put the file into the folder",
        where=Where("Dockerfile", instruction.first_line, instruction.text.strip()),
    )
