"""Exercise 5 is done when a container of yours serves its page, and lives exactly as long as its server."""

import functools
import re
from contextlib import suppress

from workshop import Lab, NotYet, Response, after
from workshop.judging import httpd, serving
from workshop.judging.running import Running

PORT = 8080
BASE = "busybox"
BUILDS_WITHIN = 20
"""Seconds for a build that copies one page."""
ENDS_WITHIN = 3
"""Seconds a container may outlive its server: a loop that looks once a second is in time."""
SHELLS = {"sh", "/bin/sh", "ash", "/bin/ash"}
NOT_A_START = {
    "ENV": "ENV sets a variable, whatever its name is; nobody runs what it says.",
    "HEALTHCHECK": "HEALTHCHECK asks a running container how it is, and does not say what it runs.",
    "ONBUILD": "ONBUILD keeps an instruction for other images, built FROM this one.",
}
"""Instructions that don't say what a container starts, though a server may stand in them."""
STARTER = "server-in-run"


def check_image_builds(lab: Lab) -> None:
    """Your Dockerfile builds, and the build comes to an end."""
    lab.build(within=BUILDS_WITHIN)


@after(check_image_builds)
def check_stays_awake(lab: Lab) -> None:
    """The container stays up after its start."""
    first_answer(lab)
    _must_be_up(lab)


@after(check_stays_awake)
def check_page_answers(lab: Lab) -> None:
    """Your page comes out of the container's port 8080."""
    first = first_answer(lab)
    if isinstance(first, NotYet):
        _must_be_up(lab)
        listeners = container(lab).listeners()
        if not listeners:
            _no_server(lab)
        if not any(one.port == PORT for one in listeners):
            _another_port(lab, ", ".join(sorted({str(one.port) for one in listeners})))
        raise first
    try:
        page = container(lab).fetch("/")  # once more: a server does not stop at one answer
    except NotYet:
        _must_be_up(lab)
        raise
    serving.address_of_all(container(lab))
    if page.status != 200:
        _no_page(lab, page)
    pages = [file.read_bytes() for file in lab.folder.rglob("*.html")]
    if pages and page.body not in pages and not _is_like(page.body, pages):
        serving.page_is_there(container(lab), page)
        lab.not_yet(
            "another-page",
            "A web server answers, with another page than the one in your folder.",
            expected="www/index.html",
            actual=page.text[:200],
            hint="which server is it, and which folder does it serve?",
            look=f'docker image inspect -f "{{{{json .Config.Cmd}}}}" {lab.image_name}',
            where=lab.where("CMD", "ENTRYPOINT") or lab.where("FROM"),
        )


@after(check_page_answers)
def check_ends_with_its_server(lab: Lab) -> None:
    """The container ends when its server ends."""
    serving.no_clock(container(lab))
    if len(container(lab).processes()) == 1:
        return  # the only process is the server: it has just answered
    twin = start(lab)  # younger than the first one, which shows that a clock does not end it
    with suppress(NotYet):
        twin.fetch("/")
    # Whoever listens elsewhere is not the page's server, not even as process 1.
    servers = twin.servers(PORT)
    if 1 in servers:
        return
    # Nobody may look into a server that changed its user: then each httpd may be the one, process 1 too.
    perhaps = [] if servers else [int(number) for number in twin.exec("pidof", "httpd").stdout.split()]
    servers += [one for one in perhaps if one != 1]
    if 1 in perhaps and not servers:
        return
    killed = [twin.exec("kill", "-9", str(server), user="0").code for server in servers]
    if not any(code == 0 for code in killed):
        return  # nothing here to kill it with, so nothing was shown
    if twin.container.wait(ENDS_WITHIN) is None:
        if 1 in perhaps and _answers(twin):
            return
        left = twin.processes()
        lab.not_yet(
            "container-outlives-server",
            "The server was killed, and something in the container started another one. That hides each crash from "
            "Docker, whose task it is to start things again."
            if _answers(twin)
            else "The server was killed, and the container ran on: its first process is something else, and does not "
            "end with it. Docker sees a healthy container where nobody serves.",
            expected="a container that ends with its server",
            actual=f"still running {ENDS_WITHIN} seconds later:\n" + "\n".join(left[:6]),
            hint="let the server itself be what the container waits for",
            look=lab.while_running("docker top look"),
            where=lab.where("CMD", "ENTRYPOINT"),
        )
    if not container(lab).is_up():
        lab.not_yet(
            "ends-too-soon",
            "The container was up for a moment, and ended with nobody touching it.",
            expected="a container that runs until its server ends",
            actual=f"ended by itself; its command: {' '.join(lab.build().command)}",
            hint="what does the container wait for: the server, or a clock?",
            look=lab.while_running("docker ps -a --filter name=look"),
            where=lab.where("CMD", "ENTRYPOINT"),
        )
    lab.note("the server is not process 1 here, so docker stop does not reach it: exercise-13 is about that")


