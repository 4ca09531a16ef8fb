"""Why an answer did not build, start, stay up or reply: found by looking at what is there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from workshop import diagnosis, places
from workshop.bases import BASE_IMAGES
from workshop.engine import images
from workshop.engine.api import talking
from workshop.engine.build import lost_its_cache
from workshop.trouble import MachineTrouble

from . import looking, scripts
from .verdict import Finding, clip

if TYPE_CHECKING:
    from workshop.diagnosis import Diagnosis
    from workshop.engine.build import Build

    from .lab import Image, Lab
    from .running import Running

_MACHINE = (
    "disk-full",
    "engine-not-running",
    "engine-not-permitted",
    "registry-limit",
    "registry-certificate",
    "buildx-missing",
    "network-not-set-up",
    "engine-overloaded",
    "port-taken-by-container",  # a verification's ports and names are of our and the engine's choosing
    "port-taken-by-program",
    "container-name-taken",
    "buildkit-missing",
    "engine-may-not-start",
)
"""Reasons of the error table that are never the answer's fault."""
_SERVERS = ("nginx:mainline-alpine",)
"""Base images that start a server by themselves."""
_KILLED = 137
_NOT_FOUND = 127
"""Exit codes by which shells tell what happened to a program (POSIX, 2.8.2)."""
_ITS_SHARE = 0.5
"""Of a build's time, what the step must have had that is blamed for it."""
_LAST = 6
"""Lines of a log that are enough to see what happened."""


def not_built(lab: Lab, result: Build, folder: Path) -> Finding:
    """Say why `docker build` gave no image.

    Raises:
        MachineTrouble: it was the engine, the disk, or a base image that is not on this machine.

    """
    with talking() as api:
        api.ping()
    look = f"docker build {lab.typed}"
    if lost_its_cache(result.output):
        what = "Other builds keep removing what this one takes from the cache."
        raise MachineTrouble(what, kind="cache-gone", why=diagnosis.last_words(result.output), fix="Run it again.")
    if lab.bounds:
        from . import bounds

        if limit := bounds.of_build(result, lab.bounds.limits, lab.where("RUN") or lab.where("COPY", "ADD")):
            return limit
    if result.timed_out:
        return _never_ended(lab, result)
    found = diagnosis.diagnose(
        result.output, dockerfile=lab.dockerfile, context=folder, at=lab.at, images=images.tags()
    )
    if found is None:
        return Finding(
            "build-failed",
            why="docker build stopped here; its last lines say where.",
            expected="an image",
            actual=clip(diagnosis.last_words(result.output)),
            look=look,
        )
    if trouble := of_this_machine(found):
        raise trouble
    said = [*diagnosis.printed(result.output)[-_LAST:], diagnosis.last_words(result.output)]
    return Finding(
        found.reason,
        why=f"{found.title} {found.why}".strip(),
        expected="an image",
        actual=clip("\n".join(said).replace(str(folder), places.as_typed(lab.at))),
        hint=found.fix[0] if found.fix else "",
        look=look,
        where=lab.line(found.where.line) if found.where else None,
    )


def _never_ended(lab: Lab, result: Build) -> Finding:
    """Blame the RUN that was at work, if it had the time to end; else the machine, which had too much to do."""
    step = diagnosis.under_way(result.output, lab.dockerfile)
    if (step and step.keyword != "RUN") or result.step_seconds < result.seconds * _ITS_SHARE:
        raise MachineTrouble(
            f"The build did not come to its end within {result.seconds:.0f} seconds.",
            kind="engine-overloaded",
            why="No step of it took long by itself: the engine, or this machine, has too much to do.",
            fix="Run it again when other builds and programs have ended.",
        )
    return Finding(
        "build-never-ends",
        why=f"A RUN step must end before the next one can start; this one still ran after {result.step_seconds:.0f} "
        "seconds. A server or an endless loop in RUN never lets go.",
        expected="a build that ends",
        actual=clip(diagnosis.ending(result.output, _LAST)),
        hint="what should run in the container belongs in another instruction than RUN",
        where=lab.line(step.first_line) if step else lab.where("RUN"),
    )


def of_this_machine(found: Diagnosis) -> MachineTrouble | None:
    """Give the trouble where Docker's error speaks of the machine, and not of what the learner wrote."""
    asked_for_another = found.detail == "platform" and found.where is not None and "--platform" in found.where.text
    name = found.found.get("image", "")
    if found.reason == "base-image-not-here" and name in BASE_IMAGES and not asked_for_another:
        what = f"The base image {name} is not on this machine."
        return MachineTrouble(what, kind="no-base-images", why=found.why, fix="invoke setup")
    if found.reason in _MACHINE:
        return MachineTrouble(found.title, kind=found.reason, why=found.why, fix=list(found.fix))
    return None


