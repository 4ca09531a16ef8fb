"""The lesson and the README hold: what they tell you to type is typed here, in order, and what they show comes back."""

from __future__ import annotations

import contextlib
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import docker
import pytest
from docker.errors import APIError, ImageNotFound, NotFound
from invoke import Collection
from invoke.loader import FilesystemLoader
from invoke.parser import Parser
from invoke.program import Program

from tests import lesson_reader as reader
from tests.conftest import ROOT, copy_repository, give_environment
from workshop.engine import cleaning
from workshop.judging import web
from workshop.judging.running import until

IMAGE, CONTAINER = "banana-smith-image", "banana-smith-container"
LESSON, README = Path("docker-101", "README.md"), Path("README.md")
BEFORE, AFTER = LESSON.with_name("concepts.md"), LESSON.with_name("push.md")
TEXTS = (README, BEFORE, LESSON, AFTER)
GUIDE = Path("docs", "instructor.md")
BY_HAND = ("banana-hello", "banana-web", "banana-registry")
"""Containers that the texts give a name."""
REGISTRY = "registry:3"
COMMAND_WITHIN = 240
"""Seconds for one command; a verdict or the demo on a loaded machine takes some tens."""
PAGE_WITHIN = 20
"""Seconds until the browser must show the page."""
NEIGHBOUR = 'unable to find image "sha256:'
"""The last line of a classic build that was about to reuse a step that a neighbour on the same engine then removed."""
SECTIONS = (
    "Before you start",
    "Docker images",
    "Dockerfiles",
    "Docker build",
    "Dockerfile instructions breakdown",
    "Creating a new docker image",
    "Exercise",
    "What next",
)


@dataclass
class Learner:
    """Follows a text: writes its files, types its commands, looks at the page."""

    root: Path
    builder: str
    engine: docker.DockerClient
    salt: str
    """Goes into each page and stylesheet, so that no cache of an earlier run knows them."""
    at: Path = field(init=False)
    ids: dict[str, str] = field(default_factory=dict)
    """An id in the text -> the one that stood in its place on this machine."""
    images: set[str] = field(default_factory=set)
    """Every image that had the lesson's name."""

    def __post_init__(self) -> None:
        self.at = self.root

    def follow(self, markdown: Path) -> None:
        """Do all that the text says."""
        for block in reader.blocks(self.root / markdown):
            if block.settings.get("builder", self.builder) != self.builder:
                continue
            place = f"{markdown}:{block.line}"
            if block.title:
                self._write(block)
            elif "browser" in block.settings:
                self._browse(block, place)
            elif block.is_run:
                for command in block.commands():
                    self._type(command, f"{markdown}:{command.line}")

    def _write(self, block: reader.Block) -> None:
        salt = {"html": f"<!-- {self.salt} -->\n", "css": f"/* {self.salt} */\n"}.get(block.language, "")
        (self.at / block.title).write_text("\n".join(block.lines) + "\n" + salt, "utf-8")

    def _browse(self, block: reader.Block, place: str) -> None:
        ports = self.engine.containers.get(CONTAINER).attrs["NetworkSettings"]["Ports"]
        port = int(ports["80/tcp"][0]["HostPort"])

        # nginx names its container by the first 12 characters of the id
        wanted = [re.sub(r"\b[0-9a-f]{12}\b", lambda id_: self._id(id_[0])[:12], line) for line in block.lines]

        def seen() -> str | None:
            with contextlib.suppress(web.NoAnswer):
                body = web.get("127.0.0.1", port).text
                return body if all(line in body for line in wanted) else None
            return None

        assert until(seen, PAGE_WITHIN), f"{place}: the browser does not show {wanted}"

    def _type(self, command: reader.Command, place: str) -> None:
        words = [self._id(word) for word in command.words]
        if words[0] == "cd":
            self.at = (self.at / words[1]).resolve()
            assert self.at.is_dir(), place
            return
        code, came = self._run(words, command)
        while "docker build" in command.text and came and NEIGHBOUR in came[-1] and not command.fails:
            code, came = self._run(words, command)  # each time finds another image to build on, or none
        with contextlib.suppress(ImageNotFound):
            self.images.add(str(self.engine.images.get(IMAGE).id))
        whole = "\n".join(came)
        if not command.typed:  # a shell ends with the exit code of what was last typed
            assert (code != 0) == command.fails, f"{place}: `{command.text}` ended with {code}:\n{whole}"
        shown = command.shown
        if words[:2] == ["docker", "images"]:  # Docker 29 draws other columns: the names are what must be there
            rows = [f"{'…'.join(line.split()[:2])}…" for line in shown[1:] if line != "…"]
            shown = ["…", *(one for row in rows for one in (row, "…"))]
            came = [line.replace(":", " ") for line in came]
        elif words[:2] == ["docker", "ps"]:
            shown = [re.sub(r" {3,}", "…", line) for line in shown]
        wrong = reader.disagreement(shown, came)
        assert not wrong, f"{place}: `{command.text}`: {wrong}\n\nIt ended with:\n{whole[-3000:]}"
        for shape in (command.shown, shown):
            self.ids.update(reader.ids_learnt(shape, "\n".join(came).splitlines()))

    def _id(self, word: str) -> str:
        """Put this machine's id where the text has the first characters of its own."""
        if not re.fullmatch(r"[0-9a-f]{4,64}", word):
            return word
        return next((mine for theirs, mine in self.ids.items() if theirs.startswith(word)), word)

    def _run(self, words: list[str], command: reader.Command) -> tuple[int, list[str]]:
        if words[0] == "docker" and "-it" in words:
            words = ["-i" if word == "-it" else word for word in words]  # piped: there is no terminal here
        if words == ["./invoke", "test"]:
            words += ["--args=--collect-only --quiet"]  # the suite does not run inside itself
        if words[:2] == ["docker", "build"] and self.builder == "buildkit":
            return _on_a_terminal(words, self.at)
        done = subprocess.run(
            words,
            cwd=self.at,
            input="".join(f"{line}\n" for line in command.typed),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=COMMAND_WITHIN,
            check=False,
        )
        return done.returncode, done.stdout.splitlines()

    def clean_up(self) -> None:
        """Remove what was made by hand, and the images that lost their name to a later one."""
        remove_by_hand(self.engine)
        for one in self.images:
            with contextlib.suppress(APIError):
                if not self.engine.images.get(one).tags:
                    self.engine.images.remove(one)


