"""A yes-or-no question: whole where it is asked, and nothing changed where it is stopped."""

from __future__ import annotations

import sys

import pytest

from tests.conftest import ROOT

pytest.importorskip("termios", reason="needs a terminal of the Unix kind")

QUESTION = "Put back these files, of which you have changed some, and remove what was made of them?"
ASKS = f"""
import sys
from invoke import Exit
from workshop import tasking
try:
    tasking.polite(lambda _: print("said", tasking.sure({QUESTION!r}, yes=False)))(None)
except Exit as exit:
    sys.exit(exit.code)
"""


@pytest.mark.parametrize("columns", [30, 80, len(QUESTION) + 7, len(QUESTION) + 9])
def test_yes_and_no_stay_whole_however_narrow_the_terminal_is(columns: int) -> None:
    from tests.terminal import Terminal

    with Terminal([sys.executable, "-c", ASKS], columns=columns, cwd=ROOT, env={}) as terminal:
        terminal.shows("[y/N] ")
        *above, last = terminal.text.splitlines()
        terminal.type("y\n")
        assert terminal.all() == (0, f"{terminal.text.partition('said')[0]}said True\n")
    assert max(len(line) for line in [*above, last]) <= columns
    assert " ".join(line.strip() for line in [*above, last]) == f"{QUESTION} [y/N]"
    assert (last == "[y/N] ") == (columns < len(QUESTION) + 9)


def test_ctrl_c_at_a_question_says_that_nothing_was_changed() -> None:
    from tests.terminal import Terminal

    with Terminal([sys.executable, "-c", ASKS], cwd=ROOT, env={}) as terminal:
        terminal.shows("[y/N] ")
        terminal.type("\x03")
        code, shown = terminal.all()
    assert (code, shown.splitlines()[-1]) == (130, "Stopped: nothing was changed.")
