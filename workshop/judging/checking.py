"""Runs the checks of an exercise and turns what happens into a verdict; prints nothing."""

from __future__ import annotations

import functools
import importlib.util
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workshop import places
from workshop.engine import api, calling_off
from workshop.trouble import CheckerBug, MachineTrouble

from .verdict import Finding, Outcome, Result, Verdict

if TYPE_CHECKING:
    from workshop.engine.limits import Limits
    from workshop.exercises import Exercise

    from .lab import Lab

Check = Callable[["Lab"], None]


class NotYet(Exception):
    """The learner is not there yet: the one exception that means so. Anything else is our bug or the machine's."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.why)
        self.finding = finding


def after(*forerunners: Check) -> Callable[[Check], Check]:
    """Let a check wait for others: when one of them did not pass it is skipped, and says which check failed."""

    def mark(check: Check) -> Check:
        check.__dict__["waits_for"] = forerunners
        return check

    return mark


def load(exercise: Exercise) -> list[Check]:
    """Load the checks of an exercise: the functions `check_…` of its check.py, in file order.

    Raises:
        CheckerBug: the file can't be loaded, has no check, or a check has no sentence for the learner.

    """
    path = exercise.key / "check.py"
    checks = [value for name, value in _module(exercise).items() if name.startswith("check_") and callable(value)]
    if not checks:
        raise CheckerBug(f"{_place(path)} has no checks.", why="A file without a check would pass everything.")
    for check in checks:
        if not check.__doc__:
            raise CheckerBug(f"{check.__name__} in {_place(path)} has no docstring.", why="The learner reads it.")
        if not _asks_something(check):
            raise CheckerBug(f"{check.__name__} in {_place(path)} asks nothing.", why="It would pass everything.")
    return checks


def starter_reason(exercise: Exercise) -> str:
    """Give the reason for which the starter must fail: `STARTER` in check.py.

    Raises:
        CheckerBug: check.py does not say it.

    """
    reason = _module(exercise).get("STARTER")
    if not isinstance(reason, str) or not reason:
        raise CheckerBug(f"{_place(exercise.key / 'check.py')} does not say in STARTER why the starter fails.")
    return reason


@functools.cache
def _module(exercise: Exercise) -> dict[str, Any]:
    path = exercise.key / "check.py"
    spec = importlib.util.spec_from_file_location(f"check_{exercise.number}", path)
    if spec is None or spec.loader is None:
        raise CheckerBug(f"{exercise.name} has no check.py that can be loaded.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise CheckerBug(f"{_place(path)} can't be loaded.", why=_last_line(error)) from error
    return vars(module)


def _asks_something(check: Check) -> bool:
    """Whether the check calls anything at all; that it can fail is shown by its known wrong answers."""
    code = check.__code__
    return bool(code.co_names) and code.co_argcount == 1


def judge(  # noqa: PLR0913 - an answer, whose it is, and what is to happen beside
    exercise: Exercise,
    folder: Path,
    *,
    own: bool = False,
    meanwhile: Callable[[], object] | None = None,
    look: Callable[[Lab, Verdict], object] | None = None,
    limits: Limits | None = None,
) -> Verdict:
    """Judge the answer in `folder`; `own` says that it is the learner's, whose image is kept to look at.

    `meanwhile` is called once, in a thread, when there is nothing to do but wait; `look` when all checks have run,
    while what they made is still there. `limits` are for a stranger's answer, which is then admitted, and explained,
    within them.

    Never raises for what the answer does: every trouble is an outcome in the verdict.

    Raises:
        CalledOff: nobody wants this verdict any more.

    """
    from .lab import Lab

    started = time.monotonic()
    try:
        checks = load(exercise)
    except CheckerBug as bug:
        broken = Result("checks", "The checks of this exercise", Outcome.BROKEN, finding=_bug(bug), our_bug=True)
        return Verdict(exercise.name, exercise.title, (broken,), time.monotonic() - started)

    def once() -> Verdict:
        with Lab(exercise, folder, own=own, meanwhile=meanwhile, limits=limits) as lab:
            results = tuple(_run(checks, lab))
            if limits:
                from . import bounds

                results = bounds.explained(lab, results)
            verdict = Verdict(exercise.name, exercise.title, results, time.monotonic() - started)
            if look:
                look(lab, verdict)
        return verdict

    verdict = once()
    return once() if _lost_an_image(verdict) else verdict


def _lost_an_image(verdict: Verdict) -> bool:
    return any(one.finding and one.finding.reason == api.IMAGE_GONE for one in verdict.checks)


def _run(checks: list[Check], lab: Lab) -> Iterator[Result]:
    results: dict[str, Result] = {}
    broken: str | None = None
    for check in checks:
        waits_for = broken or _unmet(check, results)
        result = _result(check, Outcome.SKIPPED, waits_for=waits_for) if waits_for else _one(check, lab)
        calling_off.check()
        results[check.__name__] = result
        if result.outcome is Outcome.BROKEN:
            broken = result.title
        yield result


def _one(check: Check, lab: Lab) -> Result:
    started = time.monotonic()

    def took() -> float:
        return time.monotonic() - started

    try:
        check(lab)
    except NotYet as not_yet:
        return _result(check, Outcome.FAILED, seconds=took(), finding=not_yet.finding)
    except MachineTrouble as trouble:
        return _result(check, Outcome.BROKEN, seconds=took(), finding=of_trouble(trouble))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is our bug and must not look like the learner's
        calling_off.check()  # or the container was taken away under its hands
        if api.is_image_gone(error):
            return _result(check, Outcome.BROKEN, seconds=took(), finding=of_trouble(api.image_gone()))
        return _result(check, Outcome.BROKEN, seconds=took(), finding=_bug(error), our_bug=True)
    return _result(check, Outcome.PASSED, seconds=took(), notes=lab.take_notes())


def _result(check: Check, outcome: Outcome, **rest: Any) -> Result:  # noqa: ANN401 - Result's own fields
    return Result(id_of(check), title_of(check), outcome, **rest)


def id_of(check: Check) -> str:
    """Give a check's stable name, such as "serves-your-page" for check_serves_your_page."""
    return check.__name__.removeprefix("check_").replace("_", "-")


def title_of(check: Check) -> str:
    """Give the sentence that the learner reads, such as "The page on the published port is yours"."""
    return (check.__doc__ or "").strip().splitlines()[0].rstrip(".")


def _unmet(check: Check, results: dict[str, Result]) -> str | None:
    """Name the check that has to pass first: of a chain of waiting ones, the one that failed."""
    for forerunner in getattr(check, "waits_for", ()):
        result = results.get(forerunner.__name__)
        if result is None or result.outcome is not Outcome.PASSED:
            return (result.waits_for if result else None) or title_of(forerunner)
    return None


def of_trouble(trouble: MachineTrouble) -> Finding:
    """Write a trouble of the machine's as what a broken check found."""
    return Finding(trouble.kind, why=trouble.why or trouble.what, actual=trouble.what, hint=" ".join(trouble.fix))


def _bug(error: Exception) -> Finding:
    log = places.keep_log("checker-bug.txt", "".join(traceback.format_exception(error)))
    return Finding(
        "checker-bug",
        why="A check of the workshop itself went wrong; your answer was not judged, and this does not count.",
        actual=_last_line(error),
        hint=f"please report it, with {places.as_typed(log)}",
    )


def _last_line(error: Exception) -> str:
    return "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]


def _place(path: Path) -> str:
    return path.relative_to(places.ROOT).as_posix()
