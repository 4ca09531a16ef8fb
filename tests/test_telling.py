"""What a verdict tells of a known wrong answer beside its reason: the line to look at, and the words that help."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from workshop import exercises
from workshop.judging import checking
from workshop.judging.verdict import Result

TOLD = [
    ("13/another-beats--the-check", "Dockerfile:3", "Your check itself touches the heartbeat"),
    ("13/signal-nobody-handles--of-the-base", "Dockerfile:1", "process 1 has a handler for SIGTERM"),
    ("13/too-patient--minutes", "Dockerfile:3", "-mmin counts whole minutes"),
    ("13/windows-line-endings", "start.sh:3", "\\r\n"),
    ("13/windows-line-endings", "start.sh:3", "cat banana-smith-exercise-13 -A /app/start.sh"),
    ("14/env-wins--no-arg", "Dockerfile:13", "no ARG of the stage"),
    ("14/nginx-may-not-write", "Dockerfile:16", "ls banana-smith-exercise-14 -ld /var/cache/nginx"),
    ("14/nobody-listens-there--own-configuration", "site.conf:2", "let the server listen on 8080"),
    ("14/signal-not-passed-on", "start.sh:3", "does not pass SIGQUIT on"),
    ("14/user-with-number-zero", "Dockerfile:7", "The kernel knows numbers only"),
]


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(("name", "line", "words"), TOLD)
def test_a_verdict_tells_where_to_look(name: str, line: str, words: str) -> None:
    failed = _failed(name)
    assert len(failed) == 1, "one cause, and what comes of it is skipped"
    finding = failed[0].finding
    assert finding
    assert finding.where
    assert f"{Path(finding.where.file).name}:{finding.where.line}" == line
    assert words in "\n".join([finding.why, finding.actual, finding.hint, finding.look])


def test_a_file_that_holds_several_things_is_named_once() -> None:
    finding = _failed("14/key-in-image--packed")[0].finding
    assert finding
    assert len(finding.actual.splitlines()) == len(set(finding.actual.splitlines()))


@functools.cache
def _failed(name: str) -> list[Result]:
    number, _, answer = name.partition("/")
    exercise = exercises.find(number)
    with exercise.context_of(exercise.key / "wrong" / answer) as folder:
        return list(checking.judge(exercise, folder).failed)
