"""What the lab makes: once, for all who ask; ahead of them, where that is told; and gone behind the verification."""

from __future__ import annotations

import threading

import docker
import pytest

from workshop import Image, Lab, exercises
from workshop.judging.checking import NotYet

FIRST = exercises.find("exercise-1")


def test_what_is_made_ahead_is_made_once_and_gone_behind_it(engine: docker.DockerClient) -> None:
    made = []

    def edited(lab: Lab) -> Image:
        made.append(threading.current_thread())
        return lab.build(edits={"index.html": f"<h1>{lab.nonce}</h1>\n"})

    with FIRST.context_of(FIRST.key) as answer, Lab(FIRST, answer) as lab:
        lab.build()
        lab.ahead(edited, Lab.start)
        image, running = lab.once(edited), lab.running
        assert lab.running is running
        assert lab.once(edited) is image
        assert running.fetch("/").body == lab.read("index.html")
        assert [one.id for one in lab.images].count(image.id) == 1
        names = [one.id for one in lab.containers]
    assert threading.current_thread() not in made
    assert len(made) == 1
    for one in names:
        with pytest.raises(docker.errors.NotFound):
            _gone(engine, one)


def _gone(engine: docker.DockerClient, container: str) -> None:
    engine.api.wait(container, condition="removed", timeout=20)
    engine.containers.get(container)


def test_what_fails_ahead_is_told_to_the_check_that_asks(engine: docker.DockerClient) -> None:
    def broken(lab: Lab) -> Image:
        return lab.build(edits={"Dockerfile": "FROM busybox\nCOPPY a b\n"})

    with FIRST.context_of(FIRST.key) as answer, Lab(FIRST, answer) as lab:
        lab.ahead(broken)
        with pytest.raises(NotYet) as told:
            lab.once(broken)
    assert told.value.finding.reason == "unknown-instruction"
