"""What the workshop makes on the engine goes again: with a reset, and behind each verification, to the last layer."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable

import docker
import pytest

from tests.conftest import Checkout
from workshop import Lab, exercises, places
from workshop.engine import cleaning, labels
from workshop.engine.classic import Tip, Tips
from workshop.judging.checking import NotYet

FIRST = exercises.find("exercise-1")
CMD = 'COPY --from=kitchen /made /made\nCMD ["sleep", "60"]'
RECORDED = """\
Sending build context to Docker daemon  5.632kB\r
Step 1/7 : FROM busybox AS kitchen
 ---> 289289ee1f6e
Step 2/7 : WORKDIR /src
 ---> Using cache
 ---> 1111111111aa
Step 3/7 : RUN echo ' ---> 999999999999'
 ---> Running in 0a0a0a0a0a0a
 ---> 999999999999
Removing intermediate container 0a0a0a0a0a0a
 ---> 2222222222bb
Step 4/7 : FROM busybox AS idle
 ---> 289289ee1f6e
Step 5/7 : COPY . .
 ---> Using cache
 ---> 3333333333cc
Step 6/7 : FROM nginx:mainline-alpine
 ---> 993903563056
Step 7/7 : COPY --from=kitchen /src /usr/share/nginx/html
 ---> 4444444444dd
"""
"""The engine 20.10's classic builder, cut before its last line."""


@pytest.mark.parametrize("length", [1, 7, 4096])
def test_the_classic_builders_tips_are_read_from_what_it_says(length: int) -> None:
    stages = (Tip("2222222222bb", cached=False), Tip("3333333333cc", cached=True))
    assert _read(f"{RECORDED}Successfully built 4444444444dd\n", length) == stages
    failed = "Step 8/8 : RUN false\n ---> Running in 0b0b0b0b0b0b\n"
    assert _read(RECORDED + failed, length) == (*stages, Tip("4444444444dd", cached=False))


def _read(output: str, length: int) -> tuple[Tip, ...]:
    tips, raw = Tips(), output.encode()
    for start in range(0, len(raw), length):
        tips.feed(raw[start : start + length])
    return tips.all()


def _nameless(engine: docker.DockerClient, mark: str) -> list[str]:
    return [one["Id"] for one in engine.api.images(filters={"dangling": True, "label": mark})]


@pytest.mark.parametrize("end", ["COPY --from=kitchen /made /made", "RUN false"], ids=["built", "failed"])
def test_a_verification_leaves_no_nameless_image(engine: docker.DockerClient, builder: str, end: str) -> None:
    mark = f"test.leftovers={os.urandom(4).hex()}"
    made = f"FROM busybox AS kitchen\nLABEL {mark}\nRUN echo > /made\nFROM busybox\nLABEL {mark}\n{end}\n"
    with FIRST.context_of(FIRST.key) as answer, Lab(FIRST, answer) as lab:
        try:
            lab.build(edits={"Dockerfile": made})
        except NotYet as failed:
            assert failed.finding.reason == "run-step-failed"  # noqa: PT017 - the other one is built
        assert bool(_nameless(engine, mark)) == (builder == "classic")
    cleaning.settle()
    assert not _nameless(engine, mark)


