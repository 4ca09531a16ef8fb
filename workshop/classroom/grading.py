"""`invoke grade`: take in a class, judge each content once and within bounds, and write down what came out."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workshop import exercises, places
from workshop.judging.verdict import Outcome
from workshop.trouble import DONE, MACHINE, Usage

from . import fingerprint, ground, intake, judging, learners
from .journal import Journal
from .results import Grade, Results
from .workers import Job

if TYPE_CHECKING:
    from workshop.exercises import Exercise
    from workshop.judging.verdict import Verdict

    from .intake import HandedIn
    from .judging import Judging
    from .learners import Learner

    Show = Callable[[Grade], object]

MOST_JOBS = 64
_SCHEDULER = re.compile(r"(?:tcp|tls)://[^\s/]+:\d{1,5}")
ALONE = 2
"""How often what was broken is tried again, with nothing beside it, before it is reported so."""
JOURNAL = "journal.jsonl"
_LESS = "   (it can't bound the memory and the processes of a RUN step; the machine is looked after instead)"


@dataclass(frozen=True)
class Order:
    """What was asked for."""

    words: Sequence[str]
    jobs: int
    report: Path | None = None
    builder: str | None = None
    scheduler: str | None = None
    """Where the workers of several machines are to be had, such as tcp://192.168.0.2:8786; None for this machine."""

    def check(self) -> None:
        """See that it can be done.

        Raises:
            Usage: it can't as it was typed.

        """
        if not 1 <= self.jobs <= MOST_JOBS:
            raise Usage(f"--jobs {self.jobs} can't be.", why=f"It is 1 to {MOST_JOBS} answers at a time.")
        if self.builder not in (None, "classic", "buildkit"):
            raise Usage(f"There is no builder called {self.builder!r}.", fix="--builder classic or --builder buildkit")
        if self.report and self.report.exists() and not self.report.is_dir():
            raise Usage(f"--report {self.report} is a file.", why="The report is a folder with several files.")
        if self.scheduler and not _SCHEDULER.fullmatch(self.scheduler):
            raise Usage(
                f"--scheduler {self.scheduler} is no address of a scheduler.",
                why="It has a protocol, a host and a port, as `dask scheduler` prints them.",
                fix="--scheduler tcp://HOST:8786   (tls://HOST:8786 with certificates)",
            )


def order(
    words: Sequence[str], *, jobs: int, report: str | None, builder: str | None, scheduler: str | None = None
) -> Order:
    """Make an order of what was typed; `jobs` of 0 is as many as suits this machine.

    Raises:
        Usage: it can't be done as it was typed.

    """
    folder = Path(report).expanduser().resolve() if report else None
    if scheduler and jobs:
        raise Usage(
            "--jobs says how many answers this machine judges at a time; with --scheduler it judges none.",
            fix="leave --jobs out; each worker's own --nthreads says it there",
        )
    made = Order(words, jobs or min(MOST_JOBS, 2 * (os.cpu_count() or 1)), folder, builder, scheduler)
    made.check()
    return made


def show(order: Order) -> int:
    """Say what would be judged, and by which commands."""
    from workshop import report
    from workshop.engine import limits

    found, _ = learners.find(order.words, leave_out=order.report)
    report.command(["docker", "build", *limits.on_build(limits.Limits(), order.builder or "classic"), "FOLDER"])
    report.command(["docker", "run", "-d", "-P", *limits.as_flags(limits.Limits()), "IMAGE"])
    for one in found:
        report.say(f"{one.name}  {places.as_typed(one.source)}")
    return DONE


def grade(order: Order) -> int:
    """Grade a class and give the exit code: done whatever the grades are, or the machine's when something stays broken.

    Raises:
        Usage: there is no such folder or builder, or no submission.
        MachineTrouble: no engine answers, it lacks a base image, or it can't hold the limits.

    """
    from workshop import report
    from workshop.engine import cli
    from workshop.report import grades

    found, skipped = learners.find(order.words, leave_out=order.report)
    for path in skipped:
        report.say(f"note     {path.name} is neither a folder nor an archive; not looked at")
    with contextlib.ExitStack() as stack:
        builder = stack.enter_context(cli.using(order.builder))  # type: ignore[arg-type]  # checked above
        bases = ground.base_images()
        if order.scheduler:
            where = judging.on_machines(order.scheduler, builder, report.say)
        else:
            where = judging.here(order.jobs, report.say)
        bench = stack.enter_context(where)
        report.say(f"builder  {builder}{_LESS if builder == 'buildkit' else ''}")
        spool = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="docker-101-grade-")))
        journal = stack.enter_context(Journal((order.report or places.STATE / "grading") / JOURNAL))
        run = Run(bench, fingerprint.surroundings(builder, bench.limits, bases), journal)
        run.take_in(found, spool)
        report.say(f"learners {len(found)}, answers {run.answers}, {run.different} of them different")
        if run.before:
            report.say(f"before   {run.before} are judged already; {places.as_typed(journal.file)} has them")
        with grades.grading(len(run.handed_in)) as show:
            run.judge(show)
    results = Results.ordered([one.name for one in found], run.grades)
    grades.grades(results)
    if order.report:
        from workshop.report.grade_files import grade_files

        grade_files(results, order.report)
    elif not results.broken:
        journal.file.unlink(missing_ok=True)
    return MACHINE if results.broken else DONE


