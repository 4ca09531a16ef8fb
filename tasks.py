"""The workshop's tasks: each shows the `docker` command it stands for, runs it, and says what it changed.

Exit codes: 0 done · 1 not there yet · 2 wrong usage · 3 the engine or this machine · 4 a bug in a check of ours.
"""

from __future__ import annotations

import sys
from pathlib import Path

from invoke import Collection, Context, Exit, task

from class_tasks import board, catchup, grade, join, leave, load, mirror, pack, quota, reset
from machine_tasks import bench, demo, doctor, lint, prove, pull, setup, test
from workshop import names
from workshop.tasking import CONTAINER, YES, WordMayFollow, asking, container_name, polite, refuse_bad_usage, sure

EXERCISE = {"exercise": "such as exercise-1 (else: the one whose folder you are in)"}
IMAGE = {"image": "the image's name (else: banana-smith-image, or what invoke.yaml says)"}


def _image(c: Context, name: str | None) -> str:
    return names.image(str(name or c.config.workshop.image))


def _shown(c: Context, words: list[str]) -> bool:
    """Show the command a task stands for; True when that is all that was asked for (`invoke --dry`)."""
    from workshop import report

    report.command(words)
    return bool(c.config.run.dry)


# The lesson -------------------------------------------------------------------------------------------------


@task
@polite
def images(c: Context) -> None:
    """List the images on this machine, with a note on the workshop's (docker images)."""
    from workshop import report
    from workshop.steps import images

    if not _shown(c, ["docker", "images"]):
        report.images(images.list_images())


@task(help=IMAGE | {"path": "the folder to build (else: docker-101)"})
@polite
def build(c: Context, image: str | None = None, path: str | None = None) -> None:
    """Build your image from a Dockerfile (docker build -t NAME FOLDER)."""
    from workshop import report
    from workshop.steps import images

    name, folder = _image(c, image), images.folder_to_build(path)
    if not _shown(c, images.build_command(name, folder)):
        report.say(images.build(name, folder))


@task(help=IMAGE | CONTAINER)
@polite
def run(c: Context, image: str | None = None, container: str | None = None) -> None:
    """Start a container from your image, its ports published (docker run -d -P --name NAME IMAGE)."""
    from workshop import report
    from workshop.steps import containers

    name, its_name = _image(c, image), container_name(c, container)
    if c.config.run.dry:
        report.command(containers.run_command(name, its_name))
    else:
        report.say(containers.run(name, its_name, report.say, report.command))


@task(help=CONTAINER)
@polite
def port(c: Context, container: str | None = None) -> None:
    """Print the address where your container answers; only that when piped (docker port NAME)."""
    from workshop.steps import ports

    name = container_name(c, container)
    words = ["docker", "port", name]
    if c.config.run.dry or sys.stdout.isatty():
        _shown(c, words)
    if not c.config.run.dry:
        for inner, address in ports.addresses(name):
            sys.stdout.write(f"{inner} -> http://{address}\n" if sys.stdout.isatty() else f"{address}\n")


@task(name="open", help=CONTAINER)
@polite
def open_(c: Context, container: str | None = None) -> None:
    """Open your container's page in the browser (docker port NAME, then its address)."""
    from workshop import report
    from workshop.steps import containers

    name = container_name(c, container)
    if not _shown(c, ["docker", "port", name]):
        report.say(containers.open_page(name))


@task(help=CONTAINER)
@polite
def logs(c: Context, container: str | None = None) -> None:
    """Print what your container printed (docker logs NAME)."""
    from workshop import report
    from workshop.steps import containers

    name = container_name(c, container)
    if not _shown(c, ["docker", "logs", name]):
        report.verbatim(containers.logs(name))


@task(help=CONTAINER)
@polite
def stop(c: Context, container: str | None = None) -> None:
    """Stop your container; it keeps its name and its files (docker stop NAME)."""
    from workshop import report
    from workshop.steps import containers

    name = container_name(c, container)
    if not _shown(c, ["docker", "stop", name]):
        report.say(containers.stop(name))


@task(help={"image": "an image's name, or the first characters of its ID (else: yours)"})
@polite
def shell(c: Context, image: str | None = None) -> None:
    """Look around inside an image, in a new container that goes when you leave (docker run -it --rm IMAGE sh)."""
    from workshop.steps import shells

    words = shells.shell_command(_image(c, image))
    if not _shown(c, words):
        shells.shell(words)


@task(
    klass=WordMayFollow,
    positional=["exercise"],
    help=IMAGE
    | {
        "exercise": "the exercise whose image to show, such as exercise-2",
        "svg": "also draw it into this file, as a picture",
    },
)
@polite
def layers(c: Context, exercise: str | None = None, image: str | None = None, svg: str | None = None) -> None:
    """Show which instruction made which layer, whose, how big, what was wasted (docker history --no-trunc IMAGE)."""
    from workshop import report
    from workshop.learning import layering

    name = layering.image_of(exercise, image) or _image(c, image)
    if not _shown(c, ["docker", "history", "--no-trunc", name]):
        found = layering.read(name, lessons=_image(c, None))
        report.stack(found)
        if svg:
            report.say(f"picture  {report.picture(found, Path(svg))}")


