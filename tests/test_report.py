"""How a verdict looks: on a console of fixed width, with words that stand without colour."""

from __future__ import annotations

import io
import sys

import pytest
from rich.console import Console

from tests.conftest import ROOT
from workshop import report
from workshop.doctor import Finding as Examined
from workshop.judging.verdict import Finding, Outcome, Result, Verdict, Where

NASTY = "\x1b[2J\x1b]0;owned\x07[bold]not bold[/bold] [/app] :banana: \x00\r\u202e"


def _shown(verdict: Verdict, *, width: int = 80, color: bool = False) -> str:
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=True,
        color_system="truecolor" if color else None,
        no_color=not color,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )
    report.verdict(verdict, attempt=2, to=console)
    return out.getvalue()


def _verdict(finding: Finding) -> Verdict:
    checks = (
        Result("builds", "Your Dockerfile builds", Outcome.PASSED, 0.31, notes=("a note",)),
        Result("serves", "The page is yours", Outcome.FAILED, 0.2, finding),
        Result("styled", "The page has its style", Outcome.SKIPPED, waits_for="The page is yours"),
    )
    return Verdict("exercise-1", "Your page, your image", checks, 0.6)


PLAIN = Finding(
    "welcome-page",
    why="Your index.html is not in the image.",
    expected="your index.html",
    actual="Welcome to nginx!",
    hint="which instruction copies?",
    look="docker run --rm banana-smith-exercise-1 ls /usr/share/nginx/html",
    where=Where("Dockerfile", 3, "COPY index.html /usr/share/html"),
)


def test_a_verdict_names_everything_a_learner_needs() -> None:
    shown = _shown(_verdict(PLAIN))
    for words in (
        "exercise-1  Your page, your image",
        "attempt 2",
        "pass   Your Dockerfile builds",
        "FAIL   The page is yours",
        "expected  your index.html",
        "seen      Welcome to nginx!",
        "Dockerfile:3",
        "3 | COPY index.html /usr/share/html",
        "because   Your index.html is not in the image.",
        "skip   The page has its style",
        "waits for this to pass: The page is yours",
        "1 of 3 passed",
    ):
        assert words in shown


def test_checks_that_wait_for_the_same_one_say_so_once() -> None:
    skipped = [
        Result(one, f"Thing {one}", Outcome.SKIPPED, waits_for=waits_for)
        for one, waits_for in (("a", "It builds"), ("b", "It builds"), ("c", "It runs"), ("d", "It builds"))
    ]
    lines = [line.rstrip() for line in _shown(Verdict("exercise-1", "x", tuple(skipped))).splitlines()]
    assert lines[1:-1] == [
        "  - skip   Thing a",
        "  - skip   Thing b",
        "          these 2   wait for this to pass: It builds",
        "  - skip   Thing c",
        "          waits for this to pass: It runs",
        "  - skip   Thing d",
        "          waits for this to pass: It builds",
    ]


def test_commands_that_two_findings_share_are_shown_once() -> None:
    failed = [Result(one, one, Outcome.FAILED, 0.2, PLAIN) for one in ("a", "b", "c")]
    shown = _shown(Verdict("exercise-1", "x", tuple(failed)))
    assert (shown.count(PLAIN.look), shown.count("look      as above")) == (1, 2)


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_no_text_is_wider_than_the_terminal(width: int) -> None:
    shown = [line.rstrip() for line in _shown(_verdict(PLAIN), width=width).splitlines()]
    longest = max(len(line) for line in shown if not line.startswith("docker "))  # the terminal folds commands
    assert longest <= max(width, 40)


def test_without_colour_the_words_are_the_same() -> None:
    plain, coloured = _shown(_verdict(PLAIN)), _shown(_verdict(PLAIN), color=True)
    assert "\x1b" not in plain
    assert report.clean(coloured) == plain


def test_what_a_learner_or_docker_wrote_is_only_text() -> None:
    """No escape reaches the terminal, and no markup is taken for ours."""
    nasty = Finding("x", why=NASTY, expected=NASTY, actual=NASTY, hint=NASTY, look=NASTY, where=Where(NASTY, 1, NASTY))
    shown = _shown(_verdict(nasty))
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "\u202e" not in shown
    assert "[bold]not bold[/bold]" in shown.replace("\n", " ").replace("  ", " ") or "[bold]" in shown
    assert "[/app]" in shown
    assert ":banana:" in shown


def test_a_broken_verdict_blames_the_machine_or_us() -> None:
    trouble = Finding("not-running", why="Nothing listens.", actual="Docker is not running.", hint="start Docker")
    broken = Verdict("exercise-1", "Your page", (Result("b", "It builds", Outcome.BROKEN, finding=trouble),))
    assert broken.exit_code == 3
    assert "this machine, not your answer" in _shown(broken)
    ours = Verdict(
        "exercise-1", "Your page", (Result("b", "It builds", Outcome.BROKEN, finding=trouble, our_bug=True),)
    )
    assert ours.exit_code == 4
    assert "a bug of ours, not your answer" in _shown(ours)


