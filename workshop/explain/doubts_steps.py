"""Doubts about commands: RUN while building; CMD, ENTRYPOINT, HEALTHCHECK, USER and STOPSIGNAL in the container."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workshop.dockerfile.model import KEYWORDS
from workshop.dockerfile.stages import below, root_base

from .doubt import Check, Found
from .shell import lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workshop.dockerfile import Dockerfile, Instruction

PACKAGE_TOOLS = {"apt": "debian", "apt-get": "debian", "apk": "alpine", "yum": "redhat", "dnf": "redhat"}
FAMILIES = {
    "alpine": re.compile(r"alpine"),
    "debian": re.compile(
        r"debian|ubuntu|bookworm|bullseye|trixie|-slim|"
        r"^(?:docker\.io/)?(?:library/)?nginx(?::(?:[\d.]+|latest|mainline|stable))?$"
    ),
    "none": re.compile(r"^(?:docker\.io/)?(?:library/)?(?:busybox|scratch)\b"),
    "redhat": re.compile(r"fedora|rocky|alma|centos|redhat|ubi\d"),
}
"""How to tell from an image's name which packages it takes."""
TOOL_OF = {"alpine": "apk", "debian": "apt-get", "redhat": "dnf"}
SERVERS = ("nginx", "httpd", "apache2", "redis-server", "mysqld", "postgres")
SHELL_SIGNS = re.compile(r"^(?:&&|\|\||[|;<>]|>>)$|\$\{?\w")


def _ends_with_step(one: Instruction, _: Dockerfile) -> Iterator[Found]:
    found = lines(one)
    if not found or one.json_form:
        return
    last = found[-1]
    if last.program == "cd" and all(command.program in ("cd", "mkdir") for command in found):
        path = last.words[1] if len(last.words) > 1 else "/"
        yield Found(
            "cd-ends-with-step",
            "cd counts for this step alone; the next one begins anew.",
            f"Use WORKDIR {path}",
            "cd ",
        )
    if all(command.program == "export" for command in found):
        message = "export counts for this step alone."
        yield Found("export-ends-with-step", message, "Use ENV for the variable.", "export")
    if last.then == "&" or (last.program == "service" and last.words[-1] == "start"):
        message = "What RUN starts ends with the step; a container has only what CMD or ENTRYPOINT starts."
        yield Found("server-in-run", message, "Start it with CMD.", last.words[0])
    elif last.program in SERVERS and not {"-t", "-v", "-V", "--version"} & set(last.words):
        message = "A server in RUN never ends the build, or is gone with the step."
        yield Found("server-in-run", message, "Start it with CMD.", last.words[0])


def _inside(one: Instruction, _: Dockerfile) -> Iterator[Found]:
    for command in lines(one):
        if command.words[0] in KEYWORDS and command.words[0] not in ("SHELL", "USER"):
            word = command.words[0]
            message = f"{word} is part of this RUN, and the shell knows no {word}."
            yield Found(
                "instruction-inside-run",
                message,
                f"End the line above without \\ and &&, so that {word} stands alone.",
                word,
            )
            return


def _packages(one: Instruction, file: Dockerfile) -> Iterator[Found]:
    base = root_base(file, one)
    family = next((name for name, pattern in FAMILIES.items() if base and pattern.search(base)), None)
    used = [command for command in lines(one) if command.program in PACKAGE_TOOLS]
    for command in used:
        tool = command.program
        if family and PACKAGE_TOOLS[tool] != family:
            has = TOOL_OF.get(family)
            better = f"Use {has} there." if has else "It has no packages at all; take another base."
            yield Found("package-tool-of-another-system", f"“{base}” has no {tool}.", better, tool)
            return
    verbs = [(command, set(command.words)) for command in used if command.program.startswith("apt")]
    installs = [command for command, words in verbs if "install" in words]
    updates = [command for command, words in verbs if "update" in words]
    if updates and not installs:
        message = "The list of packages stays in the cache of this step and grows old."
        yield Found("update-alone", message, "Put update and install into one RUN, joined with &&.", "update")
    if installs and not updates:
        message = "Without update in the same RUN the list of packages is missing or old."
        yield Found("install-without-update", message, "RUN apt-get update && apt-get install -y …", "install")
    for command in installs:
        if not any(re.match(r"-\w*y|--yes|--assume-yes|-qq", word) for word in command.words):
            yield Found("install-asks", "apt-get asks for a yes, and nobody answers.", "Add -y.", "install")


def _habits(one: Instruction, _: Dockerfile) -> Iterator[Found]:
    for command in lines(one):
        if command.program == "sudo":
            yield Found(
                "sudo-in-run",
                "RUN is root already, unless USER says otherwise; most images have no sudo.",
                "Leave sudo out.",
                "sudo",
            )
        if command.then == "|" and command.program in ("curl", "wget", "cat"):
            message = f"When {command.program} fails here, nobody notices: a pipe reports only its last command."
            yield Found("pipe-hides-failure", message, "Save to a file first, then use it.", command.program)


