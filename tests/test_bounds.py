"""What a stranger's Dockerfile tries on the machine that grades it: bounded, explained, and nobody else's trouble."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docker
import pytest

from workshop import exercises, places
from workshop.dockerfile import parse
from workshop.engine import cleaning, cli, containers, guard, networks
from workshop.engine.containers import Container, Plan
from workshop.engine.limits import MEGA, Limits
from workshop.judging import admission, checking
from workshop.judging.running import until
from workshop.judging.verdict import Outcome, Verdict

from .conftest import use_builder

FIRST = exercises.find("exercise-1")
ON = "FROM nginx:mainline-alpine\n"
PAGES = "COPY index.html style.css /usr/share/nginx/html/\n"
FORKS = "b() { b | b & }; b; sleep 1; exit 1"
JOBS = 4
FILLS = "i=0; while :; do i=$((i+1)); dd if=/dev/zero of=/f$i bs=1M count=20; done"


@pytest.fixture(scope="module")
def limits(engine: docker.DockerClient) -> Iterator[Limits]:
    """Give small limits, and a network as for grading."""
    network = networks.make(places.ROOT)
    yield Limits(memory=64 * MEGA, processes=64, disk=60 * MEGA, printed=4 * MEGA, network=network)
    cleaning.settle()
    assert networks.remove(network), "something is still on it"


def _judged(folder: Path, dockerfile: str, limits: Limits) -> Verdict:
    shutil.copytree(FIRST.starter, folder)
    (folder / "Dockerfile").write_text(dockerfile)
    return checking.judge(FIRST, folder, limits=limits)


def _model(exercise: exercises.Exercise, limits: Limits) -> Verdict:
    with exercise.context_of(exercise.key) as folder:
        return checking.judge(exercise, folder, limits=limits)


def _first_reason(verdict: Verdict) -> str:
    return next((check.finding.reason for check in verdict.checks if check.finding), "")


# Tried on the engine --------------------------------------------------------------------------------------------

GREEDY = {
    "a step that forks without end": (f"{ON}RUN {FORKS}\n", ("too-many-processes", "too-much-memory")),
    "a step that forks behind one that is named like another": (
        f"{ON}RUN printf '\\nStep 3/3 : CMD x\\n'\nRUN {FORKS}\n",
        ("too-many-processes", "too-much-memory"),
    ),
    "a step that eats memory": (f"{ON}RUN tail /dev/zero\n", ("too-much-memory",)),
    "a step that fills the disk": (f"{ON}RUN {FILLS}\n", ("too-much-disk",)),
    "a step that writes one large file": (f"{ON}RUN dd if=/dev/zero of=/f bs=1M count=900\n", ("too-much-disk",)),
    "steps that write as much together": (
        f"{ON}RUN dd if=/dev/urandom of=/f bs=1M count=40\nRUN dd if=/dev/urandom of=/g bs=1M count=40\n",
        ("too-much-disk",),
    ),
    "a step that prints without end": (f"{ON}RUN yes pineapple\n", ("prints-without-end",)),
    "a step that fills a volume": (
        f"{ON}VOLUME /v\nRUN cd /v && {FILLS.replace('/f$i', '/v/f$i')}\n",
        ("too-much-disk",),
    ),
    "an image that opens every port": (f"{ON}{PAGES}EXPOSE 1-20000\n", ("too-many-ports",)),
    "a step that wants the network": (f"{ON}RUN ip -o link | grep -v ': lo:'\n", ("run-step-failed",)),
    "a container that forks without end": (
        f'{ON}{PAGES}ENTRYPOINT []\nCMD ["sh", "-c", "{FORKS}"]\n',
        ("too-many-processes", "too-much-memory"),
    ),
    "a container that eats memory": (f"{ON}ENTRYPOINT []\nCMD tail /dev/zero\n", ("too-much-memory",)),
    "a container that fills the disk": (f"{ON}ENTRYPOINT []\nCMD {FILLS}\n", ("too-much-disk",)),
}
HONEST = ("exercise-1", "exercise-6", "exercise-7")
"""Whose model answers are judged among them; `invoke grade` was tried by hand with those of all."""


@pytest.fixture(scope="module")
def verdicts(
    limits: Limits, tmp_path_factory: pytest.TempPathFactory, engine: docker.DockerClient
) -> dict[str, Verdict]:
    """Judge all of them at once, as a class is judged, with the builder that has limits of its own."""
    with pytest.MonkeyPatch.context() as patch:
        use_builder("classic", patch, tmp_path_factory.mktemp("builder"))
        folders = tmp_path_factory.mktemp("answers")
        with ThreadPoolExecutor(JOBS) as pool:
            judged = {
                name: pool.submit(_judged, folders / str(number), dockerfile, limits)
                for number, (name, (dockerfile, _)) in enumerate(GREEDY.items())
            }
            judged |= {name: pool.submit(_model, exercises.find(name), limits) for name in HONEST}
    cleaning.settle()
    cli.forget()
    return {name: future.result() for name, future in judged.items()}


@pytest.mark.parametrize("name", GREEDY)
def test_greed_ends_with_a_verdict_that_says_so(name: str, verdicts: dict[str, Verdict]) -> None:
    assert _first_reason(verdicts[name]) in GREEDY[name][1], verdicts[name].said
    assert verdicts[name].outcome is Outcome.FAILED


@pytest.mark.parametrize("name", HONEST)
def test_honest_answers_among_them_are_judged_as_if_they_were_alone(name: str, verdicts: dict[str, Verdict]) -> None:
    assert verdicts[name].outcome is Outcome.PASSED, verdicts[name].said


def test_greed_leaves_nothing(verdicts: dict[str, Verdict], engine: docker.DockerClient) -> None:
    def gone() -> bool | None:
        left = [one for one in engine.api.containers(all=True) if "b | b" in one["Command"]]
        running = subprocess.run(["pgrep", "-f", "^(yes pineapple|tail /dev/zero)"], capture_output=True, check=False)
        return True if not left and running.returncode else None

    assert until(gone, 10)


def test_only_steps_that_start_something_are_looked_after(engine: docker.DockerClient, tmp_path: Path) -> None:
    steps = 'LABEL a=b\nRUN printf " ---> Running in "; hostname\nenv A=b\nrun echo "$HOSTNAME is here"\nCMD ["sh"]\n'
    (tmp_path / "Dockerfile").write_text(f"FROM busybox\n{steps}")
    words = ["docker", "build", "--no-cache", "--label", "c=d", str(tmp_path)]
    built = subprocess.run(words, env=os.environ | {"DOCKER_BUILDKIT": "0"}, stdout=subprocess.PIPE, check=True).stdout
    said = built.decode().splitlines()
    mine = [said[at + 1].split()[-1] for at, line in enumerate(said) if " : run " in line.lower()]
    assert len(mine) == 2
    assert guard.started(built)[0] == [mine[0], mine[0], mine[1]]  # the first says so once more
    found, rest = [], b""
    for byte in built:
        some, rest = guard.started(rest + bytes([byte]))
        found += some
    assert found == [mine[0], mine[0], mine[1]]
    engine.images.remove(said[-1].split()[-1])


def test_with_buildkit_a_step_has_no_network_either(
    limits: Limits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_builder("buildkit", monkeypatch, tmp_path)
    verdict = _judged(tmp_path / "answer", GREEDY["a step that wants the network"][0], limits)
    cleaning.settle()
    assert _first_reason(verdict) == "run-step-failed"


def test_a_container_has_no_way_out_and_none_to_its_neighbours(limits: Limits, engine: docker.DockerClient) -> None:
    serve = "echo hi > index.html; httpd -f -p 80"
    made = [Container.create(Plan("busybox", command=["sh", "-c", serve], limits=limits), ["80/tcp"]) for _ in "12"]
    try:
        for one in made:
            one.start()
        first, second = (one.inspect()["NetworkSettings"]["Networks"][limits.network]["IPAddress"] for one in made)
        assert until(lambda: made[0].exec("wget", "-qO-", f"http://{first}").code == 0 or None, 5)
        assert made[0].exec("wget", "-T", "1", "-qO-", f"http://{second}").code != 0
        network = engine.networks.get(str(limits.network))
        assert network.attrs["Options"]["com.docker.network.bridge.enable_ip_masquerade"] == "false"
    finally:
        for one in made:
            cleaning.remove_container(one.id)


@pytest.mark.parametrize("does", ["exec yes", "sleep 600"])
def test_a_program_in_a_container_can_neither_print_nor_hang_without_end(
    does: str, engine: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "EXEC_WITHIN", 1)
    container = Container.create(Plan("busybox", command=["sleep", "600"]), [])
    try:
        container.start()
        output = container.exec("sh", "-c", does)
        assert output.code == containers.TOO_LONG
        assert len(output.stdout) < 2 * containers.PRINTED
        assert until(lambda: None if container.state()["Running"] else True, 10)
    finally:
        cleaning.remove_container(container.id)


# Read before it is built ----------------------------------------------------------------------------------------

REFUSED = {
    "FROM nowhere.invalid/thing": "base-image-not-here",
    "ARG B=nowhere.invalid/x\nFROM $B": "base-image-not-here",
    "FROM busybox\nARG B=busybox\nFROM ${B}x": "base-image-not-here",
    "FROM busybox AS a\nFROM a\nCOPY --from=nowhere.invalid/x / /": "base-image-not-here",
    "FROM busybox\nCOPY --from=later / /\nFROM busybox AS later": "base-image-not-here",
    "FROM busybox\nRUN --mount=type=bind,from=nowhere.invalid/x,target=/x ls /x": "base-image-not-here",
    "FROM busybox:1.36.0-none": "base-image-not-here",
    "FROM busybox\nADD https://example.com/x /x": "download-in-build",
    "FROM busybox\nADD git@example.com:x/y.git /x": "download-in-build",
    "FROM busybox\nARG A=https:\nADD $A//example.com/x /x": "download-in-build",
    "FROM busybox\nENV A=ht B=tps\nADD ${A}${B}://example.com/x /x": "download-in-build",
    "FROM busybox\nADD ${A:-https://example.com/x} /x": "download-in-build",
    "FROM busybox\nADD ${A#x} /x": "download-in-build",
    'FROM busybox\nADD ["https://example.com/x", "/x"]': "download-in-build",
    "FROM busybox AS a\nONBUILD ADD https://example.com/x /x\nFROM a": "download-in-build",
    "FROM busybox AS a\nONBUILD COPY --from=nowhere.invalid/x / /\nFROM a": "base-image-not-here",
    "# syntax=nowhere.invalid/frontend\nFROM busybox": "frontend-not-allowed",
    "FROM --platform=linux/s390x busybox": "another-platform",
    "ARG P=linux/s390x\nFROM --platform=$P busybox": "another-platform",
}
ADMITTED = [
    "FROM busybox",
    "FROM docker.io/library/busybox:latest AS a\nFROM nginx:mainline-alpine\nCOPY --from=a / /\nCOPY --from=0 / /",
    "ARG TAG=mainline-alpine\nFROM nginx:${TAG}",
    "ARG TAG\nFROM nginx:${TAG:-mainline-alpine}",
    "FROM scratch\nCOPY --from=busybox /bin/busybox /",
    "FROM busybox\nARG N=logo\nADD $N.tar.gz ${N}2.tar.gz /",
    "FROM busybox AS Kitchen\nFROM kitchen\nRUN --mount=type=bind,from=KITCHEN,target=/x true",
    "# syntax=docker/dockerfile:1\nFROM busybox",
    "FROM --platform=$BUILDPLATFORM busybox",
    "FROM --platform=linux busybox",
    "FROM",
    "no instruction at all",
]


@pytest.mark.parametrize("dockerfile", REFUSED)
def test_what_would_fetch_or_take_from_others_is_not_built(dockerfile: str, engine: docker.DockerClient) -> None:
    finding = admission.objection(parse(dockerfile), builder="buildkit")
    assert finding
    assert finding.reason == REFUSED[dockerfile]
    assert finding.where


def test_a_stage_is_no_base_by_its_number(engine: docker.DockerClient) -> None:
    finding = admission.objection(parse("FROM busybox\nFROM 0"), builder="buildkit")
    assert finding
    # To FROM, a number is an image: none, or the one whose ID happens to begin with it.
    assert finding.reason in {"base-image-not-here", "base-image-not-allowed"}


@pytest.mark.parametrize("dockerfile", ADMITTED)
def test_what_an_honest_dockerfile_asks_for_is_built(dockerfile: str, engine: docker.DockerClient) -> None:
    assert admission.objection(parse(dockerfile), builder="buildkit") is None or dockerfile == "FROM"


def test_an_image_that_was_made_here_is_nobodys_base(engine: docker.DockerClient) -> None:
    name = f"somebodys-{os.getpid()}-{threading.get_ident()}"
    engine.images.get("busybox").tag(name, "latest")
    try:
        assert admission.objection(parse(f"FROM {name}"), builder="classic") is not None
    finally:
        engine.images.remove(name)
