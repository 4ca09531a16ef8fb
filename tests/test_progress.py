"""Progress says how far the files are as they are now, and no file on the disk can make it fail."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop import exercises, places
from workshop.exercises import Exercise
from workshop.judging.verdict import Finding, Outcome, Result, Verdict, Where
from workshop.learning import overview, progress
from workshop.learning.contents import fingerprint
from workshop.learning.progress import Said, Standing, State

NAME = "exercise-1"
FOUND = Finding("x", why="one folder too high", hint="compare", look="docker run", where=Where("Dockerfile", 2, "COPY"))


@pytest.fixture(scope="module")
def exercise() -> Iterator[Exercise]:
    """Give exercise-1 with a folder and progress of its own, for all tests here."""
    one = exercises.find(NAME)
    with tempfile.TemporaryDirectory() as scratch, pytest.MonkeyPatch.context() as patch:
        patch.setattr(places, "STATE", Path(scratch, "state"))
        shutil.copytree(one.starter, Path(scratch, NAME))
        yield Exercise(NAME, Path(scratch, NAME), one.key)


@pytest.fixture(autouse=True)
def _as_new(exercise: Exercise) -> None:
    shutil.rmtree(places.STATE, ignore_errors=True)
    _write(exercise, "FROM nginx:mainline-alpine\n")


def _write(exercise: Exercise, text: str) -> str:
    (exercise.folder / "Dockerfile").write_text(text)
    return fingerprint(exercise.folder)


def _record(outcome: Outcome, judged: str, *, untouched: bool = False) -> int:
    finding = FOUND if outcome is Outcome.FAILED else None
    verdict = Verdict(NAME, "Your page", (Result("x", "It works", outcome, finding=finding),))
    return progress.record(verdict, judged, untouched=untouched)


def _standing(exercise: Exercise) -> tuple[State, str]:
    now = progress.standing(exercise)
    return now.state, now.words


def test_an_attempt_is_a_verdict_on_files_that_had_none(exercise: Exercise) -> None:
    assert _standing(exercise) == (State.NOT_BEGUN, "not begun")
    assert _record(Outcome.FAILED, fingerprint(exercise.folder), untouched=True) == 0
    assert _standing(exercise) == (State.NOT_BEGUN, "not begun")
    for text, attempts in (("FROM a\n", 1), ("FROM b\n", 2), ("FROM a\n", 2)):
        assert _record(Outcome.FAILED, _write(exercise, text)) == attempts
    assert _record(Outcome.BROKEN, _write(exercise, "FROM c\n")) == 0
    assert _standing(exercise) == (State.TRIED, "tried 2 times")


def test_a_pass_counts_for_the_files_that_passed(exercise: Exercise) -> None:
    passed = _write(exercise, "FROM nginx\nCOPY . .\n")
    _record(Outcome.PASSED, passed)
    assert _standing(exercise) == (State.PASSED, "passed")
    _write(exercise, "FROM busybox\n")
    assert _standing(exercise) == (State.CHANGED, "passed, changed since")
    _record(Outcome.FAILED, fingerprint(exercise.folder))
    assert _standing(exercise) == (State.CHANGED, "passed, changed since")
    assert progress.may_see_solution(exercise)
    assert _write(exercise, "FROM nginx\nCOPY . .\n") == passed
    assert _standing(exercise) == (State.PASSED, "passed"), "the passing files are back"
    _record(Outcome.FAILED, passed)
    assert _standing(exercise) == (State.CHANGED, "passed once, not now"), "the same files fail today"
    progress.forget(NAME, keep=None)
    assert _standing(exercise) == (State.NOT_BEGUN, "not begun")
    assert not progress.may_see_solution(exercise)


def test_what_was_said_is_kept_for_these_files_alone(exercise: Exercise) -> None:
    judged = fingerprint(exercise.folder)
    _record(Outcome.FAILED, judged)
    said = Said(
        judged,
        "failed",
        "It works",
        "one folder too high",
        "compare",
        "docker run",
        "Dockerfile:2",
        "x",
        str(Path.cwd()),
    )
    assert progress.said(exercise) == said
    _write(exercise, "FROM busybox\n")
    assert progress.said(exercise) is None


def test_files_that_changed_while_they_were_judged_pass_nothing(exercise: Exercise) -> None:
    _record(Outcome.PASSED, "")
    assert _standing(exercise) == (State.CHANGED, "passed, verify again")


def test_progress_of_the_first_version_is_taken_over(exercise: Exercise) -> None:
    places.STATE.mkdir()
    older = {NAME: {"attempts": 3, "passed": True, "last": "passed", "hint": ""}, "exercise-2": {"attempts": 2}}
    (places.STATE / "progress.json").write_text(json.dumps(older))
    assert _standing(exercise) == (State.CHANGED, "passed, verify again"), "which files passed, it did not know"
    assert progress.may_see_solution(exercise)
    assert _record(Outcome.PASSED, fingerprint(exercise.folder)) == 4
    assert _standing(exercise) == (State.PASSED, "passed")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 3, "exercises": {}}', '{"version": 2}', "[" * 100_000])
def test_a_file_that_can_not_be_read_is_kept_aside_and_told(
    exercise: Exercise, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    places.STATE.mkdir()
    (places.STATE / "progress.json").write_text(text)
    overview.show()
    assert "can't be read" in capsys.readouterr().out
    assert _record(Outcome.PASSED, fingerprint(exercise.folder)) == 1
    assert _standing(exercise) == (State.PASSED, "passed")
    assert (places.STATE / "progress.unreadable.json").read_text() == text
    assert progress.readable()


def test_each_file_that_can_not_be_read_is_kept(exercise: Exercise) -> None:
    file = places.STATE / "progress.json"
    places.STATE.mkdir()
    for text in ("first", "second"):
        file.write_text(text)
        _record(Outcome.PASSED, fingerprint(exercise.folder))
    file.unlink()
    file.mkdir()
    (file / "note.txt").write_text("third")
    _record(Outcome.PASSED, fingerprint(exercise.folder))
    assert _standing(exercise) == (State.PASSED, "passed")
    kept = [places.STATE / f"progress.unreadable{more}" for more in (".json", "-2.json", "-3.json/note.txt")]
    assert [one.read_text() for one in kept] == ["first", "second", "third"]


def test_a_stale_pass_is_not_celebrated(exercise: Exercise, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exercises, "every", lambda: [exercise])
    told: list[str] = []
    monkeypatch.setattr("workshop.report.say", told.append)
    _record(Outcome.PASSED, fingerprint(exercise.folder))
    overview.show()
    assert "All passed" in told[0]
    _write(exercise, "FROM busybox\n")
    told.clear()
    overview.show()
    assert "invoke verify exercise-1" in told[0]
    assert "All passed" not in "".join(told)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
_FIELDS = ("attempts", "seen", "passed", "opened", "said", "last", "hint")
_RECORDS = st.dictionaries(
    st.sampled_from(_FIELDS), _JSON | st.dictionaries(st.sampled_from(["why", "fingerprint"]), _JSON)
)
_FILES = st.one_of(
    st.binary(max_size=200),
    st.builds(lambda value: json.dumps(value).encode(), _JSON | st.fixed_dictionaries({NAME: _RECORDS})),
    st.builds(
        lambda version, record: json.dumps({"version": version, "exercises": {NAME: record}}).encode(),
        st.sampled_from([0, 1, 2, 2, 2, 3, "2", None]),
        _RECORDS | _JSON,
    ),
)


@settings(max_examples=60, deadline=None)
@given(kept=_FILES)
def test_no_file_on_the_disk_makes_it_fail(exercise: Exercise, kept: bytes) -> None:
    places.STATE.mkdir(exist_ok=True)
    (places.STATE / "progress.json").write_bytes(kept)
    assert isinstance(progress.standing(exercise), Standing)
    assert progress.attempts(exercise) >= 0
    progress.said(exercise)
    progress.may_see_solution(exercise)
    assert _record(Outcome.PASSED, fingerprint(exercise.folder)) >= 0
    assert _standing(exercise) == (State.PASSED, "passed")
    progress.forget(NAME, keep=None)
    assert _standing(exercise) == (State.NOT_BEGUN, "not begun")
