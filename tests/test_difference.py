"""Texts that print alike are shown so that the difference can be seen."""

from __future__ import annotations

import pytest

from workshop.judging.difference import first_difference


@pytest.mark.parametrize(
    ("expected", "actual", "sign"),
    [
        ("hello\nworld", "hello\r\nworld", "␍"),
        ("a b", "a\tb", "⇥"),
        ("done", "done ", "·"),
        ("a b", "a\u00a0b", "⍽"),
        ("page", "\ufeffpage", "<BOM>"),
        ("word", "wo\u200brd", "<ZWSP>"),
        ("one\ntwo", "one", "the text ends before it"),
        ("one\n\ntwo", "one\ntwo", "an empty line"),
    ],
)
def test_the_difference_can_be_seen(expected: str, actual: str, sign: str) -> None:
    wanted, seen = first_difference(expected, actual)
    assert wanted != seen
    assert sign in wanted + seen


def test_a_difference_far_into_a_long_line_is_in_the_part_that_is_shown() -> None:
    wanted, seen = first_difference("x" * 5000 + "A" + "y" * 5000, "x" * 5000 + "B" + "y" * 5000)
    assert "A" in wanted
    assert "B" in seen
    assert len(wanted) < 200
