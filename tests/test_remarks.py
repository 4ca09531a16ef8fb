"""Below a red verdict stands what else there is to know; and while one waits for it, that it goes on."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.conftest import Checkout

RED = "Red is expected here"
SAME = "The files are the same as at your last try. Saved?"


def test_the_untouched_starter_is_red_as_expected_and_a_forgotten_save_is_asked_for(checkout: Checkout) -> None:
    dockerfile = checkout.root / "exercises" / "exercise-1" / "Dockerfile"
    for _ in range(2):
        untouched = checkout.invoke("verify", "exercise-1").stdout
        assert (RED in untouched, SAME in untouched) == (True, False)
    dockerfile.write_text("FROM nginx:mainline-alpine\nCOPY index.html /srv\n")
    first, again = (checkout.invoke("verify", "exercise-1").stdout for _ in range(2))
    assert (RED in first, SAME in first, SAME in again) == (False, False, True)
    assert SAME not in checkout.invoke("verify", "exercise-1", "--json").stdout


def test_what_was_given_and_is_gone_comes_back_with_the_command_that_is_named(checkout: Checkout) -> None:
    folder = checkout.root / "exercises" / "exercise-2"
    (folder / "style.css").unlink()
    gone = checkout.invoke("verify", "exercise-2").stdout
    assert "Given with the task, and not there now: style.css. `invoke reset exercise-2`" in gone
    shutil.rmtree(folder)
    nothing = checkout.invoke("verify", "exercise-2")
    assert nothing.returncode == 1
    assert "The folder of exercise-2 is not there: `invoke reset exercise-2`" in nothing.stdout
    assert "tried once\n" in checkout.invoke("exercises").stdout, "a folder that is not there is no attempt"
    checkout.invoke("reset", "exercise-2")
    assert (folder / "style.css").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of its own needs a Unix")
def test_a_long_verification_shows_that_it_goes_on_and_nothing_of_that_stays(checkout: Checkout) -> None:
    from tests.terminal import Terminal

    dockerfile = checkout.root / "exercises" / "exercise-1" / "Dockerfile"
    dockerfile.write_text("FROM nginx:mainline-alpine\nRUN sleep 4; false\n")
    program = Path(sys.executable).with_name("invoke")
    words: list[str | Path] = [sys.executable, program, "--search-root", checkout.root, "verify", "exercise-1"]
    with Terminal(words, cwd=checkout.root, env=checkout.env) as terminal:
        terminal.shows("checking… · 3 s")
        assert terminal.ends() == 1
        terminal.shows("0 of 4 passed")
        assert "s\r\x1b[2K\x1b[1mexercise-1" in terminal.raw.replace("\x1b[0m", ""), "it is wiped before the verdict"
    with Terminal(words, cwd=checkout.root, env=checkout.env | {"TERM": "dumb"}) as terminal:
        assert "checking" not in terminal.all()[1]
