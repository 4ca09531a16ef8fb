"""Exercise 4 is done when docker run -P is enough to see the page."""

import re
from typing import NoReturn

from workshop import Lab, NotYet, after
from workshop.judging import httpd, serving

STARTER = "exposed-port-is-closed"
LOOK = "docker exec look netstat -ltn"


def check_image_builds(lab: Lab) -> None:
    """Your Dockerfile builds."""
    try:
        lab.build()
    except NotYet as failure:
        where = lab.where("EXPOSE")
        if not where or not re.search(
            r"Invalid (hostPort|containerPort|proto)|No port specified", failure.finding.actual
        ):
            raise
        why = "EXPOSE takes ports of the container, to 65535, such as 5000 or 5000/tcp: no address, option or comma."
        hint = "leave only the number of the port that the server opens"
        if where.text.endswith("\\"):
            why = "The \\ at its end makes the next line a part of this one, and EXPOSE takes its words for ports, too."
            hint = "where should this instruction end?"
        lab.not_yet(
            "host-port-in-expose" if ":" in where.text else "expose-not-a-port",
            why,
            expected="an image",
            actual=failure.finding.actual,
            hint=hint,
            where=where,
        )


@after(check_image_builds)
def check_server_runs(lab: Lab) -> None:
    """The container runs, and a server in it listens."""
    opened = lab.running.opened()
    try:
        lab.running.must_stay_up()
    except NotYet as end:
        _ended(lab, end)
    if not opened and not _answers(lab):
        lab.not_yet(
            "no-server",
            "The container runs, but nothing in it listens on any port.",
            expected="a server that listens",
            actual="it runs: " + "; ".join(lab.running.processes()[:4]),
            hint="what does CMD start?",
            look=lab.while_running(LOOK),
            where=lab.where("CMD", "ENTRYPOINT"),
        )


@after(check_server_runs)
def check_exposed_port_is_the_open_one(lab: Lab) -> None:
    """EXPOSE names the port that the server opens."""
    exposed = lab.build().exposed
    where = lab.where("EXPOSE")
    mapping = where is not None and re.search(r"\d:\d", where.text)
    if {f"{one.port}/tcp" for one in lab.running.opened()} & set(exposed) or _answers(lab):
        if mapping:
            lab.note("EXPOSE takes the right number only; the left one does nothing: docker run chooses that port")
        return
    lab.running.must_stay_up()
    listeners = lab.running.listeners()
    seen = f"exposed: {', '.join(exposed) or 'nothing'}; the server listens on {_doors(lab)}"
    if any(f"{one.port}/udp" in exposed for one in listeners):
        lab.not_yet(
            "exposed-for-udp",
            "A port has a kind: web pages travel over TCP, and this one is exposed for UDP.",
            expected="the server's port among the exposed TCP ports",
            actual=seen,
            hint="what stands behind the number in EXPOSE?",
            look=f'docker image inspect -f "{{{{json .Config.ExposedPorts}}}}" {lab.image_name}',
            where=where,
        )
    if not exposed:
        _nowhere_exposed(lab, seen)
        lab.not_yet(
            "nothing-exposed",
            "docker run -P publishes the ports that the image exposes. This one exposes none, so no door is there.",
            expected="the server's port among the exposed ports",
            actual=seen,
            hint="which instruction notes a port in the image?",
            look=f'docker image inspect -f "{{{{json .Config.ExposedPorts}}}}" {lab.image_name}',
            where=where,
        )
    serving.command_as_meant(lab, expected="the same port in EXPOSE and at the server", seen=seen)
    serving.port_as_meant(lab, expected="the same port in EXPOSE and at the server", seen=seen)
    lab.not_yet(
        "host-port-in-expose" if mapping else "exposed-port-is-closed",
        "EXPOSE takes ports of the container only; the one on your machine is chosen by docker run, never in the image."
        if mapping
        else "EXPOSE opens nothing, it only notes a port. -P published that one, and the server opens another.",
        expected="the same port in EXPOSE and at the server",
        actual=seen,
        hint="which number does the server use?",
        look=lab.while_running(LOOK),
        where=where,
    )


@after(check_server_runs)
def check_others_may_knock(lab: Lab) -> None:
    """The server listens to more than the container itself."""
    if _answers(lab):
        serving.address_of_all(lab.running)
        return
    if all(one.loopback for one in lab.running.opened()):
        lab.running.must_stay_up()  # a container that has just ended listens nowhere
        lab.not_yet(
            "listens-on-loopback",
            "127.0.0.1 in a container means this container alone. What comes from outside arrives on its network card, "
            "and nobody listens there.",
            expected="a server that listens on all addresses",
            actual=f"a server that listens on {_doors(lab)} only",
            hint="what does the server do when it is told a port, and no address?",
            look=lab.while_running(LOOK),
            where=lab.where("CMD", "ENTRYPOINT", containing="127.0.0.1") or lab.where("CMD", "ENTRYPOINT"),
        )