def not_started(lab: Lab, image: Image, text: str) -> Finding:
    """Say why the engine could not start a container of the image.

    Raises:
        MachineTrouble: it was the engine or the machine, such as a network that could not be set up.

    """
    found = diagnosis.diagnose(text, dockerfile=lab.dockerfile)
    if found and (trouble := of_this_machine(found)):
        raise trouble
    named = re.search(r'exec: "([^"]+)"|exec (?P<bare>\S+): permission denied', text)
    program = (named[1] or named["bare"]) if named else ""
    path = scripts.place(image, program) if program else ""
    if found and program and found.reason == "program-not-executable" and lab.file(path, image) is None:
        return Finding(
            "program-is-a-folder",
            why=f"“{program}” is a folder in the image, and a folder can't be started.",
            expected="a running container",
            actual=clip(text),
            hint="which line makes that folder? A / behind the last word of COPY always means a folder",
            look=f"docker run --rm --entrypoint ls {image.name} -la {program}",
            where=lab.where("COPY", "ADD", "RUN", "WORKDIR", containing=program) or lab.where("CMD", "ENTRYPOINT"),
        )
    closer = None
    if program and found and found.reason == "program-not-found":
        closer = scripts.off_path(image, program)
    elif program:
        closer = scripts.forbidden(image, program, text)
    if closer:
        reason, why, hint, _ = closer
        where = lab.where("USER") if reason == "program-not-executable" else None
        where = where or lab.where("CMD", "ENTRYPOINT", containing=program) or lab.where("CMD", "ENTRYPOINT")
        look = f"docker run --rm {image.name}"
        return Finding(reason, why, "a running container", clip(text), hint, look, where)
    return Finding(
        found.reason if found else "not-started",
        why=f"{found.title} {found.why}".strip() if found else "Docker could not start the program this image names.",
        expected="a running container",
        actual=clip(text),
        hint=found.fix[0].replace("IMAGE", image.name) if found and found.fix else "",
        look=f"docker run --rm {image.name}",
        where=lab.line(found.where.line)
        if found and found.where
        else lab.where("CMD", "ENTRYPOINT", containing=program) or lab.where("CMD", "ENTRYPOINT"),
    )


def ended(running: Running, *, expected: str = "a container that is still running") -> Finding:
    """Say why the container no longer runs, or why its program did not do what was `expected`."""
    state = running.container.state()
    code, words = int(state["ExitCode"]), running.last_words(_LAST)
    lab = running.lab
    found = diagnosis.diagnose(words, dockerfile=lab.dockerfile) if code else None
    if found and found.reason.endswith("-command-missing"):
        found = None  # that is about the reader's own shell, and here one in the container spoke
    where = lab.line(found.where.line) if found and found.where else None
    look = looking.command_of(running.image.name)
    if found and found.reason == "nginx-may-not-write":
        look = looking.permissions_above(running.image.name, found.found["path"])
    if found and found.reason == "nginx-config-refused":
        from .nginx import refused

        if finding := refused.finding(running, words):
            return finding
    if code and (closer := scripts.a_line(lab, words)):
        reason, why, hint, where = closer
    elif found:
        why, reason, hint = f"{found.title} {found.why}".strip(), found.reason, "".join(found.fix[:1])
        program = scripts.named(running.image, found.found) if reason in scripts.REASONS else ""
        if closer := scripts.first_line(lab, running.image, program):
            reason, why, hint, where = closer
            path = places.quoted(scripts.place(running.image, program))
            look = f"docker run --rm --entrypoint cat {running.image.name} -A {path}"
    else:
        reason, why, hint = _by_exit_code(running, code, words, out_of_memory=bool(state.get("OOMKilled")))
    replaced = lab.where("CMD", "ENTRYPOINT") and any(running.image.is_on(base) for base in _SERVERS)
    if replaced and reason in ("exited-at-once", "crashed", "program-not-found"):
        why += " This line took the place of the command with which the base image starts its server."
    return Finding(
        reason,
        why=why,
        expected=expected,
        actual=f"exited with code {code}" + (f", after printing:\n{words}" if words else ", and printed nothing"),
        hint=hint.replace("IMAGE", running.image.name),
        look=look,
        where=where or lab.where("CMD", "ENTRYPOINT") or lab.where("FROM"),
    )


