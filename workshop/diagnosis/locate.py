"""Which line of the Dockerfile an error text speaks of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workshop.dockerfile import Dockerfile, Instruction

    from .row import Row

MARKED = re.compile(r"^ *(\d+) \| >>> ", re.MULTILINE)
"""BuildKit shows the guilty lines with an arrow."""
NAMED = re.compile(r"^\S*Dockerfile\S*:(\d+)$", re.MULTILINE)
PARSE_ERROR = re.compile(r"parse error (?:on )?line (\d+)")
CLASSIC_STEP = re.compile(r"^(?:\[\d+/\d+\] )?S(?:tep|TEP) (\d+)/\d+ ?: (.*)$", re.MULTILINE)
"""As Docker's older builder announces a step, and Podman's, which numbers them stage by stage."""
BEGUN = re.compile(r"^(?:Step \d+/\d+ : |#\d+ \[(?:\S+ +)?\d+/\d+\] )(.*)$", re.MULTILINE)
"""As both of Docker's builders announce each step when it begins."""
BUILDKIT_STEP = re.compile(r"^ ?> \[(?:(\S+/\S+) )?(?:(\S+) +)?(\d+)/\d+\] (.*?):?$", re.MULTILINE)
METADATA = re.compile(r"^ ?> \[internal\] load metadata for (\S+?):?$", re.MULTILINE)
FAILED_COMMAND = re.compile(
    r"process \"?(?:/bin/sh -c )?(.*?)\"? did not complete|executor failed running \[(?:/bin/sh -c )?(.*)\]|"
    r"The command '(?:/bin/sh -c )?(.*)' returned"
)
NAMING = ("file", "image", "user", "name", "program", "message", "word")
"""The groups of a pattern that can stand in the Dockerfile word for word."""
NOT_THE_ONLY_ONE = ("run-step-failed", "program-not-found", "image-name-invalid")
"""Reasons that can come from the command line, too: then a lone instruction of the kind is not to blame."""
LAYERS = ("FROM", "RUN", "COPY", "ADD", "WORKDIR")
"""What BuildKit numbers within a stage."""


@dataclass(frozen=True)
class Place:
    """A line, and the instruction it belongs to."""

    line: int
    instruction: Instruction | None


def locate(text: str, row: Row, groups: Mapping[str, str], file: Dockerfile | None) -> Place | None:
    """Find the line to blame: what the text says, else what the parser found, else where the words stand."""
    if file is None:
        return None
    line = _said(text)
    if line is not None and file.line(line):
        return Place(line, file.at(line))
    for problem in file.errors:
        if problem.reason in row.parsed:
            return Place(problem.line, file.at(problem.line))
    if row.reason == "syntax-line-needs-network":
        directive = file.directive("syntax")
        return Place(directive.line, None) if directive else None
    instruction = _stepped(text, file) or _mentioned(row, groups, file)
    return Place(instruction.first_line, instruction) if instruction else None


def _said(text: str) -> int | None:
    for pattern in (MARKED, NAMED, PARSE_ERROR):
        found = pattern.search(text)
        if found:
            return int(found[1][:7])
    return None


def _stepped(text: str, file: Dockerfile) -> Instruction | None:
    """Map the step that failed to its instruction."""
    classic = CLASSIC_STEP.findall(text)
    if classic:
        number, written = classic[-1]
        at = int(number[:7]) - 1
        if 0 <= at < len(file.instructions) and _same(file.instructions[at].text, written):
            return file.instructions[at]
        return _by_text(written, file.instructions)
    failed = BUILDKIT_STEP.findall(text)
    if failed:
        _, stage, number, written = failed[-1]
        return _by_text(written, file.instructions) or _by_number(stage, int(number[:7]), file)
    command = FAILED_COMMAND.search(text)
    if command:
        return _by_text("RUN " + next(filter(None, command.groups()), ""), file.instructions)
    metadata = METADATA.findall(text)
    if metadata and not classic:
        wanted = plain_image(metadata[-1])
        return next((one for one in file.all("FROM") if one.args and plain_image(one.args[0]) == wanted), None)
    return None


def under_way(text: str, file: Dockerfile) -> Instruction | None:
    """Find the instruction that the builder was at when its output ended."""
    begun = BEGUN.findall(text)
    return _by_text(begun[-1], file.instructions) if begun else None


def _by_number(stage: str, number: int, file: Dockerfile) -> Instruction | None:
    found = file.stage_named(stage.removeprefix("stage-")) if stage else file.final_stage
    if found is None:
        return None
    steps = [one for one in file.in_stage(found) if one.keyword in LAYERS]
    return steps[number - 1] if 0 < number <= len(steps) else None


def _by_text(written: str, instructions: Sequence[Instruction]) -> Instruction | None:
    return next((one for one in reversed(instructions) if _same(one.text, written)), None)


def _same(one: str, other: str) -> bool:
    return one.split() == other.split()


def _mentioned(row: Row, groups: Mapping[str, str], file: Dockerfile) -> Instruction | None:
    """Find the instruction of a fitting kind that holds what the text named, or the only one of its kind."""
    fitting = [one for one in file.instructions if one.keyword in row.keywords]
    fitting.sort(key=lambda one: one.keyword == "RUN")  # a step of the build that failed would be known by now
    if row.reason == "stage-name-unknown":
        return _taking(groups.get("stage", ""), file)
    for name in NAMING:
        value = groups.get(name, "").strip("/")
        whole = [one for one in fitting if value in [arg.strip("/") for arg in one.args]]
        for one in [*whole, *fitting] if value else ():
            images = {plain_image(arg) for arg in (*one.args, one.flag("from") or "")} if name == "image" else set()
            if value in one.text or plain_image(value) in images:
                return one
    if row.reason == "instruction-arguments":
        words = re.findall(r'[\w"]+', groups.get("message", ""))
        named = [one for one in file.instructions if words and words[-1].strip('"') in one.text.split()]
        return named[-1] if named else None
    return fitting[0] if len(fitting) == 1 and row.reason not in NOT_THE_ONLY_ONE else None


def _taking(name: str, file: Dockerfile) -> Instruction | None:
    """Find the instruction that takes from a stage it can't take from, or from `name`."""
    taking = [(one, one.flag("from") or "") for one in file.instructions if one.flag("from")]
    for one, source in taking:
        stage = file.stage_named(source)
        if stage is not None and one.stage is not None and stage.index >= one.stage:
            return one
    named = [one for one, source in taking if source.lower() == name.lower()]
    named += [one for one in file.all("FROM") if one.args and one.args[0].lower() == name.lower()]
    return named[0] if named else None


def plain_image(name: str) -> str:
    """Give the name of an image as everyone writes it: no docker.io/library/, a tag in any case."""
    name = re.sub(r"^(?:index\.)?docker\.io/", "", name).removeprefix("library/").partition("@")[0]
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"
