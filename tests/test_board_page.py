"""The board's page in a real browser, with a class of 500 that talks to it meanwhile. No engine needed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from workshop.board import course

from .browser import Browser
from .conftest import copy_repository
from .served import Served, failed, passed

LEARNERS = 500
HOSTILE = "<img src=x onerror=\"document.title='harmed'\">"


def _learn(board: Served, number: int) -> str:
    """Let a learner join and work: the first 40 stick at one check for long, the next 25 at another; give the token."""
    token = str(board.join(f"Learner {number:03}")["token"])
    if number < 40:
        verdicts = [passed(1, "exercise-1"), failed(2, "exercise-2", SECOND, ago=1200)]
    elif number < 65:
        verdicts = [failed(1, "exercise-1", FIRST)]
    else:
        verdicts = [passed(1, "exercise-1"), passed(2, "exercise-2")]
    assert board.tell(token, *verdicts) == len(verdicts)
    return token


UNITS = course.read().units
FIRST, SECOND = next(iter(UNITS[0].checks)), list(UNITS[1].checks)[1]


def _facts(page: Browser) -> list[str]:
    return [
        str(one) for one in page.run("[...document.querySelectorAll('#facts li')].map(one => one.innerText.trim())")
    ]


def test_the_page_shows_a_class_of_500_and_its_names_only_while_it_should(tmp_path: Path) -> None:
    root = tmp_path / "a copy"
    copy_repository(root)
    with Served(root, "--new") as board, Browser(tmp_path / "browser") as page:
        page.resize(1280, 720)
        page.open(board.url)
        page.becomes("document.body && document.body.innerText.includes('Nobody is here yet')")
        assert f"invoke join {board.said.split('invoke join ')[1].split()[0]} {board.code}" in page.text

        with ThreadPoolExecutor(16) as they:
            tokens = list(they.map(lambda number: _learn(board, number), range(LEARNERS)))
        assert len(set(tokens)) == LEARNERS
        page.becomes(f"document.querySelector('#facts b').textContent == '{LEARNERS}'")
        page.becomes("document.querySelectorAll('#facts b')[1].textContent == '910'")
        assert _facts(page)[:3] == ["500 learners", "910 exercises passed", "65 stuck"]
        assert _facts(page)[3].startswith("40 for long")
        stuck = page.run("[...document.querySelectorAll('#checks li')].map(one => one.innerText.split('\\n'))")
        assert [(one[0], one[1]) for one in stuck] == [
            ("40", UNITS[1].checks[SECOND]),
            ("25", UNITS[0].checks[FIRST]),
        ], "the check that most are stuck at comes first, with its title"
        row = page.run(
            "[...document.querySelectorAll('#where tbody tr')].map(one => one.innerText.split(/\\s*\\t\\s*/))"
        )
        assert [row[0][-3:], row[1][-3:], row[2][-3:]] == [["475", "25", "25"], ["435", "40", "40"], ["0", "435", "0"]]
        assert "Learner" not in page.html, "nothing that tells who is who"

        page.open(f"{board.url}key/{board.key}")
        page.becomes(f"document.querySelectorAll('#people li').length == {LEARNERS}")
        page.becomes("document.querySelectorAll('#waiting li').length == 24")
        assert board.key not in str(page.run("location.href + document.cookie")), "what a projector shows opens nothing"
        assert "exercise-2 The stylesheet" in page.text.replace("  ", " ")
        # One passes, a hostile one comes: the page follows by itself.
        board.tell(tokens[0], passed(3, "exercise-2"))
        board.join(HOSTILE)
        page.becomes("document.querySelector('#facts li.stuck b').textContent == '64'")
        page.becomes(f"document.querySelectorAll('#people li').length == {LEARNERS + 1}")
        shown = page.run("[...document.querySelectorAll('#people .who')].map(one => one.textContent)")
        assert HOSTILE[:24].strip() in shown, "what strangers wrote is text"
        assert page.run("document.title") == "Class board"
        assert not page.run("document.querySelectorAll('img').length")

        page.run("document.getElementById('toggle').click()")
        assert "Learner" not in page.html, "names go at once"
        page.becomes(
            "document.body.dataset.shows == 'numbers' && document.querySelector('#facts b').textContent == '501'"
        )
        page.open(f"{board.url}instructor")
        page.becomes("document.body && document.body.dataset.shows == 'numbers'")
        assert "Learner" not in page.html, "a reload does not bring them back onto the projector"
        page.run("document.getElementById('toggle').click()")
        page.becomes("document.querySelectorAll('#people li').length == 501")
        sources = page.run("performance.getEntriesByType('resource').map(one => new URL(one.name).host)")
        assert set(sources) == {f"127.0.0.1:{board.port}"}, f"everything comes from the board: {json.dumps(sources)}"

        assert board.stop() == 130
        page.becomes("document.getElementById('state').textContent.includes('does not answer')")
