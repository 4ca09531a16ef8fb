"""Every answer we know of gets the verdict it deserves, with both builders."""

from __future__ import annotations

import contextlib
import filecmp
import inspect
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import cast

import docker
import pytest

from workshop import exercises
from workshop.diagnosis.diagnose import ROWS
from workshop.engine import cleaning, cli
from workshop.judging import checking
from workshop.proof import authoring, proofs, proving

from .conftest import use_builder

EVERY = exercises.every()
RIGHT = 3
Counted = Counter[tuple[str, str | None]]
"""Chosen answers, by their kind and reason."""
BUILD_FAILS = {row.reason for row in ROWS}


def _claims(builder: str) -> list[tuple[proving.Claim, str]]:
    """Choose what is judged here; `invoke prove all` has all.

    With BuildKit, which is the quicker one: starters, model answers, a few right ones, and a wrong one for each reason
    that no exercise before it has. With the classic builder: starters, model answers, and a wrong one for each reason
    why a build fails. How a container misbehaves does not depend on the builder.
    """
    chosen = []
    shown: set[str] = set()
    for one in EVERY:
        counted = Counted()
        for claim in sorted(proving.claims(one), key=lambda claim: claim.reason not in BUILD_FAILS):
            kind = claim.answer.parent.name
            if builder not in claim.builders or _is_left_out(claim, kind, builder, counted, shown):
                continue
            counted[kind, claim.reason] += 1
            chosen.append((claim, builder))
        shown |= {claim.reason for claim, _ in chosen if claim.reason}
    return chosen


def _is_left_out(claim: proving.Claim, kind: str, builder: str, counted: Counted, shown: set[str]) -> bool:
    if kind == "right":
        return builder == "classic" or counted[kind, claim.reason] >= RIGHT
    if kind != "wrong":
        return False
    told = claim.reason in shown or bool(counted[kind, claim.reason])
    return told or (builder == "classic" and claim.reason not in BUILD_FAILS)


def _name(value: proving.Claim | str) -> str:
    return value if isinstance(value, str) else value.name


class Bench:
    """Judges the claims of one exercise with one builder at a time, some in advance; the chosen tests say which."""

    def __init__(self, items: list[pytest.Item], places: pytest.TempPathFactory) -> None:
        self._chosen = [
            (str(one.callspec.params["builder"]), cast("proving.Claim", one.callspec.params["claim"]))
            for one in items
            if isinstance(one, pytest.Function) and "claim" in one.fixturenames
        ]
        self._places = places
        self._open: tuple[str, exercises.Exercise] | None = None
        self._found: dict[tuple[str, str], Future[proving.Proof]] = {}
        self._stack = contextlib.ExitStack()

    def proof(self, claim: proving.Claim, builder: str) -> proving.Proof:
        """Give what is found out about a claim with this builder."""
        if (builder, claim.name) not in self._found:
            if self._open != (builder, claim.exercise):
                self._switch_to(builder, claim.exercise)
            self._submit(claim, builder)
        return self._found[builder, claim.name].result()

    def knows(self, claim: proving.Claim, builder: str) -> bool:
        """Whether that is found out already."""
        return (builder, claim.name) in self._found

    def _submit(self, claim: proving.Claim, builder: str) -> None:
        if (builder, claim.name) not in self._found:
            self._found[builder, claim.name] = self._pool.submit(proving.prove, claim)

    def _switch_to(self, builder: str, exercise: exercises.Exercise) -> None:
        self.close()
        self._stack.enter_context(cleaning.images_kept())
        use_builder(builder, self._stack.enter_context(pytest.MonkeyPatch.context()), self._places.mktemp("builder"))
        self._pool = ThreadPoolExecutor(proofs.JOBS)
        self._stack.callback(self._pool.shutdown)
        self._open = (builder, exercise)
        for its, claim in self._chosen:
            if its == builder and claim.exercise == exercise:
                self._submit(claim, builder)

    def close(self) -> None:
        """Wait until all is judged, and what that made is gone."""
        self._stack.close()
        cli.forget()


@pytest.fixture(scope="module")
def bench(
    request: pytest.FixtureRequest, engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    """Give a bench for all tests of this file."""
    one = Bench(request.session.items, tmp_path_factory)
    yield one
    one.close()


@pytest.mark.parametrize(("claim", "builder"), _claims("buildkit"), ids=_name)
def test_an_answer_gets_the_verdict_it_deserves(claim: proving.Claim, builder: str, bench: Bench) -> None:
    _must_hold(bench.proof(claim, builder), builder)


@pytest.mark.parametrize("exercise", EVERY, ids=lambda one: one.name)
def test_every_check_is_failed_by_some_known_wrong_answer(exercise: exercises.Exercise, bench: Bench) -> None:
    """A check that nothing fails may be one that can't fail."""
    missing = {checking.id_of(check): check for check in checking.load(exercise)}
    wrong = [claim for claim in proving.claims(exercise) if claim.reason and "buildkit" in claim.builders]
    wrong.sort(key=lambda one: not bench.knows(one, "buildkit"))
    while missing and wrong:
        if not bench.knows(wrong[0], "buildkit"):
            check = next(iter(missing.values()))
            first = [one for one in wrong if _may_say(check, one.reason)]
            wrong = first + [one for one in wrong if one not in first]
        for failed in bench.proof(wrong.pop(0), "buildkit").verdict.failed:
            missing.pop(failed.id, None)
    assert not missing


def _may_say(check: checking.Check, reason: str | None) -> bool:
    """Whether the reason stands in the check, or in what it calls by name: a guess, by which it is soon found."""
    called = [check.__globals__.get(name) for name in check.__code__.co_names]
    known = [one for one in called if inspect.ismodule(one) or inspect.isfunction(one)]
    return any(f'"{reason}"' in inspect.getsource(one) for one in [check, *known])


@pytest.mark.parametrize(("claim", "builder"), _claims("classic"), ids=_name)
def test_an_answer_gets_the_same_verdict_with_the_other_builder(
    claim: proving.Claim, builder: str, bench: Bench
) -> None:
    _must_hold(bench.proof(claim, builder), builder)


def _must_hold(proof: proving.Proof, builder: str) -> None:
    assert proof.holds, f"{proof.claim.name} with {builder}: {proof.wanted}, got {proof.said}"


@pytest.mark.parametrize("exercise", EVERY, ids=lambda one: one.name)
def test_the_learners_folder_is_the_starter(exercise: exercises.Exercise) -> None:
    given = _files(exercise.starter)
    assert _files(exercise.folder) == given
    _, different, odd = filecmp.cmpfiles(exercise.starter, exercise.folder, given, shallow=False)
    assert not different + odd, "change solutions/…/starter, then: invoke reset"


@pytest.mark.parametrize("exercise", EVERY, ids=lambda one: one.name)
def test_the_task_is_short_the_hints_are_three_and_none_of_them_is_the_answer(exercise: exercises.Exercise) -> None:
    assert not list(authoring.complaints(exercise))


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())
