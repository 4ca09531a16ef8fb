"""A class's grades, written down: for programs, for spreadsheets, for Gradescope, and for people. No engine needed."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests import browser
from workshop import report
from workshop.classroom.journal import Journal
from workshop.classroom.results import Grade, Results
from workshop.judging.verdict import Finding, Outcome, Result, Verdict, Where, from_json
from workshop.report.grade_files import COLUMNS, grade_files
from workshop.report.grades import grades, grading

NASTY = "<script>alert(1)</script>=1+1\x1b[31m\x00\ufffe"
PASSED = Verdict("exercise-1", "", (Result("builds", "It builds", Outcome.PASSED, 0.3, notes=("a note",)),), 0.3)
FAILED = Verdict(
    "exercise-2",
    "",
    (
        Result("builds", "It builds", Outcome.PASSED, 0.3),
        Result(
            "serves",
            "The page is yours",
            Outcome.FAILED,
            0.1,
            Finding(
                "welcome-page",
                f"because {NASTY}",
                "your page",
                NASTY,
                "look",
                "docker ps",
                Where("Dockerfile", 2, NASTY),
            ),
        ),
        Result("styled", "It has style", Outcome.SKIPPED, waits_for="The page is yours"),
    ),
    0.4,
)
LOST = Verdict(
    "exercise-2", "", (Result("builds", "It builds", Outcome.BROKEN, finding=Finding("disk-full", "no room")),)
)
REFUSED = Verdict(
    "", "", (Result("submission", "It can be judged", Outcome.FAILED, finding=Finding("archive-damaged", "x")),)
)


@pytest.fixture
def results() -> Results:
    """Give a class of five: one good, one with a hostile name, one not begun, one the machine lost, one refused."""
    return Results.ordered(
        ["alice", f"=bob {NASTY}", "chidi", "dana", "eve"],
        [
            Grade("eve", "", REFUSED),
            Grade("alice", "exercise-10", PASSED, "f1"),
            Grade("alice", "exercise-2", FAILED, "f2", ("not taken: pipe",)),
            Grade(f"=bob {NASTY}", "exercise-2", FAILED, "f2"),
            Grade("chidi", "exercise-2", FAILED, "f3", untouched=True),
            Grade("dana", "exercise-2", LOST, "f4"),
        ],
    )


class _Page(HTMLParser):
    """What a browser would make of a page: tags, attributes, text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_verdicts_survive_the_journal_and_a_torn_line_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    with Journal(file) as journal:
        journal.add("f1", PASSED)
        journal.add("f2", FAILED)
        journal.add("f4", LOST)
    whole = file.read_bytes()
    for torn in (whole[:-20], whole + b'{"version": 1, "finger', whole + b"\xff\x00 nonsense\n[]\n3\n{}\n"):
        file.write_bytes(torn)
        with Journal(file) as journal:
            assert journal.known["f1"] == PASSED
            journal.add("f3", PASSED)
        with Journal(file) as journal:
            assert journal.known.keys() >= {"f1", "f3"}
            assert "f4" not in journal.known, "what was broken is tried again"
    assert from_json(json.loads(json.dumps(FAILED.as_json()))) == FAILED


