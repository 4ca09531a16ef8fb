"""The instructor's tasks: before, during and after a class; `tasks.py` has them in its list."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from invoke import Context, Exit, task

from workshop.tasking import YES, TakesSeveral, asking, container_name, polite, sure

if TYPE_CHECKING:
    from workshop.learning.resetting import Swap


def _swapped(done: list[Swap], now: str, before: str) -> None:
    from workshop import places, report

    for one in done:
        kept = f", what was there is in {places.as_typed(one.backup)}" if one.backup else ""
        kept += f"; back: invoke reset {one.name} --undo" if one.backup else ""
        report.say(f"{one.name} {now}{kept}" if one.changed else f"{one.name} {before}")


@task(
    positional=["exercise"],
    help=YES
    | {"exercise": "which one, such as exercise-1; or docker-101; or all", "undo": "bring back what was replaced last"},
)
@polite
def reset(c: Context, exercise: str, undo: bool = False, yes: bool = False) -> None:
    """Put an exercise's files back to the start; yours are kept in a backup (docker rm -f …, docker rmi …)."""
    from workshop import report
    from workshop.learning import resetting
    from workshop.steps import leftovers

    name = resetting.named(exercise)
    if undo:
        _swapped(resetting.undo(name), "is as it was before", "was that already")
        return
    changed = resetting.changed(name)
    lessons = name in (resetting.LESSON, "all")
    if lessons and (mine := leftovers.by_hand(container_name(c))):
        report.say(mine)
    made = leftovers.made_for(name)
    leftovers.show_all(made or [], report.say, report.command)
    if c.config.run.dry:
        report.say(f"Would put back: {', '.join(changed) or 'no file'}.")
        return
    if (changed or made) and not sure(resetting.question(changed, len(made or ())), yes=yes or not sys.stdin.isatty()):
        report.say("Nothing was changed.")
        return
    _swapped(resetting.reset(name), "is back at its start", "was at its start")
    if made is None:
        report.say("Docker does not answer: containers and images stay. Once it does: invoke cleanup --all")
    else:
        leftovers.remove(made, report.say)


@task(
    klass=TakesSeveral,
    positional=["folders"],
    help={
        "folders": "a folder of submissions (a folder, zip or tar.gz for each learner), or one learner's; or several",
        "jobs": "answers judged at a time (else: two for each processor)",
        "scheduler": "judge on the machines that have joined this Dask scheduler, such as tcp://192.168.0.2:8786",
        "report": "write the grades into this folder: a page, JSON, CSV, JUnit XML, Gradescope's results.json",
        "builder": "build with this one, classic or buildkit (else: the one that `docker build` uses here)",
    },
)
@polite
def grade(  # noqa: PLR0913, PLR0917 - one for each flag
    c: Context,
    folders: str,
    jobs: int = 0,
    scheduler: str | None = None,
    report: str | None = None,
    builder: str | None = None,
) -> None:
    """Judge what a class handed in, each answer kept within bounds (docker build --memory …, docker run --memory …)."""
    from workshop.classroom import grading

    order = grading.order(folders, jobs=jobs, report=report, builder=builder, scheduler=scheduler)
    if code := grading.show(order) if c.config.run.dry else grading.grade(order):
        raise Exit(code=code)


@task(positional=["exercise"], help=YES | {"exercise": "the one to go on with, such as exercise-4"})
@polite
def catchup(_c: Context, exercise: str, yes: bool = False) -> None:
    """Solve every exercise before this one, to go on with the class; your files are kept in a backup."""
    from workshop import exercises, report
    from workshop.learning import resetting

    target = exercises.find(exercise)
    if target == exercises.every()[0]:
        report.say(f"nothing comes before {target.name}: go on")
        return
    question = f"Solve what you have not passed before {target.name}? Your files go to a backup."
    if not sure(question, yes=yes or not sys.stdin.isatty()):
        report.say("Nothing was changed.")
        return
    done = resetting.catch_up(target.name)
    _swapped(done, "is solved", "was solved")
    report.say(f"go on with {target.name}" if done else f"everything before {target.name} is passed: go on")


