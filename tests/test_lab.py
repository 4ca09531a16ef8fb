"""What the lab makes: once, for all who ask; ahead of them, where that is told; and gone behind the verification."""

from __future__ import annotations

import contextlib
import secrets
import subprocess
import sys
import threading
from pathlib import Path

import docker
import pytest

from workshop import Image, Lab, exercises
from workshop.engine import build, cleaning
from workshop.judging import checking
from workshop.judging.checking import NotYet
from workshop.judging.verdict import Outcome

FIRST = exercises.find("exercise-1")


FAILED = """\
#4 [1/2] FROM docker.io/library/busybox
#4 CACHED

#5 [2/2] RUN ls /nowhere
#5 sha256:72af4bfa5dc09d3f87f7619991a9fb3308bb2dae7cf79c7df8c583807169c2cf
#5 0.557 ls: /nowhere: No such file or directory
#5 ERROR: executor failed running [/bin/sh -c ls /nowhere]: exit code: 1
------
 > [2/2] RUN ls /nowhere:
------
executor failed running [/bin/sh -c ls /nowhere]: exit code: 1
"""
"""The engine 20.10's BuildKit."""


def test_a_step_that_failed_without_a_word_may_have_lost_it() -> None:
    assert not build.lost_its_words(FAILED)
    silent = "".join(line for line in FAILED.splitlines(keepends=True) if "#5 0.557" not in line)
    assert build.lost_its_words(silent)
    assert build.lost_its_words(silent.replace("executor failed running [", 'process "'))
    assert not build.lost_its_words(silent.replace("#5 ERROR: executor failed running", "#5 ERROR: failed to compute"))


def test_a_step_that_has_nothing_to_say_fails_all_the_same(engine: docker.DockerClient, builder: str) -> None:
    with FIRST.context_of(FIRST.key) as answer, Lab(FIRST, answer) as lab, pytest.raises(NotYet) as told:
        lab.build(edits={"Dockerfile": "FROM busybox\nRUN false\n"})
    assert told.value.finding.reason == "run-step-failed"


def test_a_dockerfile_with_an_ending_is_told_of_where_another_one_was_built(engine: docker.DockerClient) -> None:
    with FIRST.context_of(FIRST.key) as answer, Lab(FIRST, answer) as lab:
        (answer / "Dockerfile.txt").write_text("FROM busybox\n", encoding="utf-8")
        lab.build()
        assert "Dockerfile.txt" in " ".join(lab.take_notes())


@pytest.mark.parametrize("stages_first", [True, False])
def test_a_step_of_another_dockerfile_in_the_cache_changes_no_image(
    engine: docker.DockerClient, builder: str, tmp_path: Path, *, stages_first: bool
) -> None:
    steps = f'LABEL by={secrets.token_hex(4)}\nCMD ["hi"]\n'
    one = f'FROM busybox\n{steps}ENTRYPOINT ["echo"]\n'
    two = f'FROM busybox AS a\n{steps}FROM a\nENTRYPOINT ["echo"]\n'
    with contextlib.ExitStack() as stack:
        told = []
        for text in (two, one) if stages_first else (one, two):
            (tmp_path / "Dockerfile").write_text(text, encoding="utf-8")
            lab = stack.enter_context(Lab(FIRST, tmp_path))
            assert lab.build().config.get("Cmd") == (["hi"] if text == one else None)
            told.append("--no-cache" in " ".join(lab.take_notes()))
        assert told == [False, builder == "classic"]


def test_no_verdict_names_the_folder_that_an_answer_was_built_in(engine: docker.DockerClient, tmp_path: Path) -> None:
    """It is a copy, or a grading's, and gone."""
    with Lab(FIRST, tmp_path) as lab, pytest.raises(NotYet) as told:
        lab.build(edits={"more.txt": "x"})
    finding = told.value.finding
    assert finding.reason == "dockerfile-missing"
    assert "docker-101-" not in str(finding.actual)


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


@pytest.mark.parametrize("losses", [1, 2])
def test_an_image_that_somebody_removes_is_never_the_learners_fault(
    engine: docker.DockerClient, monkeypatch: pytest.MonkeyPatch, losses: int
) -> None:
    tries = []

    def check_starts(lab: Lab) -> None:
        """Start a container of it."""
        image = lab.build(edits={"index.html": lab.nonce})
        tries.append(image.id)
        if len(tries) <= losses:
            engine.images.remove(image.id, force=True)
        lab.start(image)

    monkeypatch.setattr(checking, "load", lambda _exercise: [check_starts])
    with FIRST.context_of(FIRST.key) as answer:
        verdict = checking.judge(FIRST, answer)
    assert len(tries) == 2, "it is judged once more, and no more often"
    assert verdict.outcome is (Outcome.PASSED if losses == 1 else Outcome.BROKEN)
    assert verdict.exit_code == (0 if losses == 1 else 3)


def test_what_marks_a_verification_is_another_word_in_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda length: "1" * 2 * length)
    with FIRST.context_of(FIRST.key) as answer:
        nonce = Lab(FIRST, answer).nonce
    assert len(nonce) == 8
    assert nonce.upper() != nonce


def test_a_verification_waits_for_those_that_remove_what_it_might_find() -> None:
    waiting = [sys.executable, "-c", "import sys; sys.stdin.read(1)"]
    with subprocess.Popen(waiting, stdin=subprocess.PIPE) as other:
        cleaning._removing.append(other)
        cleaning.SWEEPING.mkdir(parents=True, exist_ok=True)
        mine, stale = cleaning.SWEEPING / str(other.pid), cleaning.SWEEPING / "gone"
        mine.touch()
        stale.touch()
        waiter = threading.Thread(target=cleaning.settle_others)
        waiter.start()
        waiter.join(0.2)
        assert waiter.is_alive(), "the other one still runs"
        other.communicate(b".")
        waiter.join(cleaning.OTHERS_WITHIN)
    assert not waiter.is_alive()
    assert not mine.exists()
    assert not stale.exists()
