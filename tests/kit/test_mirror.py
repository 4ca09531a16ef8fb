"""`invoke mirror` serves the room, for reading only, and leaves nothing, however it ends."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.kit.conftest import ADDRESS, Cut
from tests.kit.making import Tiny, write
from workshop import bases, lan, places
from workshop.classroom import mirror, registries
from workshop.engine import images
from workshop.judging.running import until
from workshop.names import whole
from workshop.supplies import bundle
from workshop.trouble import MachineTrouble, Usage

PORT = 5087
"""Nobody else is behind the cut, so any will do."""
NGINX = "nginx:mainline-alpine"
WITHIN = 90
"""Seconds for it to be ready, or to end, on a loaded machine."""

needs_program = pytest.mark.skipif(not shutil.which(registries.PROGRAM), reason="needs the package docker-registry")


class Serving:
    """A mirror in a process of its own, and what it says."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.said += line

    def says(self, words: str) -> None:
        """Wait until it says that."""
        assert until(lambda: words in self.said or self.process.poll() is not None or None, WITHIN), self.said
        assert words in self.said

    def ends(self, how: signal.Signals) -> int:
        """End it that way; give its exit code."""
        self.process.send_signal(how)
        code = self.process.wait(WITHIN)
        self._reader.join(WITHIN)
        return code


