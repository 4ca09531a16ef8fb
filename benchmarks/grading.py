"""What grading a class costs: beside the engine's own limit, in memory, and for many submissions.

    .venv/bin/python -m benchmarks.grading [--learners 100] [--many 1000] [--exercises 1,6] [--scheduler ADDRESS]

The class has model answers to all exercises; half of the learners handed in content of their own, the others the same.
The engine's limit is the time in which it does the very same work for a client that does nothing else, see `replay`;
beside it stands how much of the processors' time the engine had, which can do no more than have it all. Run it on a
machine with nothing else to do.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import replay
from benchmarks.measuring import INVOKE, MEGA, ROOT
from workshop import exercises

LOOK_EVERY = 0.1
"""Seconds between two looks at the memory."""


@dataclass(frozen=True)
class Row:
    """Something measured, with its goal, in words."""

    what: str
    measured: str
    goal: str = ""


@dataclass(frozen=True)
class Run:
    """One grading."""

    seconds: float
    memory: int
    """The most bytes that its process had at a time."""
    memory_of_all: int
    """The same, of all its processes."""
    own_work: float
    """Seconds that processors worked for it and what it started itself: workers, `docker` commands."""
    idle: float
    """Seconds that processors had nothing to do; all that is left was the engine's."""


def make_class(folder: Path, learners: int, numbers: Sequence[int], *, different: float) -> None:
    """Write a class of so many learners; this share of them has content of their own."""
    for number in range(learners):
        for exercise in exercises.every():
            if exercise.number not in numbers:
                continue
            answer = folder / f"learner-{number}" / "exercises" / exercise.name
            with exercise.context_of(exercise.key) as context:
                shutil.copytree(context, answer, symlinks=True)
            if number < learners * different:
                with (answer / "Dockerfile").open("a", encoding="utf-8") as dockerfile:
                    dockerfile.write(f"\n# learner {number}\n")


def grade(class_: Path, report: Path, *flags: str, **env: str) -> Run:
    """Grade a class, and watch what it takes."""
    words = [*INVOKE, "grade", str(class_), "--report", str(report), *flags]
    idle, worked = _idle(), sum(os.times()[2:4])
    timer = time.perf_counter()
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, env={**os.environ, **env})
    own = together = 0
    while process.poll() is None:
        own = max(own, _memory(process.pid))
        together = max(together, sum(map(_memory, _family(process.pid))))
        time.sleep(LOOK_EVERY)
    seconds = time.perf_counter() - timer
    idle, worked = _idle() - idle, sum(os.times()[2:4]) - worked
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {process.returncode}")
    return Run(seconds, own, together, worked, idle)


def _idle() -> float:
    """Give the seconds that all processors had nothing to do since the start, see proc(5)."""
    _, _, _, _, idle, waiting, *_ = Path("/proc/stat").read_text("ascii").split(maxsplit=7)
    return (int(idle) + int(waiting)) / os.sysconf("SC_CLK_TCK")


def _family(number: int) -> Iterator[int]:
    """Go through a process and all that it started."""
    yield number
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{number}/task").iterdir():  # each thread has children of its own, see proc(5)
            for child in (task / "children").read_text("ascii").split():
                yield from _family(int(child))


def _memory(number: int) -> int:
    """Give the bytes that a process has in memory; of what several share, each has its part, see proc(5)."""
    with contextlib.suppress(OSError, StopIteration):
        said = Path(f"/proc/{number}/smaps_rollup").read_text("ascii").splitlines()
        return int(next(line for line in said if line.startswith("Pss:")).split()[1]) * 1024
    return 0