def test_a_process_that_stays_removes_by_itself(engine: docker.DockerClient, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = f"test.leftovers={os.urandom(4).hex()}"
    monkeypatch.setattr(cleaning, "_by_itself", threading.Event())
    cleaning.remove_later([], leftovers_of=places.ROOT)  # once in the life of a process, and by another one
    cleaning.settle()
    cleaning.stay()
    made = f"FROM busybox AS kitchen\nLABEL {mark}\nRUN echo > /made\nFROM busybox\nLABEL {mark}\n{CMD}\n"
    with FIRST.context_of(FIRST.key) as answer, Lab(FIRST, answer) as lab:
        lab.start(lab.build(edits={"Dockerfile": made}))
        monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
    cleaning.settle()
    assert not engine.api.images(filters={"label": mark})
    assert not engine.api.containers(all=True, filters={"label": mark})


def test_what_a_learners_next_build_replaces_goes_unless_they_named_it(
    checkout: Checkout, wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    engine, mark, mine = docker.from_env(), f"test.leftovers={os.urandom(4).hex()}", f"my-own-{os.getpid()}"
    dockerfile = checkout.root / "exercises" / "exercise-1" / "Dockerfile"
    seen = []
    try:
        for word in ("one", "two", "RUN", "three"):
            step = "RUN false" if word == "RUN" else "COPY --from=kitchen /made /made"
            dockerfile.write_text(
                f"FROM busybox AS kitchen\nLABEL {mark}\nRUN echo {word} > /made\n"
                f"FROM nginx:mainline-alpine\nLABEL {mark}\n{step}\nCOPY *.html *.css /usr/share/nginx/html/\n"
            )
            assert checkout.invoke("verify", "exercise-1").returncode == (word == "RUN")
            if word == "one":
                checkout.docker("tag", FIRST.image, mine)
            seen.append(checkout.docker("images", "-q", "--no-trunc", FIRST.image).strip())
        # With the classic builder one is left, the kitchen's of the image that is kept: the next build's cache.
        wait_until(lambda: len(_nameless(engine, mark)) <= 1)
        assert checkout.docker("images", "-q", "--no-trunc", mine).strip() == seen[0]
        replaced = set(seen[1:-1]) - {seen[-1]}
        wait_until(lambda: not replaced & {one["Id"] for one in engine.api.images()})
        assert f"- image {FIRST.image}" in checkout.invoke("reset", "exercise-1").stdout
        wait_until(lambda: not _nameless(engine, mark))
        assert checkout.docker("images", "-q", "--no-trunc", mine).strip() == seen[0]
    finally:
        checkout.docker("rmi", mine)


def test_reset_removes_what_was_made_for_that_and_nothing_else(checkout: Checkout, engine: docker.DockerClient) -> None:
    container, image = checkout.env["INVOKE_WORKSHOP_CONTAINER"], checkout.env["INVOKE_WORKSHOP_IMAGE"]
    assert checkout.invoke("build").returncode == 0
    assert checkout.invoke("run").returncode == 0
    checkout.invoke("verify", "exercise-1")
    name = f"docker-101-exercise-1-test-{os.getpid()}"
    at_work = engine.containers.create("busybox", labels=labels.of_lab(checkout.root), name=name)
    shown = checkout.invoke("--dry", "reset", "docker-101").stdout
    at_work.remove()
    assert f"docker rm -f {container}\n" in shown
    assert f"docker rmi {image}:latest\n" in shown
    assert FIRST.image not in shown
    assert name not in shown
    assert checkout.containers(), "--dry only shows"
    assert f"- image {FIRST.image}" in checkout.invoke("reset", "exercise-1").stdout
    assert checkout.containers(), "the lesson's is not the exercise's"
    checkout.docker("rm", "-f", container)
    checkout.docker("create", "--name", container, image)
    done = checkout.invoke("reset", "docker-101")
    try:
        assert done.returncode == 0
        assert f"To remove it: docker rm -f {container}" in done.stdout
        assert f"= image {image}:latest" in done.stdout
        assert "in use" in done.stdout
        assert checkout.docker("ps", "-aq", "-f", f"name=^{container}$"), "what was made by hand stays"
        assert f"To remove it: docker rm -f {container}" in checkout.invoke("cleanup").stdout
    finally:
        checkout.docker("rm", container)
    assert checkout.invoke("run").returncode == 0
    everything = checkout.invoke("reset", "all").stdout
    assert f"- container {container}" in everything
    assert f"- image {image}" in everything
    assert not checkout.docker("images", "-q", image)


def test_without_an_engine_reset_puts_the_files_back_and_says_what_stays(checkout: Checkout) -> None:
    dockerfile = checkout.root / "exercises" / "exercise-1" / "Dockerfile"
    given = dockerfile.read_bytes()
    dockerfile.write_text("FROM busybox\n")
    checkout.env["DOCKER_HOST"] = "tcp://127.0.0.1:9"
    done = checkout.invoke("reset", "exercise-1")
    assert done.returncode == 0
    assert "containers and images stay" in done.stdout
    assert dockerfile.read_bytes() == given
