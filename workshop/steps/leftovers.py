"""What the workshop made on the engine, for `invoke cleanup` and `invoke reset`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workshop import changes, exercises, places
from workshop.engine import cleaning, glance, labels
from workshop.judging import kept
from workshop.trouble import MachineTrouble

from . import ports

LESSON = places.LESSON.name
NAMELESS = "<none>"


@dataclass(frozen=True)
class Leftover:
    """Something the workshop made."""

    kind: str
    id: str
    name: str
    of: str = LESSON
    """The exercise that it was made for, or the lesson; empty for what only a verification in progress needs."""

    @property
    def line(self) -> str:
        """Describe it in one line."""
        return f"{self.kind} {self.name} {changes.short(self.id)}"


def made_here(*, with_images: bool) -> list[Leftover]:
    """List what this copy of the workshop made on the engine, and nothing else."""
    images = [
        Leftover("image", one["Id"], tag, _purpose(tag))
        for one in cleaning.images(places.ROOT)
        for tag in one["RepoTags"] or [NAMELESS]
    ]
    found = [
        # by the name that was typed: to the engine, an exercise's image may be the very one of the lesson
        Leftover("container", one["Id"], one["Names"][0].lstrip("/"), _container_of(one))
        for one in cleaning.containers(places.ROOT)
    ]
    return [*found, *images, *_beside(images)] if with_images else found


def _container_of(one: dict[str, Any]) -> str:
    return "" if labels.LAB in one["Labels"] else _purpose(one["Image"])


def _purpose(reference: str) -> str:
    repository = reference.partition(":")[0]
    if repository == labels.LAB_IMAGES:
        return ""
    return next((one.name for one in exercises.every() if one.image == repository), LESSON)


def _beside(images: list[Leftover]) -> list[Leftover]:
    """List what the classic builder left beside the exercises' images, without a name."""
    nameless = set(cleaning.nameless()) - {one.id for one in images}
    return [
        Leftover("image", found, NAMELESS, exercise.name)
        for exercise in exercises.every()
        for found in kept.among(nameless, exercise.name)
    ]


def made_for(name: str) -> list[Leftover] | None:
    """List what was made here for an exercise, for docker-101, or for all; None where no engine answers."""
    try:
        return [one for one in made_here(with_images=True) if name in ("all", one.of)]
    except MachineTrouble:
        return None


def by_hand(container: str) -> str:
    """Say of a container with the lesson's name that it is not the workshop's to remove; empty where there is none."""
    try:
        there = glance.container(container)
    except MachineTrouble:
        return ""
    if not there or ports.started_here(there):
        return ""
    return f"= container {container} was started by hand, so it stays. To remove it: docker rm -f {container}"


def commands(found: list[Leftover]) -> list[list[str]]:
    """Write the `docker` commands that removing these stands for."""
    names: dict[str, list[str]] = {"container": [], "image": []}
    for one in found:
        names[one.kind].append(changes.short(one.id) if one.name == NAMELESS else one.name)
    words = {"container": ["docker", "rm", "-f"], "image": ["docker", "rmi"]}
    return [[*words[kind], *which] for kind, which in names.items() if which]


def show_all(found: list[Leftover], show: Callable[[str], None], command: Callable[[list[str]], None]) -> None:
    """Show these, and the commands that removing them stands for."""
    for one in found:
        show(f"  {one.line}")
    for words in commands(found):
        command(words)


def clean_up(
    *,
    with_images: bool,
    dry: bool,
    show: Callable[[str], None],
    command: Callable[[list[str]], None],
    sure: Callable[[str], bool],
) -> None:
    """Show what was made here and how it goes, and remove it when `sure` of it; `dry` only shows."""
    found = made_here(with_images=with_images)
    if not found:
        show(_none_of_it(0 if with_images else len(made_here(with_images=True))))
        return
    show_all(found, show, command)
    if dry:
        return
    if sure(f"Remove {'these' if len(found) > 1 else 'this'}?"):
        remove(found, show)
    else:
        show("Nothing was removed." + ("" if sys.stdin.isatty() else " Add --yes to remove them."))


def _none_of_it(images: int) -> str:
    """Say that there is nothing to remove, but so many images that were not asked for."""
    if not images:
        return "Nothing to clean up: this copy of the workshop has nothing on this engine."
    its = "Its image" if images == 1 else f"Its {images} images"
    return f"This copy of the workshop has no containers. {its}: invoke cleanup --all"


def remove(found: list[Leftover], show: Callable[[str], None]) -> None:
    """Remove these, containers first, and say each."""
    for one in sorted(found, key=lambda leftover: leftover.kind != "container"):
        if one.kind == "container":
            done = cleaning.remove_container(one.id)
        else:
            done = cleaning.remove_image(one.id if one.name == NAMELESS else one.name)
        show(f"- {one.line}" if done else f"= {one.line} is gone already, or in use")