@after(check_exposed_port_is_the_open_one, check_others_may_knock)
def check_page_is_served(lab: Lab) -> None:
    """A published port answers with the page, again and again."""
    lab.running.fetch("/")
    page = lab.running.fetch("/")
    pages = [path.read_bytes() for path in lab.folder.rglob("*.html") if path.is_file()]
    if page.status == 200 and not page.body.strip():
        lab.not_yet(
            "page-empty",
            "A published port answers, and there is nothing in the page that it gives.",
            expected="200, and www/index.html with something in it",
            actual="200, and 0 bytes",
            hint="is your index.html saved, and does anything write over it?",
            look=lab.inside("ls -lR /www"),
        )
    if page.status == 200 and page.body in pages:
        return
    is_page = page.status == 200 and page.content_type == "text/html" and b"<" in page.body
    if is_page and page.body != lab.file("/usr/share/nginx/html/index.html", "nginx:mainline-alpine"):
        lab.note("this page is not your index.html, letter by letter: the Dockerfile changes or writes it")
        return
    serving.page_is_there(lab.running, page)
    places = [place for body in pages for place in lab.build().where_is(body, "busybox")]
    lab.not_yet(
        "page-elsewhere" if places else "page-not-in-image",
        f"Somebody answers, without the page: it is in the image, at {places[0]}."
        if places
        else "Somebody answers, without the page: it is not in the image.",
        expected="200, and www/index.html",
        actual=f"{page.status}: {page.text.strip()[:120]}",
        hint="compare where COPY puts the page with the folder that the server is given",
        look=lab.inside("ls -R /www"),
        where=(lab.where("CMD", "ENTRYPOINT") if "/www/index.html" in places else None)
        or lab.where("COPY", "ADD")
        or lab.where("CMD", "ENTRYPOINT"),
    )


@after(check_page_is_served)
def check_stays_up(lab: Lab) -> None:
    """The container is still running."""
    # A server that is process 1 stays as long as the container; behind another program it must show it for a second.
    lab.running.must_stay_up(0 if 1 in lab.running.servers() else 1.2)


def _answers(lab: Lab) -> bool:
    """Whether a published port answers at all: then there is nothing to explain about doors."""
    try:
        lab.running.fetch("/")
    except NotYet:
        return False
    return True


def _nowhere_exposed(lab: Lab, seen: str) -> None:
    """Say why an EXPOSE that stands in the Dockerfile notes nothing in the image."""
    where = lab.where("EXPOSE")
    if where is None:
        return
    here = lab.dockerfile.in_stage(lab.dockerfile.final_stage)
    if not any(one.keyword == "EXPOSE" for one in here):
        reason, hint = "exposed-in-another-stage", "which stage becomes the image?"
        why = "EXPOSE stands in an earlier stage. Only the last stage becomes the image, and its notes are its own."
    else:
        reason, hint = "exposed-variable-empty", "where does the name behind the $ get its value?"
        why = "The name behind the $ has no value here, so this line exposes nothing. An ARG or ENV above it, in the "
        why += "same stage, gives one."
    lab.not_yet(
        reason,
        why,
        expected="the server's port among the exposed ports",
        actual=seen,
        hint=hint,
        look=f'docker image inspect -f "{{{{json .Config.ExposedPorts}}}}" {lab.image_name}',
        where=where,
    )


def _doors(lab: Lab) -> str:
    return ", ".join(f"{'127.0.0.1:' if one.loopback else ''}{one.port}" for one in lab.running.listeners())


def _ended(lab: Lab, end: NotYet) -> NoReturn:
    """Say what made httpd give up, where its words tell."""
    said = lab.running.last_words()
    where = lab.where("CMD", "ENTRYPOINT")
    look = f"docker run --rm {lab.image_name}"
    serving.command_as_meant(lab, expected="a server that runs", seen=end.finding.actual)
    serving.address_exists(lab, said)
    httpd.port_is_told(lab, expected="a server that runs", seen=said)
    if re.search(r"(bad address|directory to) ' ", said):
        lab.not_yet(
            "two-words-in-one",
            "In a list each word is an item of its own. Here an option and its value are one item, so httpd takes "
            "the blank for a part of the value.",
            expected="a server that runs",
            actual=said,
            hint="count the items of the list, and the words of the command",
            look=look,
            where=where,
        )
    if "'localhost" in said or (where and "::1" in where.text and "bind: " in said):
        lab.not_yet(
            "listens-on-loopback",
            "This is a name of 127.0.0.1, and that means the container alone; here httpd does not even take it.",
            expected="a server that listens on all addresses",
            actual=said,
            hint="what does the server do when it is told a port, and no address?",
            look=look,
            where=where,
        )
    if re.search(r"bad address|bind: ", said):
        lab.not_yet(
            "not-an-address",
            "httpd can't listen there: what follows -p must be a port, or an address of the container and a port. The "
            "port of your machine has no place in it.",
            expected="a server that runs",
            actual=said,
            hint="look at what stands behind -p, letter by letter",
            look=look,
            where=where,
        )
    serving.folder_is_there(lab, said)
    if file := re.search(r"directory to '([^']*)': Not a directory", said):
        brought = lab.where("COPY", "ADD", containing=f" {file[1]}")  # as the name of the copy, not of its folder
        lab.not_yet(
            "site-is-a-file",
            f"{file[1]} is a file in this image, and no folder; of a folder httpd gives out the index.html."
            + (" COPY makes a folder for one file only when the last word ends with a /." if brought else ""),
            expected="a server that runs",
            actual=said,
            hint="compare what stands behind -h with what COPY makes" if brought else "in which folder is the page?",
            look=lab.inside(f"ls -ld {file[1]}"),
            where=brought or where,
        )
    if "can't change directory" in said:
        lab.not_yet(
            "site-folder-missing",
            "The folder that the server should serve is not in the image.",
            expected="a server that runs",
            actual=said,
            hint="compare what stands behind -h with where COPY puts the page",
            look=lab.inside("ls /"),
            where=where,
        )
    raise end
