"""One sentence about one instruction, with its own words in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .about import ABOUT
from .paths import join, keeps_out, there, working_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from workshop.dockerfile import Dockerfile, Instruction

LONGEST = 70
"""Characters of a command that are repeated in a sentence."""
WHOLE = (".", "./", "/")
"""How COPY names the whole folder."""


def sentence(one: Instruction, file: Dockerfile, folder: Path | None = None) -> str:
    """Say what this instruction does; for one that can't be read, what its kind does.

    `folder` is what it is built from: with it, COPY tells folders from files.
    """
    if not one.known:
        return f"“{short(one.written)}” is not an instruction."
    if not one.args and one.inner is None:
        return ABOUT[one.keyword].does
    if one.keyword in ("COPY", "ADD"):
        return _copy(one, file, folder)
    return SAYING[one.keyword](one, file)


def short(text: str) -> str:
    """Bound a piece of the learner's text, on one line."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def both(items: tuple[str, ...]) -> str:
    """Join names as one says them."""
    return _joined([f"“{short(item)}”" for item in items])


def _joined(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + f" and {names[-1]}"


def command(args: tuple[str, ...], *, json_form: bool) -> str:
    """Describe what is started: a program, or a shell with a line."""
    if not json_form:
        return f"a shell with the line “{short(args[0])}”"
    words = "" if len(args) == 1 else f" with {both(args[1:])}"
    return f"the program “{short(args[0])}”{words}"


def _from(one: Instruction, file: Dockerfile) -> str:
    base = one.args[0]
    stage = file.stages[one.stage] if one.stage is not None and one.stage < len(file.stages) else None
    named = f", and calls this stage “{stage.name}”" if stage and stage.name else ""
    if base == "scratch":
        return f"Starts from nothing at all{named}."
    earlier = [other for other in file.stages if stage and other.index < stage.index and other.name == base.lower()]
    kind = "what the stage above made of" if earlier else "the image"
    return f"Starts from {kind} “{short(base)}”{named}."


def _run(one: Instruction, _: Dockerfile) -> str:
    if one.heredocs and not one.json_form and one.args[0].startswith("<<"):
        lines = one.heredocs[0].content.count("\n")
        return f"Runs a script of {lines} line{'s' * (lines != 1)}, and keeps the files that it changes."
    return f"Runs {command(one.args, json_form=one.json_form)}, and keeps the files that it changes."


def _copy(one: Instruction, file: Dockerfile, folder: Path | None) -> str:
    if one.destination is None:
        return ABOUT[one.keyword].does
    source = one.flag("from")
    if source:
        things = [f"{both(one.sources)} from “{source}”"] if one.sources else []
    else:
        things = _of_your_folder(one.sources, folder)
    if one.heredocs:
        things.append("the text below")
    addresses = [name for name in one.sources if "://" in name]
    if one.keyword == "ADD" and addresses:
        things = [f"what it finds at {both(tuple(addresses))}"]
    owner = f", owned by {one.flag('chown')}" if one.flag("chown") else ""
    to = short(_destination(one, file))
    return f"Copies {' and '.join(things) or 'files'} to “{to}” in the image{owner}."


def _of_your_folder(sources: tuple[str, ...], folder: Path | None) -> list[str]:
    """Name what comes from the learner's folder: of a folder it is what lies in it, not the folder itself."""
    if any(source in WHOLE for source in sources):
        return ["everything in your folder" + (", except what .dockerignore names," if keeps_out(folder) else "")]
    names = [
        f"what is in “{short(source)}”" if folder and _is_folder(folder, source) else f"“{short(source)}”"
        for source in sources
    ]
    return [f"{_joined(names)} from your folder"] if names else []


def _is_folder(folder: Path, source: str) -> bool:
    return [path.is_dir() for path in there(folder, source)] == [True]


def _destination(one: Instruction, file: Dockerfile) -> str:
    """Give the destination from the root on; as written where WORKDIR does not tell, or its value is not known."""
    written, at = one.destination or "", working_folder(file, one)
    if not at.startswith("/") or "$" in at + written or written.startswith("/"):
        return written
    return join(at, written) + ("/" if written.endswith("/") else "")


def _cmd(one: Instruction, file: Dockerfile) -> str:
    entry = [other for other in file.in_stage(one.stage) if other.keyword == "ENTRYPOINT" and other.args]
    if entry and one.json_form and entry[-1].json_form:
        return f"Gives the ENTRYPOINT {both(one.args)}, unless other words stand behind the image's name."
    started = command(one.args, json_form=one.json_form)
    return f"Starts {started}, unless other words stand behind the image's name."


def _entrypoint(one: Instruction, _: Dockerfile) -> str:
    started = command(one.args, json_form=one.json_form)
    if one.json_form:
        return f"Always starts {started}; words behind the image's name, or else CMD, follow."
    return f"Always starts {started}."


def _pairs(one: Instruction) -> str:
    return both(tuple(f"{key}={value}" for key, value in one.pairs) or one.args)


def _env(one: Instruction, _: Dockerfile) -> str:
    return f"Sets {_pairs(one)} for the steps below and for every container."


def _label(one: Instruction, _: Dockerfile) -> str:
    return f"Notes {_pairs(one)} on the image."


def _arg(one: Instruction, _: Dockerfile) -> str:
    names = tuple(key for key, _ in one.pairs)
    reach = "the FROM lines" if one.stage is None else "the rest of this stage"
    return f"Declares {both(names)} for {reach}; --build-arg can set it, and no container sees it."


def _expose(one: Instruction, _: Dockerfile) -> str:
    return f"Notes that the server listens on port {both(one.args)}; -P publishes it, this line alone does not."


def _user(one: Instruction, _: Dockerfile) -> str:
    return f"From here on {both(one.args)} runs the commands, and the container too."


def _workdir(one: Instruction, _: Dockerfile) -> str:
    return f"Makes the folder {both(one.args)} if it is missing, and stays in it: here, and in the container."


def _health(one: Instruction, _: Dockerfile) -> str:
    if one.args[0].upper() == "NONE":
        return "Switches off the health check of the base image."
    if len(one.args) == 1:
        return ABOUT["HEALTHCHECK"].does
    every = one.flag("interval") or "30s"
    started = command(one.args[1:], json_form=one.json_form)
    return f"Every {every} runs {started} in the container: 0 is healthy, 1 is not."


def _stopsignal(one: Instruction, _: Dockerfile) -> str:
    return f"Makes docker stop send {both(one.args)} to the main process."


def _volume(one: Instruction, _: Dockerfile) -> str:
    return f"Keeps what is under {both(one.args)} in a volume, outside the container."


def _shell(one: Instruction, _: Dockerfile) -> str:
    return f"From here on {both(one.args)} runs the commands that are not lists."


def _onbuild(one: Instruction, _: Dockerfile) -> str:
    kept = one.inner.keyword if one.inner else ""
    return f"Keeps this {kept} for the build of an image that starts from this one."


def _maintainer(one: Instruction, _: Dockerfile) -> str:
    return f"Notes {both(one.args)} as the author."


SAYING: dict[str, Callable[[Instruction, Dockerfile], str]] = {
    "ARG": _arg,
    "CMD": _cmd,
    "ENTRYPOINT": _entrypoint,
    "ENV": _env,
    "EXPOSE": _expose,
    "FROM": _from,
    "HEALTHCHECK": _health,
    "LABEL": _label,
    "MAINTAINER": _maintainer,
    "ONBUILD": _onbuild,
    "RUN": _run,
    "SHELL": _shell,
    "STOPSIGNAL": _stopsignal,
    "USER": _user,
    "VOLUME": _volume,
    "WORKDIR": _workdir,
}
