"""The tasks about the machine and the repository: readying, examining, testing; `tasks.py` has them in its list."""

from __future__ import annotations

import sys

from invoke import Context, Exit, task

from workshop import trouble
from workshop.tasking import CONTAINER, YES, container_name, polite, sure


@task(help=YES)
@polite
def setup(_c: Context, yes: bool = False) -> None:
    """Make sure that there is an engine, and the two base images (docker version, docker pull)."""
    from workshop import places, ready, report
    from workshop.doctor.finding import typed

    ready.setup(report.say, ask=lambda question: yes or not sys.stdin.isatty() or sure(question, yes=False))
    report.say(f"Ready. Next: {typed('lesson')}, or read {places.as_typed(places.LESSON / 'README.md')}.")


@task(
    help={
        "json": "print one JSON object and nothing else",
        "share": "print a block to send to your instructor, without names, addresses or paths",
    }
    | CONTAINER
)
@polite
def doctor(c: Context, json: bool = False, share: bool = False, container: str | None = None) -> None:
    """Say what is wrong with this machine for the workshop, and the fix (docker version, docker info)."""
    from workshop import bases, places, report
    from workshop import doctor as examining

    name = container_name(c, container)
    found = examining.diagnose(places.ROOT, container=name, bases=bases.status)
    if json or share:
        report.as_json(examining.as_json(found)) if json else report.shared(examining.share(found, name))
    else:
        report.examination(found)
    if any(one.ok is False for one in found):
        raise Exit(code=trouble.MACHINE)


@task(help={"mirror": "take them from this registry, HOST:PORT"})
@polite
def pull(c: Context, mirror: str | None = None) -> None:
    """Fetch the base images from the registry, or from the class's mirror (docker pull)."""
    from workshop import bases, names, report

    mirror = None if mirror is None else names.registry(mirror, "pull")
    if not c.config.run.dry:
        bases.pull(report.say, mirror=mirror)
        return
    for name in bases.BASE_IMAGES:
        report.command(["docker", "pull", f"{mirror}/library/{name}" if mirror else name])


@task
@polite
def demo(_c: Context) -> None:
    """Show the main job, start to end: images, build, run, port, the page, a verdict; then clean up."""
    from workshop import demo as show
    from workshop import ready, report

    ready.setup(report.say, ask=lambda question: sure(question, yes=not sys.stdin.isatty()))
    show.run(report.say, report.command)


@task(help={"args": "words for pytest, such as --args='-k port'"})
@polite
def test(c: Context, args: str = "") -> None:
    """Run the whole test suite on the real engine."""
    from workshop import ready, report

    ready.setup(report.say, ask=lambda question: sure(question, yes=not sys.stdin.isatty()))
    ready.development_tools(report.say)
    if (code := ready.pytest(args)) and not c.config.run.dry:
        raise Exit(code=code)


@task(
    positional=["exercise"],
    help={
        "exercise": "which one, such as exercise-1; or all",
        "mutants": "judge the model answer with a slip in it, too: a check must notice each",
        "builder": "build with this one, classic or buildkit (else: the one that `docker build` uses here)",
        "json": "print one JSON object and nothing else",
    },
)
@polite
def prove(_c: Context, exercise: str, mutants: bool = False, builder: str | None = None, json: bool = False) -> None:
    """Prove that the checks are right: starters and wrong answers fail for their reason, solutions pass."""
    from workshop.proof import proofs

    if code := proofs.prove(exercise, builder=builder, with_mutants=mutants, as_json=json):
        raise Exit(code=code)


@task
@polite
def lint(_c: Context) -> None:
    """Run ruff and mypy over the repository."""
    from workshop import ready, report

    ready.development_tools(report.say)
    if code := ready.lint():
        raise Exit(code=code)


@task(
    help={
        "repeat": "runs of each (15)",
        "svg": "draw the table into this file, too",
        "grading": "measure grading a class instead, beside the engine's own limit",
    }
)
@polite
def bench(c: Context, repeat: int = 15, svg: str = "", grading: bool = False) -> None:
    """Measure the tasks beside the docker command, the engine's own part and other tools; takes minutes."""
    from workshop import ready

    words = [] if grading else ["--repeat", str(repeat), *(["--svg", svg] if svg else [])]
    if (code := ready.bench("grading" if grading else "bench", words)) and not c.config.run.dry:
        raise Exit(code=code)
