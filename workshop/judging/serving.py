"""Why a container's web server does not give out the page: read off its command, its address, and its files."""

from __future__ import annotations

import json
import posixpath
import re
from typing import TYPE_CHECKING

from . import pages, scripts
from .checking import NotYet
from .users import numbers

if TYPE_CHECKING:
    from .lab import Lab
    from .running import Running
    from .verdict import Where
    from .web import Response

PAGE = "www/index.html"
_VARIABLE = re.compile(r"\$\{?\w+\}?")
_ONE_ADDRESS = re.compile(r"(?<![\d.])(?!127\.|0\.0\.0\.0)\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
_QUOTED = re.compile(r"(?P<mark>[\"'])(?P<words>(?:(?!(?P=mark)).)*\s(?:(?!(?P=mark)).)*)(?P=mark)")
_LONG_DASH = re.compile(r"(?<!\S)[\u2010-\u2015\u2212](?=\w)")
"""Signs that look like the hyphen before an option, and are none (Unicode, general punctuation; the minus)."""
_OK, _MISSING = 200, 404
_PORT = re.compile(r"(?:[\d.]+:)?\d{2,5}")
_CLOCK = re.compile(r"(?:busybox )?(?:\S*/)?timeout (?:-\S+ (?:[A-Z]+ )?)*(?=\S*[1-9])[\d.]+[smhd]? (?P<rest>.+)")


def command_as_meant(lab: Lab, *, expected: str, seen: str) -> None:
    """Not there yet, where httpd's command reads well and means something else: once it is known not to serve."""
    config = lab.build().config
    start, words = list(config.get("Entrypoint") or []), list(config.get("Cmd") or [])
    line = [*start, *words]
    by_shell = posixpath.basename(line[0] if line else "") in scripts.SHELLS and line[1:2] == ["-c"]
    where, last = lab.where("CMD", "ENTRYPOINT"), lab.dockerfile.last("CMD")
    if start[1:2] == ["-c"] and "httpd" in start[-1] and any(word.startswith("-") for word in words):
        reason, where = "cmd-ignored", lab.where("ENTRYPOINT")
        why = "An ENTRYPOINT that is not a list runs through a shell, which ignores CMD: httpd never saw these options."
        hint = "write both as lists, or everything in one of them"
        seen += f"\nit ran: {start[-1]}"
    elif start and not by_shell and words[1:2] == ["-c"] and words[-1].startswith("-") and last and not last.json_form:
        reason, where = "cmd-not-a-list", lab.where("CMD")
        why = "CMD gives ENTRYPOINT its options. Without [ ] they do not arrive as words: CMD becomes /bin/sh, -c, and "
        why += "all of it as one more word."
        hint = "which form does ENTRYPOINT have, and which has CMD?"
        seen += f"\nit ran: {json.dumps(line)}"
    elif by_shell and line[2:3] == ["httpd"] and line[3:]:
        reason, hint = "words-behind-sh-c", "is a shell needed here at all?"
        why = "sh -c runs the one string behind it. The words that follow are no part of that, so httpd got no options."
        seen += f"\nit ran: {' '.join(line)}"
    elif by_shell and (
        quoted := re.fullmatch(r"\s*(?P<mark>[\"'])(?P<words>(?:(?!(?P=mark)).)*\s.*)(?P=mark)", line[-1])
    ):
        reason, hint = "quoted-as-one-word", "what do these quotes do in a shell?"
        why = "The quotes make one word of the whole command. The shell looks for a program with that long name: "
        why += f"“{quoted['words']}”."
    elif not by_shell and "httpd" in line and (variable := _VARIABLE.search(" ".join(line))):
        reason, hint = "variable-not-expanded", "who puts a value in the place of a name with a $, and is it here?"
        why = "The words of a list go to the program as they are, and no shell reads them. So httpd got the letters "
        why += f"{variable[0]}, and not a value."
    elif "httpd" in line and (odd := next((word for word in line if re.match(r"-\w=", word)), None)):
        reason, hint = "equals-in-option", "how does httpd --help write this option and its value?"
        why = f"httpd takes the = of “{odd}” for a part of the value: between an option of one letter and its value "
        why += "there is none."
    elif dash := _LONG_DASH.search(" ".join(line)):
        reason, hint = "dash-not-hyphen", "which key did this sign come from? A copied text may have others"
        why = f"The “{dash[0]}” before an option here is a long dash, as text programs write it. Options begin with "
        why += "the short one, the hyphen; to httpd all else is just a word."
    else:
        return
    look = lab.started_shown()
    lab.not_yet(reason, why, expected=expected, actual=seen, hint=hint, look=look, where=where)


def port_as_meant(lab: Lab, *, expected: str, seen: str) -> None:
    """Not there yet, where httpd was given a port without the option that makes it one."""
    words = " ".join(lab.build().command).split()
    if "httpd" not in words or _told_a_port(words):
        return
    stray = next((word for word in words if _PORT.fullmatch(word)), None)
    if stray:
        lab.not_yet(
            "port-without-option",
            f"No option stands before {stray}, so httpd does not know that it is a port. It took its own, which is 80.",
            expected=expected,
            actual=seen,
            hint="which option of httpd says that a port follows?",
            look="docker run --rm busybox httpd --help",
            where=lab.where("CMD", "ENTRYPOINT", containing=stray) or lab.where("CMD", "ENTRYPOINT"),
        )


def port_given(lab: Lab, *, expected: str, seen: str) -> None:
    """Not there yet, where httpd was told no port at all, in an exercise that asks for one."""
    words = " ".join(lab.build().command).split()
    if "httpd" in words and not _told_a_port(words):
        lab.not_yet(
            "port-not-given",
            "httpd was told no port, so it took its own, which is 80. EXPOSE only notes a number; the server opens it.",
            expected=expected,
            actual=seen,
            hint="which option of httpd says where it listens?",
            look="docker run --rm busybox httpd --help",
            where=lab.where("CMD", "ENTRYPOINT"),
        )


def _told_a_port(words: list[str]) -> bool:
    return any(re.match(r"-[fivu]*p", word) for word in words)


def address_of_all(running: Running) -> None:
    """Not there yet, where the server that answers listens on one address that its next container may not have."""
    here = [one for one in running.listeners() if one.port == running.port and not one.loopback]
    if not here or any(one.anywhere for one in here):
        return
    lab = running.lab
    if not _names_an_address(lab):  # it may have asked for its own: then another container gets it right, too
        try:
            lab.start(ports=[f"{running.port}/tcp"]).fetch("/")
        except NotYet:
            pass
        else:
            return
    _one_address(lab, "it listens on " + ", ".join(f"{one.address}:{one.port}" for one in here))


def address_exists(lab: Lab, said: str) -> None:
    """Not there yet, where a server could not listen on the one address that it was told."""
    if "bind: " in said and _names_an_address(lab):
        _one_address(lab, said)


def _names_an_address(lab: Lab) -> bool:
    config = lab.build().config
    return bool(_ONE_ADDRESS.search(json.dumps([config.get(key) for key in ("Entrypoint", "Cmd", "Env")])))


def _one_address(lab: Lab, seen: str) -> None:
    lab.not_yet(
        "listens-on-one-address",
        "Docker gives each container its address when it starts, and the next one may get another. A server that is "
        "told one address works by luck.",
        expected="a server that listens on all addresses",
        actual=seen,
        hint="what does the server do when it is told a port, and no address?",
        look=lab.inside("hostname -i"),
        where=lab.where("CMD", "ENTRYPOINT"),
    )


def no_clock(running: Running) -> None:
    """Not there yet, where timeout ends the server after a time: by itself, or from a process beside it."""
    processes = running.processes()
    for line in processes:
        clock = _CLOCK.fullmatch(line)
        if clock and (line == processes[0] or clock["rest"].endswith(processes[0])):
            lab = running.lab
            lab.not_yet(
                "ends-too-soon",
                "timeout ends the server when its time is over, whoever needs it then.",
                expected="a container that runs until its server ends",
                actual=f"one of its processes: {line}",
                hint="what does the container wait for: the server, or a clock?",
                look=lab.while_running("docker top look"),
                where=lab.where("CMD", "ENTRYPOINT", containing="timeout") or lab.where("CMD", "ENTRYPOINT"),
            )


def folder_is_there(lab: Lab, said: str) -> None:
    """Not there yet, with the cause where it is known, when httpd could not enter the folder that it was told."""
    if "can't change directory" not in said:
        return
    if "Permission denied" in said:
        named = re.search(r"directory to '([^']+)'", said)
        where = (lab.where("RUN", containing=named[1]) if named else None) or lab.where("USER")
        _not_readable(lab, said, "The folder is in the image, and the user that httpd runs as may not enter it.", where)
    _kept_out(lab, said)


def page_is_there(running: Running, page: Response) -> None:
    """Not there yet, with the cause where it is known, when a server answers with something else than the page."""
    from workshop.bases import BASE_IMAGES  # only failures pay for what it brings along

    lab, image = running.lab, running.image
    seen = f"{page.status}: {page.text.strip()[:120]}"
    base = next((one for one in BASE_IMAGES if image.is_on(one)), "busybox")
    bodies = {path.read_bytes() for path in lab.folder.rglob("*.html") if path.is_file()}
    if page.status == _OK and page.body and page.body not in bodies:
        written = [lab.maker(place, base) for place in image.where_is(page.body, base)]
        if writer := next((one for one in written if one and one.text.upper().startswith("RUN")), None):
            lab.not_yet(
                "page-overwritten",
                "This line writes a page of its own to where the server looks for yours.",
                expected=PAGE,
                actual=seen,
                hint="is this line needed at all?",
                look=lab.inside("ls -l /www"),
                where=writer,
            )
    places = [place for body in bodies for place in image.where_is(body, base)]
    if not places:
        _kept_out(lab, seen)
        return
    if page.status == _MISSING and not any(posixpath.basename(place) == "index.html" for place in places):
        lab.not_yet(
            "page-not-index",
            f"The page is in the image, at {places[0]}. Who asks for / gets the file index.html, and no other name.",
            expected="a page called index.html",
            actual=seen,
            hint="what is the page called in the folder, and what in the image?",
            look=lab.inside(f"ls {posixpath.dirname(places[0])}"),
            where=lab.bringer(places[0], base) or lab.where("COPY", "ADD"),
        )
    server, _ = numbers(running)
    for place in places:
        if "ermission denied" in running.exec("cat", place, user="" if server is None else str(server)).text:
            why = f"The page is in the image, at {place}, and the user that the server runs as may not read it."
            _not_readable(lab, f"{seen}\nthe server's user has the number {server}", why, lab.maker(place, base))


def _not_readable(lab: Lab, seen: str, why: str, where: Where | None) -> None:
    lab.not_yet(
        "page-not-readable",
        why,
        expected=PAGE,
        actual=seen,
        hint="who may read it? COPY keeps a file's permissions, and USER changes who asks",
        look=lab.inside("ls -la /www"),
        where=where,
    )


def _kept_out(lab: Lab, seen: str) -> None:
    """Say what kept the page out of the image: the .dockerignore, or that nobody brings it."""
    if (lab.folder / PAGE).is_file():
        pages.must_get_in(lab, PAGE, expected=PAGE, seen=seen, look=lab.inside("ls -R /www"))
    stage = lab.dockerfile.final_stage
    if not any(one.keyword in ("COPY", "ADD") for one in lab.dockerfile.in_stage(stage)):
        lab.not_yet(
            "nothing-copied",
            "The page is in your folder, and not in the image: no line of the Dockerfile brings it there."
            if len(lab.dockerfile.stages) < 2  # noqa: PLR2004 - a single stage
            else "The page is not in the image: no line of the last stage brings it there, and only that one counts.",
            expected=PAGE,
            actual=seen,
            hint="which instruction takes files from your folder into the image?",
            look=lab.inside("ls /"),
            where=lab.where("FROM"),
        )