def start(lab: Lab) -> Running:
    """Start a container, and publish the port that the task names, whatever the image exposes."""
    return lab.start(ports=[f"{PORT}/tcp"])


def container(lab: Lab) -> Running:
    """Give the container that the checks share."""
    return lab.once(start)


@functools.lru_cache(maxsize=1)
def first_answer(lab: Lab) -> Response | NotYet:
    """Ask for the page once, and keep what came: waiting for nobody takes seconds."""
    try:
        return container(lab).fetch("/")
    except NotYet as nobody:
        # The process that sent the server to the background takes a moment to end.
        container(lab).container.wait(0.5)
        return nobody


def _answers(running: Running) -> bool:
    try:
        running.fetch("/")
    except NotYet:
        return False
    return True


def _must_be_up(lab: Lab) -> None:
    """Say why the container has ended, where it has."""
    try:
        container(lab).must_stay_up()
    except NotYet as ended:
        found = ended.finding
    else:
        return
    serving.command_as_meant(lab, expected=found.expected, seen=found.actual)
    serving.address_exists(lab, found.actual)
    serving.folder_is_there(lab, found.actual)
    if int(container(lab).container.state()["ExitCode"]) == 0:
        _ended_well(lab, found.actual)
    httpd.gave_up(lab, expected=found.expected, seen=found.actual)
    container(lab).must_stay_up()


def _ended_well(lab: Lab, seen: str) -> None:
    """Say why a container ended with exit code 0, where that is known."""
    config = lab.build().config
    start, words = list(config.get("Entrypoint") or []), list(config.get("Cmd") or [])
    typed = " ".join([*start, *words])
    scripts = b"\n".join(lab.file(word) or b"" for word in [*start, *words] if word.startswith("/"))
    everything = typed + "\n" + scripts.decode("utf-8", "replace") if len(scripts) < 10_000 else typed
    where = lab.where("CMD", "ENTRYPOINT")
    expected = "a container that is still running"
    look = lab.started_shown()
    if "httpd" in everything:
        sent = re.search(r"httpd\b.* -\w*f.*[^&]&\s*(?:$|[^&])", everything)
        lab.not_yet(
            "server-in-background",
            "The & sends httpd to the background, so the shell that started it has nothing left to do, and ends. A "
            "container ends with its first process, and takes everything else along."
            if sent
            else "httpd started, went to the background, and the process that had started it ended. A container ends "
            "with its first process, and takes everything else along.",
            expected=expected,
            actual=f"{seen}\nit ran: {typed}",
            hint="keep the server in the foreground",
            look=look if sent else f"docker run --rm {BASE} httpd --help",
            where=where,
        )
    served_in_run = lab.where("RUN", containing="httpd")
    if [*start, *words] and not where and served_in_run:
        lab.not_yet(
            "server-in-run",
            "RUN starts the server while the image is made; it is gone when that step ends. The container still runs "
            f"what {BASE} brings, a shell, and a shell with no input ends at once.",
            expected=expected,
            actual=f"{seen}\nit ran: {typed}",
            hint="RUN is for the build; which instruction says what the container starts?",
            look=look,
            where=served_in_run,
        )
    elsewhere = next(filter(None, (lab.where(word, containing="httpd") for word in NOT_A_START)), None)
    if not where and elsewhere:
        lab.not_yet(
            "never-started",
            NOT_A_START[elsewhere.text.split()[0].upper()] + " The container starts what its base image brings.",
            expected="a container that starts the server",
            actual=f"{seen}\nit ran: {typed}",
            hint="which instruction says what the container starts?",
            look=look,
            where=elsewhere,
        )
    final = lab.dockerfile.stages[-1]
    earlier = [one for one in lab.dockerfile.all("CMD", "ENTRYPOINT") if "httpd" in one.text]
    if earlier and earlier[-1].stage != final.index:
        lab.not_yet(
            "begun-anew",
            "The server's command stands in another stage. Each FROM begins a new image, with its base's settings.",
            expected="a container that starts the server",
            actual=f"{seen}\nit ran: {typed}",
            hint="is the FROM below it needed? If so, what does its image need again?",
            look=look,
            where=lab.line(final.instruction.first_line),
        )
    if earlier or {*start[-1:], *words[-1:]} & SHELLS:
        lab.not_yet(
            "later-cmd-wins" if earlier else "starts-a-shell",
            "Only the last CMD counts, and it starts something else than the server."
            if earlier
            else "The container starts a shell. A shell with no input and no terminal has nothing to do, and ends.",
            expected="a container that starts the server",
            actual=f"{seen}\nit ran: {typed}",
            hint="the container must start the server itself",
            look=look,
            where=where or lab.where("FROM"),
        )


