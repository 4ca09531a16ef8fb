"""`invoke layers`: which image is meant, and its steps in the learner's own words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from workshop import exercises, places
from workshop.trouble import NotThere, Usage

if TYPE_CHECKING:
    from pathlib import Path

    from workshop.inside.stack import Stack, Step


def image_of(exercise: str | None, image: str | None) -> str | None:
    """Name the image of an exercise, the one in whose folder the user stands if no other; None for the lesson's.

    Raises:
        Usage: there is no such exercise, or an image is named as well.

    """
    if exercise and image:
        raise Usage(f"Which one: {exercise!r}, or --image {image}?", fix=f"invoke layers {exercise}")
    exercise = exercise or ("" if image else exercises.here())
    if not exercise or exercise.rstrip("/\\") == places.LESSON.name:
        return None
    return exercises.find(exercise).image


def folder_of(image: str, lessons: str) -> Path | None:
    """Find the folder that the tasks build an image from; `lessons` is the name of the lesson's image."""
    if image == lessons:
        return places.LESSON
    folder = places.EXERCISES / image.removeprefix(exercises.IMAGES)
    return folder if image.startswith(f"{exercises.IMAGES}exercise-") and folder.is_dir() else None


def read(image: str, *, lessons: str) -> Stack:
    """Read an image's stack, its COPY and ADD in the words of the Dockerfile where it was built from that.

    Raises:
        NotThere: there is no such image; says how to get it.

    """
    from workshop.inside import stack

    folder = folder_of(image, lessons)
    try:
        found = stack.read(image)
    except NotThere as missing:
        if folder is None:
            raise
        what, lesson = f"There is no image called {image} yet.", folder == places.LESSON
        why = "An image must be built before it can be looked at." if lesson else "Verifying the exercise builds it."
        raise NotThere(what, why=why, fix="invoke build" if lesson else f"invoke verify {folder.name}") from missing
    return replace(found, steps=_in_own_words(found, folder)) if folder else found


def _in_own_words(found: Stack, folder: Path) -> tuple[Step, ...]:
    """Put the names of files back where the older builder noted only hashes."""
    from workshop.dockerfile import file_in
    from workshop.dockerfile import read as read_dockerfile
    from workshop.inside import built, history

    file = file_in(folder)
    if not file.is_file() or not any(history.NAMELESS in step.instruction for step in found.steps):
        return found.steps
    if any(step.listed is None for step in found.steps):  # docker history counts otherwise, so its numbers mean others
        return found.steps
    known = built.steps(found.name, read_dockerfile(file), folder) or {}
    return tuple(
        replace(step, instruction=" ".join(known[number].text.split()))
        if number in known and history.NAMELESS in step.instruction
        else step
        for number, step in enumerate(found.steps)
    )