def _list_form(one: Instruction, _: Dockerfile) -> Iterator[Found]:
    text = one.args[-1] if one.args else ""
    if not one.json_form and text.startswith("["):
        message = "This is not a proper list, so it becomes a shell command that begins with [."
        if "'" in text:
            message = "A list needs double quotes; with single ones it becomes a shell command that begins with [."
        better = (
            one.keyword + " " + re.sub(r"'([^'\"]*)'", r'"\1"', text)
            if "'" in text
            else "Check quotes, commas and the last ]."
        )
        yield Found("list-is-not-json", message, better, "[")
    if one.json_form and one.words:
        strings = [word.text for word in one.words if not (one.keyword == "HEALTHCHECK" and word is one.words[0])]
        if len(strings) == 1 and " " in strings[0].strip():
            words = ", ".join(f'"{word}"' for word in strings[0].split())
            message = f"Docker looks for one program called “{strings[0]}”, spaces and all."
            yield Found("one-string", message, f"Cut it into words: [{words}]", "[")
        plain = strings and strings[0].rpartition("/")[2] not in ("sh", "bash", "ash")
        for string in strings if plain else ():
            if SHELL_SIGNS.search(string):
                message = f"A list has no shell: “{string}” stays as it is written."
                yield Found(
                    "list-expands-nothing", message, 'Use ["sh", "-c", "…"], or leave out the brackets.', string
                )
                break


def _overridden(one: Instruction, file: Dockerfile) -> Iterator[Found]:
    later = [other for other in below(file, one) if other.keyword == one.keyword]
    if later:
        message = f"Only the last {one.keyword} counts: line {later[-1].first_line} replaces this one."
        yield Found("only-last-counts", message, f"Keep one {one.keyword}.")


def _entrypoint(one: Instruction, file: Dockerfile) -> Iterator[Found]:
    if one.json_form or not one.args:
        return
    cmd = [other for other in file.in_stage(one.stage) if other.keyword == "CMD"]
    swallowed = "CMD and words" if cmd else "words"
    message = f"Without [ ] the {swallowed} behind the image's name are ignored."
    yield Found("entrypoint-swallows-words", message, 'Write a list: ENTRYPOINT ["program", "word"]')


def _stays(one: Instruction, file: Dockerfile) -> Iterator[Found]:
    """Find a main process that ends at once because it goes to the background."""
    found = lines(one)
    if not found or (one.keyword == "CMD" and any(other.keyword == "ENTRYPOINT" for other in file.in_stage(one.stage))):
        return
    last = found[-1]
    text = " ".join(last.words)
    nginx = last.program == "nginx" and "daemon off" not in text and not {"-t", "-v", "-V"} & set(last.words)
    busybox = last.program == "httpd" and not re.search(r"\s-\w*f", text) and "busybox" in root_base(file, one)
    service = last.program == "service" and last.words[-1] == "start"
    if nginx or busybox or service or last.then == "&":
        message = "The server goes to the background, the main process ends, and the container with it."
        better = {"nginx": 'CMD ["nginx", "-g", "daemon off;"]', "httpd": "httpd -f stays in front."}
        yield Found(
            "goes-to-background",
            message,
            better.get(last.program, "Start it so that it stays in front."),
            last.words[0],
        )


def _health(one: Instruction, file: Dockerfile) -> Iterator[Found]:
    text = one.text
    if "localhost" in text:
        message = "“localhost” can become the address ::1, where a server for IPv4 does not listen."
        yield Found("localhost-can-be-ipv6", message, "Write 127.0.0.1.", "localhost")
    if "busybox" in root_base(file, one) and any(command.program == "curl" for command in lines(one)):
        yield Found("tool-not-in-base", "busybox has no curl.", "Use wget -q -O /dev/null …", "curl")


def _user(one: Instruction, file: Dockerfile) -> Iterator[Found]:
    last = not any(other.keyword == "USER" for other in below(file, one))
    if last and one.args and one.args[0].partition(":")[0] in ("root", "0") and one.stage == len(file.stages) - 1:
        message = "The container will run as root."
        yield Found("ends-as-root", message, "End with a user who may do less.", one.args[0])


def _signal(one: Instruction, _: Dockerfile) -> Iterator[Found]:
    if one.args and one.args[0].upper() in ("SIGKILL", "KILL", "9", "SIGSTOP", "STOP", "19"):
        message = f"No program can react to {one.args[0]}: nothing is finished or saved."
        yield Found(
            "signal-kills", message, "Leave it out, or name one that the program knows, such as SIGTERM.", one.args[0]
        )


CHECKS: dict[str, tuple[Check, ...]] = {
    "RUN": (_ends_with_step, _inside, _packages, _habits, _list_form),
    "CMD": (_overridden, _list_form, _stays),
    "ENTRYPOINT": (_overridden, _entrypoint, _list_form, _stays),
    "HEALTHCHECK": (_overridden, _list_form, _health),
    "USER": (_user,),
    "STOPSIGNAL": (_signal,),
}
