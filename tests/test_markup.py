"""A page is read as a browser reads it: which stylesheets it asks for, and where."""

from __future__ import annotations

import pytest

from workshop.judging.markup import Parsed, has_rules

LINK = '<link rel="stylesheet" href="{}">'


@pytest.mark.parametrize(
    ("page", "sheets"),
    [
        (LINK.format("style.css?v=2"), ["/style.css"]),
        (LINK.format("my look.css"), ["/my%20look.css"]),
        (LINK.format("my%20look.css"), ["/my%20look.css"]),
        (LINK.format("look\\style.css"), ["/look/style.css"]),
        ('<base href="/assets/">' + LINK.format("style.css"), ["/assets/style.css"]),
        (LINK.format("style.css") + '<base href="/assets/">', ["/style.css"]),
        ('<style>@import url("style.css");</style>', ["/style.css"]),
        ('<style>/* @import "style.css"; */</style>', []),
        ('<link rel="stylesheet" href="style.css" media="print">', []),
        ('<link rel="stylesheet" href="style.css" media="print" onload="this.media=\'all\'">', ["/style.css"]),
        ("<!-- " + LINK.format("style.css") + " -->", []),
    ],
)
def test_a_page_asks_for_its_stylesheets_as_in_a_browser(page: str, sheets: list[str]) -> None:
    parsed = Parsed(page)
    assert parsed.sheets == sheets
    assert not parsed.elsewhere
    assert not parsed.has_own_style


@pytest.mark.parametrize(
    ("page", "elsewhere", "lost"),
    [
        (LINK.format("C:\\site\\style.css"), "C:\\site\\style.css", True),
        (LINK.format("file:///site/style.css"), "file:///site/style.css", True),
        (LINK.format("http://localhost:8080/style.css"), "http://localhost:8080/style.css", True),
        (LINK.format("//cdn.example/style.css"), "http://cdn.example/style.css", False),
        ('<base href="https://ada.example/">' + LINK.format("style.css"), "https://ada.example/style.css", True),
    ],
)
def test_a_stylesheet_that_is_not_on_this_site_is_told_apart(page: str, elsewhere: str, lost: bool) -> None:
    parsed = Parsed(page)
    assert (parsed.sheets, parsed.elsewhere, parsed.is_lost) == ([], elsewhere, lost)


def test_rules_are_told_from_comments_and_pages() -> None:
    assert has_rules("h1 { color: teal; }")
    assert has_rules('@import "look.css";')
    assert not has_rules("/* h1 { color: teal; } */")
    assert not has_rules("\ufeff<html><style>h1 { color: teal; }</style></html>")