def _no_server(lab: Lab) -> None:
    lab.not_yet(
        "no-server",
        "The container is awake, but no server runs in it: what RUN starts during the build is gone when its step ends."
        if lab.where("RUN", containing="httpd")
        else "The container is awake, but nothing in it listens on any port.",
        expected="a web server among the container's processes",
        actual="\n".join(container(lab).processes()) or "no processes",
        hint="what should the container run, and what keeps it up now?",
        look=lab.while_running("docker top look"),
        where=lab.where("CMD", "ENTRYPOINT"),
    )


def _another_port(lab: Lab, seen: str) -> None:
    expected, seen = f"a server that listens on port {PORT}", f"a server on port {seen}"
    serving.command_as_meant(lab, expected=expected, seen=seen)
    serving.port_as_meant(lab, expected=expected, seen=seen)
    serving.port_given(lab, expected=expected, seen=seen)
    lab.not_yet(
        "nobody-listens-there",
        f"A server runs, and nobody listens on port {PORT}. EXPOSE only notes a number; the server opens the port.",
        expected=expected,
        actual=seen,
        hint="who tells this server its port: its command, or a file with its settings?",
        look=lab.while_running("docker exec look netstat -ltn"),
        where=lab.where("CMD", "ENTRYPOINT") or lab.where("FROM"),
    )


def _no_page(lab: Lab, page: Response) -> None:
    serving.page_is_there(container(lab), page)
    file = lab.folder / "www" / "index.html"
    places = lab.build().where_is(file.read_bytes(), BASE) if file.is_file() else []
    lab.not_yet(
        "no-page",
        f"The server runs, but not for the folder with your page. The page is in the image at {places[0]}."
        if places
        else "The server runs, but the image does not have your page.",
        expected="your page, with status 200",
        actual=f"status {page.status}; the server: {container(lab).process_one()}",
        hint="which folder is the server told to serve?" if places else "which instruction brings your page along?",
        look=lab.inside("ls / /www"),
        where=lab.where("CMD", "ENTRYPOINT") if places else lab.where("COPY", "ADD"),
    )


def _is_like(body: bytes, pages: list[bytes]) -> bool:
    """Whether most lines of one of the pages are in `body`: the Dockerfile may have changed a word."""
    lines = set(body.splitlines())
    return any(sum(line in lines for line in page.splitlines()) * 2 > len(page.splitlines()) for page in pages)