class Run:
    """One grading: what was handed in, what is still to be judged, and the grades so far."""

    def __init__(self, bench: Judging, surroundings: dict[str, Any], journal: Journal) -> None:
        self._bench = bench
        self._surroundings = surroundings
        self._journal = journal
        self._known: dict[str, Exercise] = {one.name: one for one in exercises.every()}
        self.handed_in: list[tuple[HandedIn, str]] = []
        """Everything, each with its fingerprint, which is empty for what can't be judged."""
        self.grades: list[Grade] = []
        self._starters: dict[str, str] = {}

    def take_in(self, class_: Sequence[Learner], spool: Path) -> None:
        """Take in what the learners handed in; of equal content one copy is kept."""
        kept: set[str] = set()
        for learner in class_:
            for one in intake.take(learner, self._known, spool):
                mark = ""
                if one.folder:
                    mark = fingerprint.of(self._known[one.exercise], one.folder, self._surroundings)
                    if mark in kept or mark in self._journal.known:
                        shutil.rmtree(one.folder, ignore_errors=True)
                    kept.add(mark)
                self.handed_in.append((one, mark))

    def _starter(self, name: str) -> str:
        """Give the fingerprint of an exercise that nobody has touched."""
        if name not in self._starters:
            exercise = self._known[name]
            self._starters[name] = fingerprint.of(exercise, exercise.starter, self._surroundings)
        return self._starters[name]

    @property
    def answers(self) -> int:
        """How many exercises were handed in; an archive that can't be read holds none that anybody knows of."""
        return sum(one.exercise in self._known for one, _ in self.handed_in)

    @property
    def different(self) -> int:
        """How many different contents there are to judge."""
        return len({mark for _, mark in self.handed_in if mark})

    @property
    def before(self) -> int:
        """How many of those an earlier run has judged."""
        return len({mark for _, mark in self.handed_in} & self._journal.known.keys())

    def judge(self, show: Show) -> None:
        """Judge what is not judged yet, and show each grade as soon as it is known."""
        waiting: dict[str, list[HandedIn]] = {}
        for one, mark in self.handed_in:
            if one.refused:
                self._grade(one, one.refused, mark, show)
            elif mark in self._journal.known:
                self._grade(one, self._journal.known[mark], mark, show)
            else:
                waiting.setdefault(mark, []).append(one)

        def settle(job: Job, verdict: Verdict) -> None:
            self._journal.add(job.fingerprint, verdict)
            for one in waiting[job.fingerprint]:
                self._grade(one, verdict, job.fingerprint, show)
            shutil.rmtree(job.folder, ignore_errors=True)

        limits = self._bench.limits
        todo = [Job(mark, ones[0].exercise, ones[0].folder or Path(), limits) for mark, ones in waiting.items()]
        broken: list[tuple[Job, Verdict]] = []
        with contextlib.closing(self._bench.judge(todo)) as judged:
            for job, verdict in judged:
                if verdict.outcome is Outcome.BROKEN:
                    broken.append((job, verdict))
                else:
                    settle(job, verdict)
        ready = True
        for job, verdict in broken:
            ready = ready and self._bench.ready()
            settle(job, self._alone(job, verdict) if ready else verdict)

    def _alone(self, job: Job, verdict: Verdict) -> Verdict:
        """Judge again, with nothing beside it, what could not be judged; broken when it still can't."""
        for _ in range(ALONE):
            if verdict.outcome is Outcome.BROKEN:
                with contextlib.closing(self._bench.judge([job])) as judged:
                    verdict = next(verdict for _, verdict in judged)
        return verdict

    def _grade(self, one: HandedIn, verdict: Verdict, mark: str, show: Show) -> None:
        untouched = mark != "" and mark == self._starter(one.exercise)
        grade = Grade(one.learner, one.exercise, verdict, mark, one.notes, untouched)
        self.grades.append(grade)
        show(grade)