def rows(learners: int, many: int, numbers: Sequence[int], scheduler: str | None = None) -> Iterator[Row]:
    """Measure everything; `many` is how many submissions the cost of a submission is followed to."""
    jobs = 2 * (os.cpu_count() or 1)
    with tempfile.TemporaryDirectory(prefix="docker-101-bench-") as scratch:
        folder = Path(scratch)
        make_class(folder / "class", learners, numbers, different=0.5)
        run = grade(folder / "class", folder / "report", "--jobs", str(jobs))
        with replay.recording() as recorder:
            grade(folder / "class", folder / "recorded", "--jobs", str(jobs), DOCKER_HOST=recorder.address)
        limit, missed = replay.again(recorder.calls)
        what = f"{learners} learners, {len(numbers)} exercises"
        judged = learners * len(numbers) / run.seconds
        yield Row(what, f"{run.seconds:.0f} s, {judged:.1f} grades/s")
        alone = f"{limit:.0f} s for its {len(recorder.calls)} calls alone, {missed} of which ended otherwise"
        yield Row("share of the engine's limit", f"{100 * limit / run.seconds:.0f} %: {alone}", "≥ 90 %")
        processors = run.seconds * (os.cpu_count() or 1)
        grading, nobody = 100 * run.own_work / processors, 100 * run.idle / processors
        said = f"{100 - grading - nobody:.0f} %; grading {grading:.0f} %, nobody {nobody:.0f} %"
        yield Row("the engine's share of the processors", said, "≥ 90 %")
        yield Row("memory of the grader", f"{run.memory / MEGA:.0f} MB", "< 300 MB")
        yield Row("memory with its workers and commands", f"{run.memory_of_all / MEGA:.0f} MB", "< 300 MB")
        yield from _at_a_time(folder, max(2, learners // 5), numbers)
        yield from _many(folder, many, numbers)
        yield _several(folder, run, scheduler)


def _at_a_time(folder: Path, learners: int, numbers: Sequence[int]) -> Iterator[Row]:
    """Grade a small class, all different, with 1, 2, 4 and 8 answers judged at a time."""
    make_class(folder / "small", learners, numbers, different=1)
    alone = 0.0
    for jobs in (1, 2, 4, 8):
        run = grade(folder / "small", folder / f"by-{jobs}", "--jobs", str(jobs))
        alone = alone or run.seconds
        each = f"{run.seconds:.0f} s, {alone / run.seconds:.2f} times as fast as one at a time"
        yield Row(f"{learners * len(numbers)} submissions, {jobs} at a time", each)


def _many(folder: Path, many: int, numbers: Sequence[int]) -> Iterator[Row]:
    """Follow what a submission costs that brings nothing new, to many: taken in, compared, reported."""
    cost = {}
    make_class(folder / "many", many, numbers, different=0)
    make_class(folder / "few", many // 10, numbers, different=0)
    grade(folder / "few" / "learner-0", folder / "known")
    for name, count in (("few", many // 10), ("many", many)):
        shutil.copytree(folder / "known", folder / f"report-{name}")
        run = grade(folder / name, folder / f"report-{name}")
        cost[name] = run.seconds / count
        what = f"{count} submissions that bring nothing new"
        yield Row(what, f"{run.seconds:.1f} s, {1000 * cost[name]:.1f} ms each, {run.memory / MEGA:.0f} MB", "< 300 MB")
    yield Row("cost of one, ten times as many", f"{cost['many'] / cost['few']:.2f} times", "≤ 1.1 times")


def _several(folder: Path, alone: Run, scheduler: str | None) -> Row:
    what, goal = "the machines of the scheduler", "two: ≥ 1.7 times"
    if not scheduler:
        processors = os.cpu_count() or 1
        return Row(
            what, f"not measured: needs --scheduler; two engines on these {processors} processors share them", goal
        )
    run = grade(folder / "class", folder / "elsewhere", "--scheduler", scheduler)
    return Row(what, f"{alone.seconds / run.seconds:.2f} times as fast as this one", goal)


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--learners", type=int, default=100, help="in the class that is judged (100)")
    options.add_argument(
        "--many", type=int, default=1000, help="submissions that the cost of one is followed to (1000)"
    )
    options.add_argument("--exercises", default="", help="numbers with commas (all)")
    options.add_argument("--scheduler", help="grade the same class on the machines of this scheduler, too")
    said = options.parse_args()
    known = [one.number for one in exercises.every()]
    numbers = [int(one) for one in said.exercises.split(",")] if said.exercises else known
    show = functools.partial(print, flush=True)
    show(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    for row in rows(said.learners, said.many, numbers, said.scheduler):
        show(f"{row.what:42} {row.measured:52} {row.goal}")


if __name__ == "__main__":
    main()