def test_every_form_says_the_same(results: Results, tmp_path: Path) -> None:
    grade_files(results, tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text("utf-8").splitlines()]
    with (tmp_path / "results.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [line["outcome"] for line in lines] == [row["outcome"] for row in rows]
    assert tuple(rows[0]) == COLUMNS
    assert [(line["learner"], line["exercise"]) for line in lines][:2] == [
        ("alice", "exercise-2"),
        ("alice", "exercise-10"),
    ]
    suites = ElementTree.parse(tmp_path / "junit.xml").getroot()  # noqa: S314 - written a moment ago
    assert [suite.get("name", "").split()[0] for suite in suites] == ["alice", "alice", "=bob", "chidi", "dana", "eve"]
    assert sum(int(suite.get("errors", "0")) for suite in suites) == 1


def test_no_cell_is_a_formula(results: Results, tmp_path: Path) -> None:
    grade_files(results, tmp_path)
    with (tmp_path / "results.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert any(cell.startswith("'=bob") for cell in cells)


def test_gradescope_gets_no_zero_for_what_was_not_judged(results: Results, tmp_path: Path) -> None:
    grade_files(results, tmp_path)
    made = {
        file.parent.name: json.loads(file.read_text("utf-8")) for file in tmp_path.glob("gradescope/*/results.json")
    }
    assert len(made) == 4
    assert "dana" not in made
    assert made["alice"]["score"] == 1
    assert [(test["name"], test["score"], test["max_score"], test["status"]) for test in made["alice"]["tests"]] == [
        ("exercise-2", 0, 1, "failed"),
        ("exercise-10", 1, 1, "passed"),
    ]
    assert "The page is yours" in made["alice"]["tests"][0]["output"]
    assert made["eve"]["score"] == 0
    assert "archive-damaged" not in made["chidi"]["output"]
    assert not (tmp_path / "results.json").exists()
    alone = Results.ordered(["alice"], [one for one in results.grades if one.learner == "alice"])
    grade_files(alone, tmp_path)
    assert json.loads((tmp_path / "results.json").read_text("utf-8"))["score"] == 1
    assert [place.name for place in tmp_path.glob("gradescope/*")] == ["alice"]


def test_the_page_needs_nothing_else_and_what_strangers_wrote_is_text(results: Results, tmp_path: Path) -> None:
    grade_files(results, tmp_path)
    page = _Page((tmp_path / "report.html").read_text("utf-8"))
    assert [tag for tag, _ in page.tags].count("script") == 1, "only ours"
    assert NASTY.split("=", maxsplit=1)[0] in page.text
    assert "\x1b" not in page.text
    links = [value or "" for _, attrs in page.tags for name, value in attrs.items() if name in ("href", "src")]
    assert links
    ids = {f"#{attrs['id']}" for _, attrs in page.tags if attrs.get("id")}
    assert set(links) <= ids, "every link leads to a verdict on this page"
    shown = [attrs.get("title") or "" for tag, attrs in page.tags if tag == "a"]
    assert any("not begun" in title for title in shown)


def test_in_a_browser_a_cell_unfolds_its_verdict(results: Results, tmp_path: Path) -> None:
    grade_files(results, tmp_path)
    text = (tmp_path / "report.html").read_text("utf-8")
    wanted = re.findall(r'href="#(v\d+)"', text)[1]
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", f"--user-data-dir={tmp_path / 'browser'}"]
    done = subprocess.run(
        [browser.program(), *words, f"{(tmp_path / 'report.html').as_uri()}#{wanted}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    unfolded = [attrs["id"] for tag, attrs in _Page(done.stdout).tags if tag == "details" and "open" in attrs]
    assert unfolded == [wanted]


def test_piped_each_grade_is_a_line_and_the_table_tells_the_rest(
    results: Results, capsys: pytest.CaptureFixture[str]
) -> None:
    report.console.cache_clear()
    with grading(len(results.grades)) as show:
        for one in results.grades:
            show(one)
    grades(results)
    said = capsys.readouterr().out
    assert "alice  exercise-2  failed  serves: welcome-page\n" in said
    assert "eve  everything  failed  submission: archive-damaged\n" in said
    table = {
        line.split()[0]: line.split()[1:]
        for line in said.splitlines()
        if line.startswith(("alice ", "chidi ", "dana "))
    }
    assert (table["chidi"], table["dana"]) == (["-", ".", "0", "of", "2"], ["B", ".", "0", "of", "2"])
    assert re.search(r"2\s+exercise-2  The page is yours \(welcome-page\)", said), "who has not begun does not count"
    assert "1 passed, 4 failed, 1 broken, of 6." in said
    assert "\x1b" not in said


def test_a_name_of_two_lines_stays_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    report.console.cache_clear()
    with grading(1) as show:
        show(Grade("ann\nexercise-1  passed", "exercise-2", FAILED, "f2"))
    assert len(capsys.readouterr().out.splitlines()) == 1
