"""Podman in Docker's place: the rows of the README's table of engines, on a Podman of the test's own."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests import conftest
from tests.conftest import ROOT, Checkout
from workshop import bases, exercises
from workshop.engine import endpoint
from workshop.judging.running import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Podman is tried on Linux, as Debian packages it")

UP_WITHIN = 30
"""Seconds until Podman answers; it needs a tenth of one."""
NGINX = bases.BASE_IMAGES[0]


@pytest.fixture(scope="module")
def podman(engine: docker.DockerClient) -> Iterator[str]:
    """Give the address of a Podman that has the base images, and everything else in a folder that goes again."""
    program = shutil.which("podman")
    if program is None or os.geteuid() != 0:
        said = "this needs Podman (apt-get install podman), and root"
        if os.environ.get("CI"):
            pytest.fail(said, pytrace=False)
        pytest.skip(said)
    folder = Path(tempfile.mkdtemp(prefix="d101-podman-"))  # short: a socket's path has 108 bytes at most
    address = f"unix://{folder}/podman.sock"
    # Podman wants a million open files for each container, more than it may have itself where it is in one.
    most = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 1024)
    (folder / "containers.conf").write_text(
        f'[containers]\ndefault_ulimits = ["nofile={most}:{most}", "nproc=4096:4096"]\n'
    )
    places = [f"--{name}={folder}/{name}" for name in ("root", "runroot", "tmpdir", "network-config-dir")]
    service = subprocess.Popen(
        [program, *places, "--cgroup-manager=cgroupfs", "system", "service", "--time=0", address],
        env={**os.environ, "CONTAINERS_CONF": str(folder / "containers.conf")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert until(lambda: endpoint.ping(address) or None, UP_WITHIN), "Podman does not answer"
        archive = folder / "base-images.tar"
        subprocess.run(["docker", "save", "-o", archive, *bases.BASE_IMAGES], check=True)
        docker_of(address, "load", "-i", str(archive))
        yield address
        for container in docker_of(address, "ps", "-aq").split():
            docker_of(address, "rm", "-f", container)
    finally:
        service.terminate()
        service.wait(UP_WITHIN)
        # What was run in a container by exec is looked after for five minutes more.
        for seen in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if f"{folder}/".encode() in seen.read_bytes():
                    os.kill(int(seen.parent.name), signal.SIGKILL)
        mounted = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        for place in sorted((one for one in mounted if one.startswith(f"{folder}/")), key=len, reverse=True):
            subprocess.run(["umount", place], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def docker_of(address: str, *words: str) -> str:
    """Run a `docker` command, which must succeed, on the engine at this address."""
    done = subprocess.run(["docker", "-H", address, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def learner(podman: str, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Give a copy of the repository whose engine is Podman; the builder is the one of a plain `docker build`."""
    root = tmp_path_factory.mktemp("learner") / "docker-101"
    conftest.copy_repository(root)
    return Checkout(root, {"DOCKER_HOST": podman, "DOCKER_BUILDKIT": "0"})


def test_the_lesson_goes_from_setup_to_cleanup(learner: Checkout, podman: str) -> None:
    """Every step of the lesson works, and the names are those that one types, not Podman's long ones."""
    ready = said(learner, "setup")
    assert "Podman" in ready
    assert ready.endswith("\nReady. Next: ./invoke lesson, or read docker-101/README.md.\n")
    listed = said(learner, "images")
    assert NGINX in listed
    assert "localhost/" not in listed
    (learner.root / "docker-101" / "Dockerfile").write_text(f"FROM {NGINX}\nCOPY . /usr/share/nginx/html\n")
    built = said(learner, "build")
    assert f"of them {NGINX}'s" in built
    assert "port 80 answers at" in said(learner, "run")
    address = said(learner, "port").strip()
    page = (ROOT / "docker-101" / "index.html").read_bytes()
    with urllib.request.urlopen(f"http://{address}/index.html", timeout=10) as answer:
        assert answer.read() == page
    assert "GET /index.html" in said(learner, "logs")
    assert f"came with {NGINX}" in said(learner, "layers")
    assert "COPY" in said(learner, "explain")
    shown = learner.invoke("shell", typed="ls /usr/share/nginx/html\n")
    assert "index.html" in shown.stdout
    assert "no longer runs" in said(learner, "stop")
    said(learner, "cleanup", "--all", "--yes")
    assert docker_of(podman, "ps", "-aq") == ""
    assert "banana" not in docker_of(podman, "images")


def said(learner: Checkout, *words: str) -> str:
    """Run a task that must succeed, and give what it printed."""
    done = learner.invoke(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("number", [1, 11, 13])
def test_the_model_answer_passes(learner: Checkout, number: int) -> None:
    """A page, stages and their layers, and a health check that Podman may have nobody to run."""
    exercise = f"exercise-{number}"
    done = learner.invoke("verify", exercise, "--json", "--path", f"solutions/{exercise}")
    assert json.loads(done.stdout)["outcome"] == "passed", done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("exercise-3/starter", "copy-outside-folder"),  # Podman's builder has words of its own for that
        ("exercise-4/wrong/nothing-exposed", "nothing-exposed"),
        ("exercise-13/wrong/signal-nobody-handles", "signal-nobody-handles"),
    ],
)
def test_a_wrong_answer_fails_for_its_reason(learner: Checkout, answer: str, reason: str) -> None:
    """The diagnosis is the one that it has on Docker."""
    exercise = exercises.find(answer.partition("/")[0])
    with exercise.context_of(ROOT / "solutions" / answer) as folder:
        done = learner.invoke("verify", exercise.name, "--json", "--path", str(folder))
    failed = [check["reason"] for check in json.loads(done.stdout)["checks"] if check["outcome"] == "failed"]
    assert (done.returncode, failed[:1]) == (1, [reason]), done.stdout


def test_what_cannot_work_there_says_so(
    learner: Checkout, podman: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Grading strangers and BuildKit are refused, as the machine's fault and not the answer's."""
    (tmp_path / "class" / "ada").mkdir(parents=True)
    done = learner.invoke("grade", str(tmp_path / "class"))
    assert done.returncode == 3
    assert "grading needs Docker Engine" in done.stdout + done.stderr
    conftest.use_builder("buildkit", monkeypatch, tmp_path)
    asked = Checkout(learner.root, {"DOCKER_HOST": podman, "DOCKER_BUILDKIT": "1"})
    done = asked.invoke("verify", "exercise-1", "--json")
    assert done.returncode == 3, done.stdout
    assert json.loads(done.stdout)["outcome"] == "broken"
    assert "has no BuildKit" in done.stdout
    assert "the engine is Podman, which has none" in asked.invoke("doctor").stdout