def remove_by_hand(engine: docker.DockerClient) -> None:
    """Remove the containers and images to which the texts give a name."""
    for name in (CONTAINER, *BY_HAND):
        with contextlib.suppress(NotFound):
            engine.containers.get(name).remove(force=True, v=True)
    for image in engine.api.images():  # not engine.images, which asks about each: a neighbour may remove one meanwhile
        for name in image["RepoTags"] or []:
            if name.removeprefix("localhost:5001/").startswith(f"{IMAGE}:"):
                engine.images.remove(name)


def _on_a_terminal(words: list[str], folder: Path) -> tuple[int, list[str]]:
    """Run a build as on a terminal, where BuildKit redraws its list of steps, and give the screen as it stays."""
    import fcntl
    import pty
    import struct
    import termios

    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 140, 0, 0))  # rows, columns, and two unused
    with subprocess.Popen(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=its, stderr=its) as process:
        os.close(its)
        drawn = b""
        with contextlib.suppress(OSError):  # Linux ends a terminal with an error
            while chunk := os.read(ours, 65536):
                drawn += chunk
        code = process.wait(COMMAND_WITHIN)
    os.close(ours)
    screen = drawn.decode("utf-8", "replace").rpartition("\x1b[?25l[+] Building")
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", f"[+] Building{screen[2]}" if screen[1] else screen[2])
    return code, text.replace("\r", "").splitlines()


def _taken(engine: docker.DockerClient) -> str:
    with contextlib.suppress(NotFound):
        its = engine.containers.get(CONTAINER)
        return f"a container {CONTAINER} ({its.short_id}, {its.status})"
    with contextlib.suppress(ImageNotFound):
        return f"an image {IMAGE} ({engine.images.get(IMAGE).short_id})"
    return ""