@contextmanager
def serving(cut: Cut, *words: str | Path, **more: str) -> Iterator[Serving]:
    """Run a mirror behind the cut, until the block's end."""
    program = Path(sys.executable).with_name("invoke")
    process = subprocess.Popen(
        cut.words(sys.executable, program, "--search-root", places.ROOT, "mirror", "--port", str(PORT), *words),
        cwd=places.ROOT,
        env=cut.environment(**more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        one = Serving(process)
        one.says("Ctrl-C ends it.")
        yield one
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def registry_processes() -> str:
    words = ["pgrep", "-af", f"{registries.PROGRAM} serve {mirror.HOME}"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def nothing_is_left(cut: Cut) -> None:
    assert registry_processes() == ""
    assert not [home for home in mirror.HOME.glob("*") if home.name.isdigit()]
    assert cut.docker("ps", "-aq") == ""
    listening = subprocess.run(cut.words("ss", "-Hltn"), capture_output=True, text=True, check=True).stdout
    assert f":{PORT} " not in listening


def answer_to_writing(cut: Cut) -> str:
    """Begin to push, as anybody in the room could; give the status that comes back."""
    script = (
        f"import http.client; asking = http.client.HTTPConnection('127.0.0.1', {PORT}); "
        "asking.request('POST', '/v2/library/busybox/blobs/uploads/'); print(asking.getresponse().status)"
    )
    done = subprocess.run(cut.words(sys.executable, "-c", script), capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def main_engine() -> dict[str, str]:
    """Let a task have the images of this machine's own engine."""
    return {"DOCKER_HOST": os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")}


@needs_program
def test_a_learner_pulls_what_the_instructor_serves(cut: Cut, main_engine: dict[str, str]) -> None:
    mine = {one.name: one for one in bases.status()}
    with serving(cut, **main_engine) as server:
        told = re.search(r"invoke pull (--mirror \S+)", server.said)
        assert told
        assert told[1] == f"--mirror {ADDRESS}:{PORT}"
        assert ("is a stand-in made on this machine" in server.said) == any(one.is_standin for one in mine.values())
        done = cut.invoke("pull", *told[1].split())
        assert done.returncode == 0, done.stdout + done.stderr
        assert "has no encryption" in done.stdout
        assert cut.images() == {whole(name): one.image_id for name, one in mine.items()}
        cut.clear()
        straight = cut.invoke("pull", "--mirror", f"127.0.0.1:{PORT}")  # which engines trust
        assert "has no encryption" not in straight.stdout
        assert cut.images() == {whole(name): one.image_id for name, one in mine.items()}
        assert answer_to_writing(cut) == "405", "nobody may put anything into it"
        assert server.ends(signal.SIGINT) == 130
        assert "closed   nothing of it is left" in server.said
    nothing_is_left(cut)
    assert not [tag for tag in images.tags() if f":{PORT}/" in tag], "no tag is left"


@needs_program
def test_a_packed_file_is_served_for_all_its_platforms(cut: Cut, tmp_path: Path) -> None:
    kinds = ("arm64", "amd64")
    file = write(
        tmp_path / "two.tar",
        [Tiny(name, kind, packed=kind == "arm64") for kind in kinds for name in ("busybox", NGINX)],
    )
    with serving(cut, "--file", file):
        packed = cut.invoke("pack", tmp_path / "both.tar", "--platform", "amd64,arm64", "--mirror", f"{ADDRESS}:{PORT}")
        assert packed.returncode == 0, packed.stdout + packed.stderr
        with bundle.opened(tmp_path / "both.tar") as opened:
            assert {(one.name, str(one.platform), one.id) for one in opened.images} == {
                (name, f"linux/{kind}", Tiny(name, kind).id) for kind in kinds for name in ("busybox", NGINX)
            }
            digests = {one.name: one.digest for one in opened.images}
            assert all(digest.startswith("sha256:") for digest in digests.values())
        assert cut.images() == {}
        assert cut.invoke("pull", "--mirror", f"127.0.0.1:{PORT}").returncode == 0
        assert cut.images()["busybox:latest"] == Tiny("busybox").id
        cut.docker("pull", f"127.0.0.1:{PORT}/library/busybox")
        assert digests["busybox"] in cut.invoke("pack", tmp_path / "mine.tar").stdout, (
            "the one that the engine was told"
        )
        lacks = cut.invoke("pack", tmp_path / "x.tar", "--platform", "s390x", "--mirror", f"127.0.0.1:{PORT}")
        assert lacks.returncode == 3
        assert "it has none for linux/s390x" in lacks.stderr


@needs_program
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_however_it_ends_nothing_is_left(cut: Cut, tmp_path: Path, ending: signal.Signals) -> None:
    file = write(tmp_path / "both.tar", [Tiny("busybox"), Tiny(NGINX)])
    with serving(cut, "--file", file) as server:
        assert registry_processes()
        server.ends(ending)
        if ending is signal.SIGKILL:
            assert until(lambda: not registry_processes() or None, WITHIN), "the kernel ends it with its starter"
            with serving(cut, "--file", file) as another:
                assert {home.name for home in mirror.HOME.glob("*")} == {str(another.process.pid)}
                another.ends(signal.SIGTERM)
    nothing_is_left(cut)


def test_a_port_that_is_taken_is_named_with_another(cut: Cut, tmp_path: Path) -> None:
    file = write(tmp_path / "both.tar", [Tiny("busybox"), Tiny(NGINX)])
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        assert not lan.is_free(port)
        with pytest.raises(MachineTrouble, match=f"Another program listens on port {port}.") as trouble:
            mirror.serve(mirror.order(port, str(file)), pytest.fail)
    assert re.fullmatch(r"invoke mirror --port \d+", trouble.value.fix[0])


def test_without_a_registry_program_it_says_what_to_install(cut: Cut, tmp_path: Path) -> None:
    file = write(tmp_path / "both.tar", [Tiny("busybox"), Tiny(NGINX)])
    done = cut.invoke("mirror", "--file", file, PATH=without_program(tmp_path))
    assert done.returncode == 3
    assert "There is no registry program on this machine." in done.stderr
    assert f"apt-get install {registries.PROGRAM}" in done.stderr
    nothing_is_left(cut)


def without_program(folder: Path) -> str:
    """Give a PATH with all that is needed, and no docker-registry."""
    tools = folder / "tools"
    tools.mkdir()
    for name in ("docker", "nsenter"):
        (tools / name).symlink_to(shutil.which(name) or name)
    return str(tools)


@needs_program
def test_the_image_serves_where_the_program_is_not_installed(cut: Cut, tmp_path: Path) -> None:
    """An image such as distribution's own: the program is on its PATH, and called registry."""
    base, file = tmp_path / "base.tar", write(tmp_path / "both.tar", [Tiny("busybox"), Tiny(NGINX)])
    subprocess.run(["docker", "save", "-o", base, "busybox"], check=True)
    cut.docker("load", "-i", base)
    shutil.copy(shutil.which(registries.PROGRAM) or "", tmp_path / "registry")
    (tmp_path / "Dockerfile").write_text("FROM busybox\nCOPY registry /bin/registry\nVOLUME /var/lib/registry\n")
    (tmp_path / ".dockerignore").write_text("*.tar\ntools\n")
    cut.docker("build", "-q", "-t", "registry:2", tmp_path)
    path = without_program(tmp_path)
    with serving(cut, "--file", file, PATH=path) as server:
        assert "by the image registry:2" in server.said
        done = cut.invoke("pull", "--mirror", f"127.0.0.1:{PORT}")
        assert done.returncode == 0, done.stdout + done.stderr
        assert server.ends(signal.SIGINT) == 130
    nothing_is_left(cut)
    assert cut.images().keys() == {"busybox:latest", f"{NGINX}", "registry:2"}
    with serving(cut, "--file", file, PATH=path) as server:
        server.ends(signal.SIGKILL)
        assert cut.docker("ps", "-q"), "nobody was there to end it"
        with serving(cut, "--file", file, PATH=path) as another:
            assert another.ends(signal.SIGTERM) == 143
    nothing_is_left(cut)
    assert cut.docker("volume", "ls", "-q") == ""


@pytest.mark.parametrize(
    ("port", "file", "says"),
    [(0, None, "no port 0"), (70000, None, "no port 70000"), (5001, "no/such.tar", "There is no file no/such.tar")],
)
def test_wrong_words_are_answered_at_once(port: int, file: str | None, says: str) -> None:
    with pytest.raises(Usage, match=says):
        mirror.order(port, file)
