"""exercise-3 sends its learners for a file that lies outside its folder: it must be there."""

from __future__ import annotations

import pytest

from workshop import exercises, places
from workshop.dockerfile import parse


@pytest.fixture
def exercise() -> exercises.Exercise:
    """Find the exercise that speaks of a file of the lesson."""
    return exercises.find("exercise-3")


def test_the_starter_names_a_file_that_is_really_there(exercise: exercises.Exercise) -> None:
    copy = parse((exercise.starter / "Dockerfile").read_bytes()).instructions[1]
    assert (exercise.folder / copy.sources[0]).resolve() == places.LESSON.resolve() / "style.css"
    assert (places.SOLUTIONS / "docker-101" / "starter" / "style.css").is_file()


def test_the_answer_key_has_the_same_stylesheet(exercise: exercises.Exercise) -> None:
    given = places.SOLUTIONS / "docker-101" / "starter" / "style.css"
    assert (exercise.key / "style.css").read_bytes() == given.read_bytes()