@pytest.fixture
def learner(
    engine: docker.DockerClient, builder: str, strangers: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Learner]:
    """Give a learner in a copy of the repository; skip where the lesson's names belong to somebody."""
    if there := _taken(engine):
        if not os.environ.get("CI"):
            pytest.skip(f"there is {there}, not this test's. Remove it if it isn't needed: docker rm -f, docker rmi")
        remove_by_hand(engine)  # nobody works on CI's machine: an earlier run was killed and left it
    root = tmp_path / "a copy"
    copy_repository(root)
    give_environment(root)
    monkeypatch.setenv("PATH", f"{root / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONUTF8", "1")
    one = Learner(root, builder, engine, salt=f"{tmp_path} {os.getpid()}")
    yield one
    subprocess.run(["invoke", "cleanup", "--all", "--yes"], cwd=root, capture_output=True, check=False)
    one.clean_up()


@pytest.fixture
def registry_image(engine: docker.DockerClient, tmp_path: Path) -> Iterator[None]:
    """Let there be the registry's image: the real one where it is here, else one of this machine's own registry."""
    with contextlib.suppress(ImageNotFound):
        engine.images.get(REGISTRY)
        yield
        return
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("needs the image registry:3, or the package docker-registry")
    shutil.copy(program, tmp_path / "registry")
    settings = {"version": 0.1, "storage": {"inmemory": {}}, "http": {"addr": ":5000"}}
    (tmp_path / "settings.yml").write_text(json.dumps(settings))  # JSON is YAML
    start = 'CMD ["/registry", "serve", "/settings.yml"]'
    (tmp_path / "Dockerfile").write_text(f"FROM busybox\nCOPY registry settings.yml /\nEXPOSE 5000\n{start}\n")
    engine.images.build(path=str(tmp_path), tag=REGISTRY)
    yield
    engine.images.remove(REGISTRY, force=True)


on_a_terminal = pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of the Unix kind")


@on_a_terminal
def test_the_lesson_does_what_it_says(learner: Learner) -> None:
    learner.follow(LESSON)


@on_a_terminal
def test_the_basics_do_what_they_say(learner: Learner) -> None:
    learner.follow(BEFORE)


@on_a_terminal
def test_an_image_is_pushed_and_pulled_as_the_text_says(learner: Learner, registry_image: None) -> None:
    learner.follow(AFTER)


@on_a_terminal
@pytest.mark.parametrize("builder", ["classic"], indirect=True)  # the lesson has it all with the other one, too
def test_the_readme_does_what_it_says(learner: Learner) -> None:
    learner.follow(README)


def test_the_lesson_has_its_sections_in_order() -> None:
    text = (ROOT / LESSON).read_text("utf-8")
    assert tuple(re.findall(r"^## (.+)$", text, re.MULTILINE)) == SECTIONS


