"""The learner's side of the class board: verdicts reach it, and are never slower, different or lost because of it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from workshop.joining import sender
from workshop.joining.joining import place
from workshop.joining.membership import MOST, Board, Membership, Trouble
from workshop.joining.telling import told
from workshop.judging.running import until
from workshop.judging.verdict import Finding, Outcome, Result, Verdict, Where
from workshop.trouble import Usage

from .conftest import ROOT, Checkout
from .served import WITHIN, Served
from .terminal import Terminal

SECRET = "hunter2"  # noqa: S105 - stands for whatever is in a learner's files


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_a_real_verdict_reaches_the_board_and_leaving_ends_that(checkout: Checkout) -> None:
    with Served(checkout.root, "--new") as board:
        address = f"127.0.0.1:{board.port}"
        joined = checkout.invoke("join", address, board.code.upper(), "--name", "Ana\x1b[31m <b>")
        assert joined.returncode == 0, joined.stderr
        assert "You are on the class board as Ana[31m <b>." in joined.stdout
        assert "invoke leave" in joined.stdout

        (checkout.root / "exercises/exercise-1/Dockerfile").write_text("FROM nginx:mainline-alpine\nCOPY .\n", "utf-8")
        with Terminal(
            [sys.executable, Path(sys.executable).with_name("invoke"), "watch", "exercise-1"], cwd=checkout.root, env={}
        ) as watching:
            board.comes_to_show(learners=1, stuck=1)
            watching.shows("waiting for a save")
            watching.type("q")
            assert watching.ends() == 0
        stuck = board.comes_to_show(learners=1, stuck=1)
        assert [(one["unit"], one["learners"]) for one in stuck["checks"]] == [("exercise-1", 1)]
        assert "builds" in stuck["checks"][0]["title"]

        shutil.copy(checkout.root / "solutions/exercise-1/Dockerfile", checkout.root / "exercises/exercise-1")
        passed = checkout.invoke("verify", "exercise-1")
        assert passed.returncode == 0, passed.stdout
        assert "board" not in passed.stdout + passed.stderr
        told = board.comes_to_show(passed=1, stuck=0)
        assert [(unit["passed"], unit["here"]) for unit in told["units"][:2]] == [(1, 0), (0, 1)]
        assert [one["name"] for one in board.shown(names=True)["people"]] == ["Ana[31m <b>"]

        assert checkout.invoke("verify", "exercise-2", "--path", "solutions/exercise-2").returncode == 0
        left = checkout.invoke("leave")
        assert "taken off it" in left.stdout
        board.comes_to_show(learners=0, passed=0)
        assert not (checkout.root / ".workshop/joined").exists()
        assert checkout.invoke("leave").stdout == "You are on no class board.\n"


def test_without_the_board_a_verdict_is_the_same_says_so_once_and_is_not_lost(checkout: Checkout) -> None:
    port = _free_port()
    with Served(checkout.root, "--new", port=port) as board:
        code = board.code
        assert checkout.invoke("join", f"127.0.0.1:{port}", code, "--name", "Ana").returncode == 0
        assert board.stop() == 130
    kept = Membership(checkout.root / ".workshop/joined")
    alone = json.loads(checkout.invoke("verify", "exercise-1", "--json").stdout)
    assert alone["outcome"] == "failed"
    assert until(kept.trouble, WITHIN), "the sender gave up, and says so"
    second = checkout.invoke("verify", "exercise-1")
    assert (second.returncode, second.stdout.count("was not reached")) == (1, 1)
    third = checkout.invoke("verify", "exercise-1")
    assert (third.returncode, third.stdout.count("board")) == (1, 0), "one honest note, then silence"
    assert len(kept.waiting()) == 3

    shutil.copy(checkout.root / "solutions/exercise-1/Dockerfile", checkout.root / "exercises/exercise-1")
    with Served(checkout.root, port=port) as board:
        assert board.code == code
        assert checkout.invoke("verify", "exercise-1").returncode == 0
        board.comes_to_show(learners=1, passed=1)
        assert until(lambda: not kept.waiting() or None, WITHIN), "what waited went with it"
        assert until(lambda: kept.trouble() is None or None, WITHIN), "the sender forgets the trouble a moment later"
        assert board.stop() == 130
    with Served(checkout.root, "--new", port=port):
        checkout.invoke("verify", "exercise-1")
        assert until(kept.trouble, WITHIN)
        assert "knows you no more" in checkout.invoke("verify", "exercise-1").stdout


def test_what_the_board_hears_holds_nothing_of_the_learners() -> None:
    found = Finding("reason", SECRET, SECRET, SECRET, SECRET, SECRET, Where(f"/home/{SECRET}/Dockerfile", 1, SECRET))
    checks = (
        Result("builds", "It builds", Outcome.PASSED, notes=(SECRET,)),
        Result("serves", SECRET, Outcome.FAILED, finding=found),
        Result("later", SECRET, Outcome.SKIPPED, waits_for=SECRET),
    )
    heard = told(Verdict("exercise-1", SECRET, checks), untouched=False)
    assert heard == {"exercise": "exercise-1", "outcome": "failed", "check": "serves", "untouched": False}


@pytest.mark.parametrize(
    ("typed", "host", "port"),
    [
        ("192.168.1.5", "192.168.1.5", 8101),
        ("192.168.1.5:9000", "192.168.1.5", 9000),
        (" http://laptop.local:9000/key/x ", "laptop.local", 9000),
        ("fe80::1", "fe80::1", 8101),
        ("[::1]:9000", "::1", 9000),
    ],
)
def test_an_address_is_read_as_people_type_it(typed: str, host: str, port: int) -> None:
    assert place(typed) == (host, port)


@pytest.mark.parametrize(
    "typed", ["", "a b", "host:99999", "host:port", "$(reboot)", "http://", "-x", "[::1", "a" * 300]
)
def test_what_is_no_address_is_told_so(typed: str) -> None:
    with pytest.raises(Usage, match="is no address"):
        place(typed)


def test_a_wrong_address_or_code_ends_politely_and_changes_nothing(checkout: Checkout) -> None:
    nowhere = checkout.invoke("join", f"127.0.0.1:{_free_port()}", "k7mq-x2vd", "--name", "Ana")
    assert nowhere.returncode == 3
    assert "You need no board for the exercises" in nowhere.stderr
    assert checkout.invoke("join", "127.0.0.1").returncode == 2
    dry = checkout.invoke("--dry", "join", "127.0.0.1", "k7mq-x2vd")
    assert (dry.returncode, "nothing was sent" in dry.stdout) == (0, True)
    assert checkout.invoke("board", "--code", "abc").returncode == 2
    assert checkout.invoke("board", "--port", "99999").returncode == 2
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        busy = checkout.invoke("board", "--port", str(taken.getsockname()[1]))
    assert (busy.returncode, "--port" in busy.stderr) == (3, True)
    assert not (checkout.root / ".workshop/joined").exists()


def test_what_waits_is_bounded_in_order_and_survives_garbage(tmp_path: Path) -> None:
    kept = Membership(tmp_path / "joined")
    kept.join(Board("127.0.0.1", _free_port(), "Ana", "token"))
    for number in range(MOST + 20):
        kept.put({"exercise": f"exercise-{number}"})
    there = kept.waiting()
    assert len(there) == MOST
    told = [kept.verdict(one) for one in there]
    assert [one["exercise"] for one in told if one] == [f"exercise-{number}" for number in range(20, MOST + 20)]
    (tmp_path / "joined/waiting" / there[0]).write_text("{", "utf-8")
    (tmp_path / "joined/last.json").write_text("[]", "utf-8")
    assert kept.verdict(there[0]) is None
    trouble = sender.send(kept)
    assert trouble is not None
    assert (trouble.again, trouble.said) == (False, False)
    kept.troubled(Trouble("x", said=True))
    assert kept.trouble() == Trouble("x", said=True)
    (tmp_path / "joined/board.json").write_text("\x00", "utf-8")
    assert kept.board() is None


def test_no_task_of_a_learners_loads_what_serves_the_board() -> None:
    names = ("learning.verifying", "learning.watching", "joining.joining", "joining.sender")
    modules = ", ".join(["tasks", *(f"workshop.{name}" for name in names)])
    script = (
        f"import sys, {modules}; print([one for one in sys.modules if one.startswith(('tornado', 'workshop.board'))])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    bare = [sys.executable, "-S", "-c", "import workshop.joining.sender"]
    subprocess.run(bare, cwd=ROOT, check=True, capture_output=True)  # needs nothing but Python
