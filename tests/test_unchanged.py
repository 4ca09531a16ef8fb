"""A pass stands until something that it hangs on changes; whatever else was found is found anew each time."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from tests.conftest import Checkout
from workshop.engine import labels

NAME = "exercise-1"
STANDS = "nothing was saved since"


def _page(checkout: Checkout) -> Path:
    return checkout.root / "exercises" / NAME / "index.html"


def _save(checkout: Checkout) -> None:
    _page(checkout).write_bytes(_page(checkout).read_bytes())


def _new_folder(checkout: Checkout) -> None:
    (_page(checkout).parent / "pictures").mkdir()


def _hide(checkout: Checkout) -> None:
    _page(checkout).chmod(0o600)


def _check(checkout: Checkout) -> None:
    with (checkout.root / "solutions" / NAME / "check.py").open("a") as stream:
        stream.write("\n# another one\n")


def _workshop(checkout: Checkout) -> None:
    os.utime(checkout.root / "workshop" / "judging" / "lab.py")


def _image(checkout: Checkout) -> None:
    checkout.docker("image", "rm", f"banana-smith-{NAME}")


def _memory(checkout: Checkout) -> None:
    _remembered(checkout).write_text("{")


def _time(checkout: Checkout) -> None:
    said = json.loads(_remembered(checkout).read_text())
    _remembered(checkout).write_text(json.dumps(said | {"when": said["when"] - 3601}))


def _remembered(checkout: Checkout) -> Path:
    return checkout.root / ".workshop" / "passes" / f"{NAME}.json"


@pytest.fixture
def passed(checkout: Checkout) -> Checkout:
    """Give a copy in which the exercise was solved and has passed."""
    for name in ("Dockerfile", "index.html", "style.css"):
        shutil.copy(checkout.root / "solutions" / NAME / name, checkout.root / "exercises" / NAME)
    first = checkout.invoke("verify", NAME)
    assert first.returncode == 0, first.stdout
    assert STANDS not in first.stdout
    return checkout


def test_a_pass_stands_without_another_container(passed: Checkout) -> None:
    since = time.time()
    again = passed.invoke("verify", NAME)
    assert again.returncode == 0
    assert STANDS in again.stdout
    assert "Done: 4 of 4 passed" in again.stdout
    assert "attempt 1" in again.stdout
    assert not _made(passed, since), "a container was made"
    since = time.time()
    passed.invoke("verify", NAME, "--again")
    assert _made(passed, since), "and here is one"


def _made(checkout: Checkout, since: float) -> str:
    mine = f"label={labels.STARTED}={labels.checkout_id(checkout.root)}"
    asked = ("--since", f"{since:.9f}", "--until", f"{time.time():.9f}", "--filter", "event=create", "--filter", mine)
    return checkout.docker("events", *asked)


def test_it_is_found_anew_where_something_changed(passed: Checkout) -> None:
    for change in (_save, _new_folder, _check, _workshop, _image, _memory, _time):
        change(passed)
        anew = passed.invoke("verify", NAME)
        assert anew.returncode == 0, f"{change.__name__}: {anew.stdout}"
        assert STANDS not in anew.stdout, change.__name__


def test_what_does_not_pass_any_more_fails(passed: Checkout) -> None:
    _hide(passed)
    anew = passed.invoke("verify", NAME)
    assert anew.returncode == 1, anew.stdout
    _page(passed).chmod(0o644)
    assert STANDS not in passed.invoke("verify", NAME).stdout, "the last verdict was another one"


def test_it_is_found_anew_where_one_asks_for_it(passed: Checkout) -> None:
    for words in (["--again"], ["--json"], ["--junit", "verdict.xml"]):
        anew = passed.invoke("verify", NAME, *words)
        assert anew.returncode == 0, anew.stdout
        assert STANDS not in anew.stdout, words
    assert STANDS not in passed.invoke("verify", NAME, "--path", "").stdout, "another folder"
    there = Checkout(passed.root, {**passed.env, "DOCKER_BUILDKIT": "0"})
    assert STANDS not in there.invoke("verify", NAME).stdout, "another builder"


def test_no_engine_is_no_pass(passed: Checkout) -> None:
    there = Checkout(passed.root, {**passed.env, "DOCKER_HOST": "unix:///nobody/listens"})
    gone = there.invoke("verify", NAME)
    assert gone.returncode == 3
    assert STANDS not in gone.stdout


def test_a_red_verdict_is_found_anew(checkout: Checkout) -> None:
    for _ in range(2):
        red = checkout.invoke("verify", NAME)
        assert red.returncode == 1
        assert STANDS not in red.stdout
    assert not _remembered(checkout).exists()