def test_no_checks_is_not_a_pass() -> None:
    empty = Verdict("exercise-1", "Your page", ())
    assert empty.outcome is Outcome.BROKEN
    assert empty.exit_code == 4


@pytest.mark.parametrize(
    ("wrong", "said"),
    [(0, "Nothing is wrong."), (1, "1 thing to mend, at the top."), (2, "2 things to mend, at the top.")],
)
def test_the_doctor_ends_with_a_sentence(wrong: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    report.examination([Examined("disk", ok=True, what="Enough."), *[Examined("cli", ok=False, what="None.")] * wrong])
    assert capsys.readouterr().out.endswith(f"\n\n{said}\n")


def test_what_goes_on_of_a_line_stands_under_its_text_and_not_under_its_sign() -> None:
    pytest.importorskip("termios", reason="needs a terminal of the Unix kind")
    from tests.terminal import Terminal

    code = "from workshop import report; [report.say(f'{sign} one two three four five six') for sign in '+-=']"
    with Terminal([sys.executable, "-c", code], columns=24, cwd=ROOT, env={}) as terminal:
        _, shown = terminal.all()
    assert shown.splitlines() == [line for sign in "+-=" for line in (f"{sign} one two three four", "  five six")]


def test_a_table_becomes_a_list_where_it_is_narrow() -> None:
    pytest.importorskip("termios", reason="needs a terminal of the Unix kind")
    from tests.terminal import Terminal

    text = (
        "Before\n\n| word | who | does |\n| --- | --- | --- |\n| `RUN` | everybody | it |\n| `CMD` | | that |\n\nEnd\n"
    )
    code = f"from workshop import report; report.markdown({text!r})"
    for columns, seen in [
        (20, ["Before", "• RUN: who:", "everybody; does:", "it", "• CMD: does: that", "End"]),
        (80, ["Before", "word who does", "RUN everybody it", "CMD that", "End"]),
    ]:
        with Terminal([sys.executable, "-c", code], columns=columns, cwd=ROOT, env={"NO_COLOR": "1"}) as terminal:
            _, shown = terminal.all()
        lines = [
            " ".join(line.split())
            for line in shown.splitlines()
            if line.strip() and "─" not in line and "━" not in line
        ]
        assert lines == seen, shown


def test_piped_markdown_has_nothing_that_only_a_browser_understands(capsys: pytest.CaptureFixture[str]) -> None:
    report.console.cache_clear()
    report.markdown("<details><summary>Check</summary>\n\nYes.\n\n</details>\n\n```html title=index.html\n<p>\n```\n")
    assert [line for line in capsys.readouterr().out.splitlines() if line] == [
        *("**Check**", "Yes.", "File `index.html`:", "```html", "<p>", "```"),
    ]


def _asked_on_a_terminal(text: str) -> str:
    """Show a text on a terminal of 30 lines whose reader presses Enter wherever they are asked."""
    pytest.importorskip("termios", reason="needs a terminal of the Unix kind")
    from tests.terminal import Terminal

    code = (
        "from workshop import report\n"
        f"report.markdown({text!r}, ask=lambda question: print('<', question, '>', sep='') or '')"
    )
    with Terminal([sys.executable, "-c", code], columns=80, cwd=ROOT, env={"NO_COLOR": "1"}) as terminal:
        _, shown = terminal.all()
    return shown


def test_a_folded_answer_waits_until_it_is_asked_for() -> None:
    folded = "<details><summary>Check</summary>\n\n{}\n\n</details>\n\nAfter.\n"
    asked = "<Enter shows the answer, q leaves it: >"
    listed = "1. *One `a`?* Yes,\n   it is.\n2. *Two?\n   Really?* No."
    for inside, seen in [
        (listed, ["Check", "1 One a?", asked, "Yes, it is.", "2 Two? Really?", asked, "No.", "After."]),
        ("*One?* Yes.\n\n*Two?* No.", ["Check", "One?", asked, "Yes.", "Two?", asked, "No.", "After."]),
        ("Only told.", ["Check", asked, "Only told.", "After."]),
    ]:
        shown = _asked_on_a_terminal(folded.format(inside))
        assert [" ".join(line.split()) for line in shown.splitlines() if line.strip()] == seen


@pytest.mark.parametrize("leads", ["### A heading", "Look at this:"])
def test_what_is_about_the_next_page_stands_on_it(leads: str) -> None:
    page = [f"line {number}" for number in range(1, 14)]
    shown = _asked_on_a_terminal("\n\n".join([*page, leads, *page]))
    first, _, second = shown.partition("<Enter shows more, q leaves it: >")
    assert first.strip().endswith("line 13"), shown
    assert second.strip().startswith(leads.removeprefix("### ")), shown