@task(
    help={
        "section": "the number of the section to show (else: where you are)",
        "part": "concepts, lesson or push: what comes before, the lesson itself, what comes after",
        "next": "go on to the next section",
        "list": "list the sections, with a mark on the one you are at",
    }
)
@polite
def lesson(_c: Context, section: int = 0, part: str = "", next: bool = False, list: bool = False) -> None:
    """Show the lesson, section by section, and offer to run its commands one at a time."""
    from workshop import report
    from workshop.learning import teaching

    if list:
        report.say("\n".join(teaching.listing()))
    else:
        teaching.show(section, part=part, forward=next, ask=asking())


@task(help=YES | {"all": "the images that were built here, too"}, auto_shortflags=False)
@polite
def cleanup(c: Context, all: bool = False, yes: bool = False) -> None:
    """Show, then remove, what the workshop made on the engine, and nothing else (docker rm -f …, docker rmi …)."""
    from workshop import report
    from workshop.steps import leftovers

    if mine := leftovers.by_hand(container_name(c)):
        report.say(mine)
    leftovers.clean_up(
        with_images=all,
        dry=c.config.run.dry,
        show=report.say,
        command=report.command,
        sure=lambda question: sure(question, yes=yes),
    )


@task(
    klass=WordMayFollow,
    positional=["what"],
    optional=["error"],
    help={
        "what": "an exercise, such as exercise-3, or a folder (else: the exercise you are in, or docker-101)",
        "path": "that folder, or a Dockerfile of any name",
        "image": "the image that was built from it, for the sizes (else: the one that the tasks build)",
        "error": "an error of Docker's to explain instead, in single quotes; - or nothing: what is piped in",
    },
)
@polite
def explain(
    c: Context, what: str | None = None, path: str | None = None, image: str | None = None, error: str | None = None
) -> None:
    """Explain a Dockerfile line by line, or an error of Docker's, in plain words (docker history IMAGE)."""
    from workshop.learning import explaining

    if error is None:
        explaining.dockerfile(
            explaining.one_of(what, path), image=image and names.image(image), lessons=_image(c, None)
        )
    else:
        explaining.error(explaining.given(error))


# The exercises ----------------------------------------------------------------------------------------------


@task(default=True)
@polite
def exercises(_c: Context) -> None:
    """List the exercises, what each is about, how far you are, and what comes next."""
    from workshop.learning import overview

    overview.show()


@task(
    klass=WordMayFollow,
    positional=["exercise"],
    help={
        "exercise": "which one, such as exercise-1; or all (else: the one whose folder you are in)",
        "path": "judge this folder instead of yours",
        "json": "print one JSON object and nothing else",
        "junit": "write the verdict as JUnit XML to this file, too",
        "again": "look anew, though nothing was saved since it passed",
    },
)
@polite
def verify(  # noqa: PLR0913, PLR0917 - what one may ask for
    c: Context,
    exercise: str | None = None,
    path: str | None = None,
    json: bool = False,
    junit: str | None = None,
    again: bool = False,
) -> None:
    """Say whether an exercise is done, and if not, why (docker build, docker run, and a look at the result)."""
    from workshop import exercises
    from workshop.learning import verifying

    wanted = verifying.Wanted(path, json, Path(junit) if junit else None, again)
    code = verifying.verify(exercises.meant(exercise, "verify"), wanted, dry=c.config.run.dry)
    if code:
        raise Exit(code=code)


@task(
    klass=WordMayFollow,
    positional=["exercise"],
    help=EXERCISE | {"poll": "look for saves again and again, where the system tells of none"},
)
@polite
def watch(c: Context, exercise: str | None = None, poll: bool = False) -> None:
    """Verify an exercise at every save, until you press q or Ctrl-C (docker build and docker run, each time)."""
    from workshop import exercises
    from workshop.learning import watching

    watching.watch(exercises.meant(exercise, "watch"), poll=poll, dry=c.config.run.dry)


@task(
    klass=WordMayFollow,
    positional=["exercise"],
    help=EXERCISE | {"level": "1, 2 or 3: how much it gives away"},
)
@polite
def hint(_c: Context, exercise: str | None = None, level: int = 0) -> None:
    """Say where to look next; sharper with each attempt, never the answer."""
    from workshop import exercises, report
    from workshop.learning import helping

    report.text(helping.hint(exercises.meant(exercise, "hint"), level))


@task(
    klass=WordMayFollow,
    positional=["exercise"],
    help=EXERCISE | {"now": "show it though it is not passed yet"},
)
@polite
def solution(_c: Context, exercise: str | None = None, now: bool = False) -> None:
    """Show the model answer beside yours, and why it works, once you have passed."""
    from workshop import exercises, report
    from workshop.learning import helping

    report.text(helping.solution(exercises.meant(exercise, "solution"), now=now))


ns = Collection(
    *(images, build, run, port, open_, logs, stop, shell, lesson, layers, cleanup, explain),
    *(exercises, verify, watch, hint, solution),
    *(pack, load, mirror, quota),
    *(reset, catchup, grade),
    *(board, join, leave),
    *(setup, doctor, pull, demo, test, prove, bench, lint),
)
ns.configure({"workshop": {"image": "banana-smith-image", "container": "banana-smith-container"}})


refuse_bad_usage(ns)