def _by_exit_code(running: Running, code: int, words: str, *, out_of_memory: bool) -> tuple[str, str, str]:
    """Say what a container's exit code tells: reason, why and hint."""
    lab = running.lab
    if code == 0:
        why = "A container lives as long as its first process. This one ended by itself: nothing crashed."
        if not lab.where("CMD", "ENTRYPOINT"):
            started = " ".join(running.image.config.get("Cmd") or [])
            why += f" No line of the Dockerfile says what to start, so it was what the base image brings: {started}."
        elif re.search(r"[^&]&\s*$", " ".join(running.image.command)):
            why += " The & sends the command before it to the background, and then its shell has nothing left to do."
        return "exited-at-once", why, "what does the container start, and does it stay in the foreground?"
    if code == _KILLED and out_of_memory:
        return "out-of-memory", "The container used more memory than it may.", ""
    if shell := _said_by_shell(running, code, words):
        return shell
    if not words:
        why = f"Its first process ended with exit code {code}, and said nothing about it."
        return "crashed", why, "which program is the last one of the command? Type it in a shell in this image"
    why = f"Its first process ended with exit code {code}. What it printed says why."
    return "crashed", why, "read the lines above from the bottom up"


def _said_by_shell(running: Running, code: int, words: str) -> tuple[str, str, str] | None:
    """Say what a shell that could not do its command line says of it: reason, why and hint."""
    if code != _NOT_FOUND:
        return None
    named = re.search(r"sh: (?:line )?(?:\d+: )?(\S+): not found", words)
    if named and (closer := scripts.off_path(running.image, named[1])):
        return closer[:3]
    program = f"program “{named[1]}”" if named else "program of that name"
    why = f"The shell in the image finds no {program}: misspelt, or not in this image."
    hint = "look at the name in the message, and whether the image has it"
    command = running.lab.where("CMD", "ENTRYPOINT")
    if command and re.search(r"\w?\\\w", command.text):
        why += " A shell drops each \\ and keeps the sign behind it; the parts of a path have a / between them."
    if named and named[1] == "docker":
        why = "docker is a command of your machine. What CMD and ENTRYPOINT say is started inside the container, and "
        why, hint = why + "no docker is in there.", "which program should run inside?"
    return "program-not-found", why, hint


def not_published(running: Running, port: int | None) -> Finding:
    """Say why there is no published port to ask."""
    if not running.is_up():
        return ended(running)
    exposed = ", ".join(running.image.exposed)
    return Finding(
        "nothing-published",
        why="docker run -P publishes the TCP ports that the image exposes, and nothing else.",
        expected=f"port {port} among the exposed ports" if port else "a TCP port among the exposed ports",
        actual=f"exposed: {exposed}" if exposed else "the image exposes no port",
        hint="which instruction tells Docker on which port the container listens?",
        look=f'docker image inspect -f "{{{{json .Config.ExposedPorts}}}}" {running.image.name}',
        where=running.lab.where("EXPOSE"),
    )


def no_answer(running: Running, failures: Mapping[int, str]) -> Finding:
    """Say why no published port gives an HTTP answer; `failures` says for each port how it failed."""
    if not running.is_up():
        return ended(running)
    listeners = running.listeners()
    open_ports = {one.port for one in listeners}
    port = next((one for one in failures if one in open_ports), next(iter(failures)))
    how = failures[port]
    here = [one for one in listeners if one.port == port]
    lab = running.lab
    look = lab.while_running("docker exec look netstat -ltn")
    if here and all(one.loopback for one in here):
        return Finding(
            "listens-on-loopback",
            why="127.0.0.1 inside a container means that container alone. Requests from outside arrive on its network "
            "card, and nobody listens there.",
            expected=f"a server on port {port} that others can reach",
            actual=f"a server that listens on 127.0.0.1:{port} only",
            hint="let the server listen on all addresses",
            look=look,
            where=lab.where("CMD", "ENTRYPOINT"),
        )
    if not here:
        others = ", ".join(f"{'127.0.0.1:' if one.loopback else ''}{one.port}" for one in listeners)
        return Finding(
            "nobody-listens-there",
            why=f"Port {port} is published, but nothing in the container listens on it. EXPOSE only names a port; the "
            "server opens it.",
            expected=f"a server that listens on port {port}",
            actual=f"a server on {others}" if others else "nothing listens on any port\n" + running.last_words(_LAST),
            hint="make the exposed port and the server's port the same" if others else "read what the server printed",
            look=look,
            where=lab.where("EXPOSE") or lab.where("CMD", "ENTRYPOINT"),
        )
    return Finding(
        "no-http-answer",
        why="Something listens on the port, but no web page came back.",
        expected="an HTTP answer",
        actual={"timeout": "no answer in time", "not-http": "an answer that is not HTTP"}.get(how, f"connection {how}"),
        hint="read what the server printed",
        look=lab.while_running("docker logs look"),
    )
