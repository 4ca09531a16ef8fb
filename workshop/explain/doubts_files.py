"""Doubts about where things come from and go to: FROM, COPY, ADD, WORKDIR, ENV, ARG, EXPOSE, VOLUME and notes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workshop.bases import BASE_IMAGES
from workshop.dockerfile.rules import nearest
from workshop.dockerfile.stages import above, below, earlier

from .doubt import ADDRESS, ARCHIVE, SECRET, VARIABLE, Check, Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workshop.dockerfile import Dockerfile, Instruction

BUILDKIT_ONLY = (
    "chmod",
    "link",
    "mount",
    "network",
    "security",
    "parents",
    "exclude",
    "checksum",
    "keep-git-dir",
    "unpack",
)


def _latest(one: Instruction, file: Dockerfile) -> Iterator[Found]:
    base = one.args[0] if one.args else ""
    stage = file.stages[one.stage] if one.stage is not None and one.stage < len(file.stages) else None
    if not base or base == "scratch" or "$" in base or "@" in base or (stage and earlier(file, stage, base)):
        return
    name = base.rpartition("/")[2]
    if base not in BASE_IMAGES and (":" not in name or name.endswith(":latest")):
        message = f"“{base}” means :latest, whatever that is on the day of the build."
        bare = base.removesuffix(":latest")
        known = next((one for one in BASE_IMAGES if one.startswith(f"{bare}:")), "")
        better = f"Name a tag, such as {known}." if known else f"Name a tag: {bare}:… and a version that there is."
        yield Found("latest-tag", message, better, base)


def _platform(one: Instruction, _: Dockerfile) -> Iterator[Found]:
    platform = one.flag("platform")
    if platform and "$" not in platform:
        message = f"Everyone gets {platform}, even on a machine with another processor."
        yield Found("platform-fixed", message, "Leave --platform out.", "--platform")


def _base_variable(one: Instruction, file: Dockerfile) -> Iterator[Found]:
    given = {name: value for arg in file.in_stage(None) if arg.keyword == "ARG" for name, value in arg.pairs}
    for match in VARIABLE.finditer(one.args[0] if one.args else ""):
        name = match[1] or match[2]
        if not given.get(name) and ":-" not in one.args[0]:
            message = f"${name} has no value here: FROM sees only an ARG that stands above the first FROM."
            yield Found("base-name-blank", message, f"Write above the first FROM: ARG {name}=…", match[0])


def _unused_stage(one: Instruction, file: Dockerfile) -> Iterator[Found]:
    stage = file.stages[one.stage] if one.stage is not None and one.stage < len(file.stages) else None
    if stage is None or stage is file.final_stage:
        return
    names = {stage.name, str(stage.index)}
    for other in file.instructions:
        flags = [(flag.value or "").lower() for flag in other.flags]
        takes = any(flag in names or any(f"from={name}" in flag for name in names) for flag in flags)
        builds_on = other.keyword == "FROM" and other.args and other.args[0].lower() == stage.name
        if takes or (builds_on and other is not one):
            return
    message = "Nothing takes from this stage: only the last FROM becomes the image."
    yield Found("stage-not-used", message, "Take from it with COPY --from=, or delete it.")


def _destination(one: Instruction, file: Dockerfile) -> Iterator[Found]:
    destination = one.destination
    if not destination or destination.startswith("#"):
        return
    many = len(one.args) > 2 or any(sign in source for source in one.sources for sign in "*?")  # noqa: PLR2004 - source, destination
    if many and not destination.endswith("/") and destination != ".":
        message = "Several files need a folder to go to, and a folder ends with /."
        yield Found("copy-needs-folder", message, f"Write {destination}/", destination)
    relative = not destination.startswith(("/", "$", "\\")) and ":" not in destination
    if relative and not any(other.keyword == "WORKDIR" for other in above(file, one)):
        message = f"“{destination}” begins at the working folder of the base image, which nothing here says."
        yield Found("copy-goes-anywhere", message, "Begin it with /, or set WORKDIR above.", destination)


def _from_stage(one: Instruction, file: Dockerfile) -> Iterator[Found]:
    name = one.flag("from")
    if not name or "$" in name or one.stage is None:
        return
    stage = file.stage_named(name)
    if stage is not None and stage.index >= one.stage:
        message = f"The stage “{name}” is not above this line, and only stages above can be taken from."
        yield Found("stage-name-unknown", message, "Move that stage up.", name)
    elif stage is None:
        meant = nearest(name, [other.name for other in file.stages if other.name], 0.7)
        if meant:
            message = f"There is no stage “{name}”, so Docker takes it for an image; was “{meant}” meant?"
            yield Found("stage-name-unknown", message, f"Write --from={meant}", name)


def _add(one: Instruction, _: Dockerfile) -> Iterator[Found]:
    for source in one.sources:
        if ARCHIVE.search(source) and not ADDRESS.search(source):
            message = f"ADD unpacks “{source}”: the archive itself will not be in the image."
            yield Found("add-unpacks", message, "Use COPY to keep the archive as it is.", source)
            return
    if one.sources and not any(ADDRESS.search(source) or "$" in source or "*" in source for source in one.sources):
        message = "ADD does more than this needs: it unpacks archives and fetches addresses."
        yield Found("add-where-copy-does", message, "Use COPY.")


def _workdir(one: Instruction, _: Dockerfile) -> Iterator[Found]:
    path = one.args[0] if one.args else ""
    if path.startswith("~"):
        yield Found(
            "workdir-home", "~ means nothing here: this makes a folder called ~.", "Write the path in full.", path
        )
    elif path and not path.startswith(("/", "$", '"/', "'/", "\\")) and path[1:2] != ":":
        message = f"“{path}” begins at the WORKDIR before it, or at that of the base image."
        yield Found("workdir-relative", message, f"Begin it with /: WORKDIR /{path}", path)


def _secret(one: Instruction, _: Dockerfile) -> Iterator[Found]:
    for key, _value in one.pairs:
        if SECRET.search(key):
            where = "in every container" if one.keyword == "ENV" else "in docker history"
            message = f"“{key}” looks like a secret, and whoever has the image can read it {where}."
            yield Found(
                "secret-in-image", message, "Give it when the container starts, or with RUN --mount=type=secret.", key
            )


def _env(one: Instruction, _: Dockerfile) -> Iterator[Found]:
    if one.old_pair:
        message = "The old style takes everything behind the name as one value."
        yield Found("old-style", message, f"Write {one.keyword} name=value.")
    for key, value in one.pairs:
        if one.keyword == "ENV" and key == "PATH" and "PATH" not in value:
            message = "This replaces PATH: no program is found any more, unless it is in that folder."
            yield Found("path-replaced", message, f"Keep what was there: PATH={value}:$PATH", "PATH")


def _lost_arg(one: Instruction, file: Dockerfile) -> Iterator[Found]:
    """Find a variable that only an ARG above the first FROM declares: no stage sees it."""
    if one.stage is None or one.keyword == "FROM":
        return
    outside = {name for arg in file.in_stage(None) if arg.keyword == "ARG" for name, _ in arg.pairs}
    if not outside:
        return
    inside = {name for other in above(file, one) for name, _ in other.pairs}
    for match in VARIABLE.finditer(one.text) if outside - inside else ():
        name = match[1] or match[2]
        if name in outside - inside:
            message = f"${name} is empty here: an ARG above the first FROM counts for FROM lines only."
            yield Found("arg-outside-stage", message, f"Repeat it in this stage: ARG {name}", match[0])
            return


def _expose(one: Instruction, _: Dockerfile) -> Iterator[Found]:
    for port in one.args:
        if ":" in port:
            inside = port.rpartition(":")[2]
            message = f"EXPOSE maps nothing; “{port}” is what -p takes."
            yield Found(
                "expose-is-no-mapping", message, f"Write EXPOSE {inside}, and map it with -p when you run it.", port
            )
        elif "$" not in port and not re.fullmatch(r"\d+(?:-\d+)?(?:/(?:tcp|udp|sctp))?", port, re.IGNORECASE):
            yield Found("expose-is-no-port", f"“{port}” is not a port.", "Write a number, such as EXPOSE 80.", port)


def _volume(one: Instruction, file: Dockerfile) -> Iterator[Found]:
    for path in one.args:
        for other in below(file, one):
            if other.keyword in ("RUN", "COPY", "ADD") and path.rstrip("/") and path.rstrip("/") in other.text:
                message = f"Line {other.first_line} changes {path} below this line; the older builder throws that away."
                yield Found("volume-too-early", message, f"Move VOLUME below line {other.last_line}.", path)
                break


def _maintainer(_: Instruction, __: Dockerfile) -> Iterator[Found]:
    yield Found("maintainer-is-old", "MAINTAINER is out of use.", 'Write LABEL org.opencontainers.image.authors="…".')


def needs_buildkit(one: Instruction) -> Iterator[Found]:
    """Find what the older builder refuses or, worse, skips."""
    for flag in one.flags:
        if flag.name in BUILDKIT_ONLY:
            yield Found("needs-buildkit", f"--{flag.name} needs BuildKit.", "Do it without.", f"--{flag.name}")
    for heredoc in one.heredocs:
        message = "A << text needs BuildKit; the older builder takes its lines for instructions."
        yield Found("needs-buildkit", message, "Join the commands with && and \\.", "<<" if heredoc else "")


COPYING: tuple[Check, ...] = (_destination, _from_stage, _lost_arg)
CHECKS: dict[str, tuple[Check, ...]] = {
    "FROM": (_latest, _platform, _base_variable, _unused_stage),
    "COPY": COPYING,
    "ADD": (_add, *COPYING),
    "WORKDIR": (_workdir, _lost_arg),
    "ENV": (_secret, _env, _lost_arg),
    "ARG": (_secret,),
    "LABEL": (_env, _lost_arg),
    "EXPOSE": (_expose, _lost_arg),
    "VOLUME": (_volume,),
    "RUN": (_lost_arg,),
    "USER": (_lost_arg,),
    "MAINTAINER": (_maintainer,),
}