@pytest.mark.parametrize("markdown", [*TEXTS, GUIDE], ids=str)
def test_every_task_that_a_text_names_exists_with_its_flags(markdown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module, parent = FilesystemLoader(start=str(ROOT)).load("tasks")
    assert Path(parent) == ROOT
    tasks: Collection = module.ns
    texts = reader.tasks_named(ROOT / markdown)
    typed = [command for block in reader.blocks(ROOT / markdown) if block.is_run for command in block.commands()]
    named = texts + [(one.line, one.words[1:]) for one in typed if reader.TASK.match(one.text)]
    assert named
    for line, words in named:
        filled = [re.sub(r"\bexercise-N\b", "exercise-1", word) for word in words]
        monkeypatch.setattr(sys, "argv", ["invoke", *filled])  # whether a word follows, `explain` looks up there
        parser = Parser(initial=Program().initial_context, contexts=tasks.to_contexts())
        assert parser.parse_argv(filled), f"{markdown}:{line}: invoke {' '.join(words)}"


@pytest.mark.parametrize("markdown", TEXTS, ids=str)
def test_every_link_in_a_text_leads_somewhere(markdown: Path) -> None:
    text = (ROOT / markdown).read_text("utf-8")
    headings = {
        re.sub(r"[^a-z0-9 -]", "", one.lower()).replace(" ", "-") for one in re.findall(r"^#+ (.+)$", text, re.M)
    }
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("https://"):
            continue
        file, _, heading = target.partition("#")
        assert (ROOT / markdown.parent / file).exists(), target
        assert file or heading in headings, target


@pytest.mark.parametrize("markdown", TEXTS, ids=str)
def test_nothing_that_a_text_runs_needs_the_network_or_a_certain_shell(markdown: Path) -> None:
    for block in reader.blocks(ROOT / markdown):
        for command in block.commands() if block.is_run else ():
            assert not re.search(r"[|&;<>$`*'\\]", command.text), f"{markdown}:{command.line}: a shell's trick"
            if command.words[:2] in (["docker", "pull"], ["docker", "push"], ["docker", "login"]):
                assert command.words[-1].startswith("localhost:"), f"{markdown}:{command.line}"
            assert "prune" not in command.words


def _a_page(tmp_path: Path, text: str) -> Path:
    page = tmp_path / "page.md"
    page.write_text(text, "utf-8")
    return page


def test_the_reader_tells_commands_typing_and_output_apart(tmp_path: Path) -> None:
    page = _a_page(
        tmp_path,
        "```console fails\n$ docker ps\nCONTAINER ID\n$ docker run -it busybox sh\n/ # ls\nbin\n```\n"
        "```text\n$ not run\n```\n```console\n$ invoke build\n$ docker build .\n$ invoke run\n```\n"
        "```css title=a.css\nh1 {}\n```\n",
    )
    first, plain, tasks, css = reader.blocks(page)
    ps, run = first.commands()
    assert (ps.words, ps.shown, ps.fails) == (["docker", "ps"], ["CONTAINER ID"], False)
    assert (run.typed, run.shown, run.fails) == (["ls"], ["bin"], True)
    assert not plain.is_run
    assert [(one.text, one.shown) for one in tasks.commands()] == [
        ("invoke build", ["$ docker build ."]),
        ("invoke run", []),
    ]
    assert (css.title, css.lines) == ("a.css", ("h1 {}",))


@pytest.mark.parametrize(
    ("shown", "came"),
    [
        (["80/tcp -> 0.0.0.0:32768"], ["80/tcp -> 0.0.0.0:49153"]),
        (["a3b5dd4402d43   3 days ago   23.4MB"], ["0492ed823da5  About a minute ago  5MB"]),
        (["…", "last"], ["one", "two", "last"]),
        (["first", "…"], ["first"]),
        (["exec: …bash: not found"], ["exec: line 47: bash: not found"]),
    ],
)
def test_shapes_that_agree(shown: list[str], came: list[str]) -> None:
    assert not reader.disagreement(shown, came)


@pytest.mark.parametrize(
    ("shown", "came"),
    [
        (["two bananas"], ["one banana"]),
        (["one banana"], []),
        ([], ["one banana"]),
        (["first"], ["first", "second"]),
        (["first", "third"], ["first", "second", "third"]),
        (["…", "last"], ["last", "but one more"]),
        (["EXPOSE   0B"], ["EXPOSE   16B"]),
        (["COPY   16B"], ["COPY   0B"]),
        ([" => CACHED [2/4] RUN …"], [" => [2/4] RUN echo  0.1s"]),
        (["---> Using cache", "…"], ["---> 3b5dd4402d43"]),
    ],
)
def test_shapes_that_do_not(shown: list[str], came: list[str]) -> None:
    assert reader.disagreement(shown, came)


def test_the_picture_of_a_verdict_is_what_a_verdict_looks_like(engine: docker.DockerClient) -> None:
    pictures = runpy.run_path(str(ROOT / "docs" / "make_pictures.py"), run_name="pictures")
    shown = pictures["words"]((ROOT / "docs" / "verdict.svg").read_text("utf-8"))
    came = pictures["words"](pictures["picture"](pictures["verdict"]()))
    cleaning.settle()
    assert not reader.disagreement(shown, came), "make it again: python docs/make_pictures.py"
    assert any("exercises/exercise-1/Dockerfile:2" in line for line in came)


def test_the_picture_asks_no_server() -> None:
    drawn = (ROOT / "docs" / "verdict.svg").read_text("utf-8")
    assert re.findall(r"https?://[^\"' <]+", drawn) == ["http://www.w3.org/2000/svg", "https://www.textualize.io"]


def test_a_taken_name_is_refused_and_left_alone(
    engine: docker.DockerClient, wait_until: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = engine.containers.create("busybox", ["true"], name=f"test-lesson-{os.getpid()}")
    try:
        monkeypatch.setattr(f"{__name__}.CONTAINER", mine.name)
        assert str(mine.short_id) in _taken(engine)
    finally:
        mine.remove(force=True)