@task(
    positional=["file"],
    iterable=["platform"],
    help={
        "file": "where to write it, such as base-images.tar; or a folder",
        "platform": "for which processors, such as linux/arm64; several with commas (else: this engine's)",
        "mirror": "fetch what this engine has not from this registry, HOST:PORT (else: from Docker Hub)",
    },
)
@polite
def pack(c: Context, file: str, platform: list[str] | None = None, mirror: str | None = None) -> None:
    """Put the base images into one file, with checksums, for those without a network (docker save -o FILE IMAGE...)."""
    from workshop import keys, report
    from workshop.classroom import packing

    order = packing.order(file, platform or [], mirror)
    report.command(packing.command(order))
    if not c.config.run.dry:
        with keys.ended_cleanly():
            packing.pack(order, report.say)


@task(positional=["file"], help={"file": "what `invoke pack` or docker save wrote; or the folder it is in"})
@polite
def load(c: Context, file: str) -> None:
    """Check a file of base images, then load them, and say what changed (docker load -i FILE)."""
    from workshop import report
    from workshop.classroom import loading

    path = loading.archive(file)
    report.command(["docker", "load", "-i", path.as_posix()])
    if not c.config.run.dry:
        loading.load(path, report.say)


@task(
    help={
        "port": "where it listens",
        "file": "serve what `invoke pack` wrote instead, for all its platforms (else: this engine's base images)",
    }
)
@polite
def mirror(c: Context, port: int = 5001, file: str | None = None) -> None:
    """Serve the base images to the room until Ctrl-C (docker run -p PORT:5000 registry:3, docker tag, docker push)."""
    from workshop import keys, report
    from workshop.classroom import mirror

    order = mirror.order(port, file)
    for words in mirror.commands(order):
        report.command(words)
    if c.config.run.dry:
        return
    with keys.ended_cleanly():
        mirror.serve(order, report.say)


@task(help={"learners": "how many will pull at the same time"})
@polite
def quota(_c: Context, learners: int = 0) -> None:
    """Say what a class would pull from behind one address, what Docker Hub says is left, and what to do."""
    from workshop import report
    from workshop.classroom import quota

    if code := quota.report(learners, report.say):
        raise Exit(code=code)


@task(
    help={
        "port": "where it listens",
        "names": "let the instructor's page show names; --no-names lets no page do so",
        "minutes": "after so many with the same failed check, somebody is stuck for long",
        "code": "what learners join with (else: one that nobody guesses)",
        "new": "begin a new class, though there is one of today",
    }
)
@polite
def board(  # noqa: PLR0913, PLR0917 - one for each flag
    c: Context, port: int = 8101, names: bool = True, minutes: int = 10, code: str = "", new: bool = False
) -> None:
    """Serve a page that shows where the class is and what it is stuck at, until Ctrl-C; learners join as they like."""
    from workshop import report
    from workshop.board import starting

    order = starting.order(port=port, names=names, minutes=minutes, code=code, new=new)
    starting.show(order, report.say) if c.config.run.dry else starting.run(order, report.say)


@task(
    positional=["address", "code"],
    help={
        "address": "the board's, as your instructor shows it, such as 192.168.1.5",
        "code": "the class's",
        "name": "what the board calls you (else: it asks, or makes one up)",
    },
)
@polite
def join(c: Context, address: str, code: str, name: str = "") -> None:
    """Join the class board: from then on it hears which exercise you verify, and which check failed; no files."""
    from workshop import report
    from workshop.joining import joining

    joining.join(address, code, name, say=report.say, ask=asking(), dry=c.config.run.dry)


@task
@polite
def leave(c: Context) -> None:
    """Leave the class board: nothing goes there any more, and your name is taken off it."""
    from workshop import report
    from workshop.joining import joining

    joining.leave(report.say, dry=c.config.run.dry)
