"""The class board over HTTP: who may see and say what, and that nobody can do harm. No engine needed."""

from __future__ import annotations

import itertools
import json
import socket
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.board import limits, nicknames, room
from workshop.board.course import Course, Unit
from workshop.board.learners import said
from workshop.board.showing import snapshot
from workshop.joining.asking import Refused

from .conftest import copy_repository
from .served import Served, failed, outside, passed

COURSE = Course(tuple(Unit(f"exercise-{n}", f"Title {n}", {"builds": "It builds"}) for n in (1, 2, 3)))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the repository, with a `.workshop` of its own."""
    root = tmp_path_factory.mktemp("board") / "a copy"
    copy_repository(root)
    return root


@pytest.fixture
def board(copy: Path) -> Iterator[Served]:
    """Serve a new class."""
    with Served(copy, "--new") as served:
        yield served


def _room(seconds: list[float]) -> room.Room:
    return room.Room(COURSE, lambda: seconds[0])


# Names ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("  Ana  ", "Ana"),
        ("<b>Ana</b>", "<b>Ana</b>"),
        ("A\x1b[31mna\u202e\u2066\x00\n\r", "A[31mna"),
        ("x" * 10_000, "x" * 24),
        ("", "learner"),
        (" \u200b\u2800\u3164\ufeff", "learner"),
        ("\u0301\u0301", "learner"),
        ("Z\u0351\u0352\u0353\u0354\u0355\u0356", "Z\u0353\u0354"),
        ("🦊🍌", "🦊🍌"),
        ("Łukasz 李", "Łukasz 李"),
        ("\ud800", "learner"),
        (None, "learner"),
        (["Ana"], "learner"),
        (10**400, "learner"),
    ],
)
def test_a_nickname_is_short_visible_and_on_one_line(sent: object, name: str) -> None:
    assert nicknames.clean(sent) == name


@given(st.text(max_size=200))
def test_no_nickname_whatever_does_harm(sent: str) -> None:
    name = nicknames.clean(sent)
    assert 0 < len(name) <= nicknames.LONGEST
    assert not [one for one in name if unicodedata.category(one)[0] == "C" or one in "\n\u2028\u2029"]


def test_no_two_learners_have_names_that_one_takes_for_each_other() -> None:
    they = _room([0.0])
    names = [
        they.join(one)[0].name
        for one in ("Ana", "ana", "\uff21\uff2e\uff21", "Aná", "A n a", "🦊", "🦊", "x" * 24, "X" * 30)
    ]
    assert names == [
        "Ana",
        "ana 2",
        "\uff21\uff2e\uff21 3",
        "Aná 4",
        "A n a 5",
        "🦊",
        "🦊 2",
        "x" * 24,
        "X" * 22 + " 2",
    ]


# Where they are ---------------------------------------------------------------------------------------------


def test_a_learner_is_where_they_work_and_behind_a_pass_at_the_next() -> None:
    clock = [10_000.0]
    they = _room(clock)
    ana, _ = they.join("Ana")
    assert ana.place(3) == 0
    they.tell(ana, [passed(1, "exercise-1")])
    assert ana.place(3) == 1
    they.tell(ana, [failed(2, "exercise-3", "builds") | {"untouched": True}])
    assert ana.place(3) == 2
    assert not snapshot(they, names=True, long=10)["stuck"], "the starter fails, and nobody is stuck at it"
    they.tell(ana, [failed(3, "exercise-3", "builds"), passed(4, "exercise-2")])
    assert ana.place(3) == 2, "what they go on with is what they have not passed"
    they.tell(ana, [passed(5, "exercise-3")])
    assert (ana.place(3), ana.passed()) == (None, [0, 1, 2])


def test_stuck_for_long_is_the_same_check_for_minutes_or_for_many_verdicts() -> None:
    clock = [10_000.0]
    they = _room(clock)
    slow, many, moving = (they.join(name)[0] for name in ("slow", "many", "moving"))
    they.tell(slow, [failed(1, "exercise-1", "builds", ago=540)])
    they.tell(many, [failed(number, "exercise-1", "builds") for number in range(5)])
    they.tell(moving, [failed(number, "exercise-1", f"check-{number}", ago=540) for number in range(5)])

    def waiting() -> list[str]:
        return [one["name"] for one in snapshot(they, names=True, long=10)["waiting"]]

    assert waiting() == ["many"]
    clock[0] += 90
    assert sorted(waiting()) == ["many", "moving", "slow"]
    they.tell(slow, [{"number": 2, "exercise": "exercise-1", "outcome": "broken"}])
    assert sorted(waiting()) == ["many", "moving", "slow"], "trouble of the machine says nothing about the answer"
    they.tell(slow, [passed(3, "exercise-1")])
    clock[0] += 3600
    assert waiting() == [], "who is not heard any more is not at it"


# What strangers may not -------------------------------------------------------------------------------------


def test_the_class_and_the_books_are_bounded_whatever_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST", 3)
    clock = [0.0]
    they = _room(clock)
    first, token = they.join("first")
    for name in ("second", "third"):
        they.tell(they.join(name)[0], [passed(1, "exercise-1")])
    with pytest.raises(room.Full):
        they.join("fourth")
    clock[0] += room.UNUSED + 1
    assert they.join("fourth")[0].name == "fourth", "who never sent anything makes room"
    assert they.known(token) is None
    assert first not in they.learners
    with pytest.raises(room.Full):
        they.join("fifth")
    buckets = limits.Buckets(burst=2, rate=1, clock=lambda: clock[0])
    assert [buckets.admits("one") for _ in range(3)] == [True, True, False]
    clock[0] += 1
    assert [buckets.admits("one") for _ in range(2)] == [True, False]
    for number in range(10_000):
        buckets.admits(number)
    assert len(buckets) <= 5000


def test_no_address_and_not_all_others_together_hold_too_many_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    door = limits.Door()
    assert [door.enter("10.0.0.1") for _ in range(200)].count(True) == limits.CONNECTIONS_EACH
    others = [door.enter(f"10.0.{number // 200}.{number % 200}") for number in range(256, 1500)]
    assert others.count(True) == limits.CONNECTIONS - limits.CONNECTIONS_EACH
    assert door.enter("127.0.0.1"), "the instructor's page always gets in"
    door.leave("10.0.0.1")
    assert door.enter("10.0.9.9")
    assert limits.subscriber("2001:db8::1") == limits.subscriber("2001:db8::2"), "one machine has many of these"
    assert limits.is_here("::ffff:127.0.0.1")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["number", "exercise", "outcome", "check", "ago", "untouched"]), inner, max_size=6
            )
        ),
        max_leaves=8,
    )
)
def test_no_verdict_whatever_does_harm(sent: object) -> None:
    they = _room([10_000.0])
    learner, _ = they.join("Ana")
    they.tell(learner, [sent, passed(1, "exercise-1")])
    told = said(sent)
    assert told is None or told.outcome in ("passed", "failed", "broken")
    json.dumps(snapshot(they, names=True, long=10), allow_nan=False)


def test_wrong_codes_nonsense_replays_and_borrowed_names_change_nothing(board: Served) -> None:
    ana = board.join("Ana")
    assert board.tell(ana["token"], failed(5, "exercise-1", "image-builds")) == 1
    before = board.comes_to_show(learners=1, stuck=1)
    json_type = {"Content-Type": "application/json"}
    for body in (b"", b"{", b"[]", b"[" * 50_000, b'{"version": 2}', b'{"version": 1}', b"\xff\xfe", b"9" * 9999):
        assert board.status("POST", "/verdicts", body=body, headers=json_type) in (400, 401)
    assert board.status("POST", "/join", body=b"{}") == 415, "as a form"
    assert board.status("POST", "/join", body=b"x" * 70_000, headers=json_type) in (0, 400, 413)
    assert board.status("GET", "/" + "x" * 20_000) in (0, 400, 431)
    assert board.status("GET", "/../../etc/passwd") == 404
    for code in ("", "wrong", board.code[:-1], "ü" * 8, None, ["a"]):
        with pytest.raises(Refused, match="code is wrong"):
            board.ask("/join", {"code": code, "name": "Ana"})
    for token in ("", "x" * 24, None, {"a": 1}, ana["token"][:-1]):
        with pytest.raises(Refused, match="does not know"):
            board.ask("/verdicts", {"token": token, "verdicts": [passed(9, "exercise-1")]})
        with pytest.raises(Refused, match="does not know"):
            board.ask("/leave", {"token": token})
    replayed = [failed(5, "exercise-1", "image-builds"), passed(4, "exercise-1")]
    unknown = [passed(6, "exercise-99"), passed(7, "../../x"), failed(8, "<b>", "<script>")]
    assert board.tell(ana["token"], *replayed, *unknown) == 0
    assert board.shown() == before
    assert board.join("Ana")["name"] == "Ana 2"
    assert board.join("  ana ", token=ana["token"])["name"] == "ana", "with their token they are themselves"
    assert board.join(board.code.upper(), code=board.code.replace("-", " ").upper())["name"]
    board.comes_to_show(learners=3)


def test_a_learner_who_sends_without_end_is_told_to_wait_and_others_are_heard(board: Served) -> None:
    loud, calm = board.join("loud")["token"], board.join("calm")["token"]

    def shout() -> None:
        for number in itertools.count():
            board.ask("/verdicts", {"token": loud, "verdicts": [passed(number, "exercise-1")] * 300})

    with pytest.raises(Refused, match="wait"):
        shout()
    assert board.tell(calm, passed(1, "exercise-2")) == 1
    board.comes_to_show(learners=2, passed=2)


def test_connections_that_say_nothing_keep_nobody_out(board: Served) -> None:
    address = outside() or "127.0.0.1"
    idle = []
    for _ in range(limits.CONNECTIONS_EACH + 50):
        one = socket.create_connection((address, board.port), timeout=30)
        one.sendall(b"POST /join HTTP/1.1\r\nHost: x\r\n")
        idle.append(one)
    assert board.join("Ana")["name"] == "Ana"
    assert board.shown()["names"] is False
    for one in idle:
        one.close()


def test_names_are_for_who_has_the_link_on_this_machine(board: Served) -> None:
    token = board.join("Zebulon")["token"]
    board.tell(token, failed(1, "exercise-1", "image-builds", ago=3000))
    told = board.comes_to_show(learners=1, long=1)
    assert "Zebulon" not in json.dumps(told)
    assert not {"people", "waiting"} & told.keys()
    assert [one["name"] for one in board.shown(names=True)["people"]] == ["Zebulon"]
    cookie = {"Cookie": f"board={board.key}"}
    for path in ("/instructor", "/events/instructor?names=yes", f"/key/{board.key[:-1]}", "/key/", "/key/x"):
        assert board.status("GET", path) == 404
        assert board.status("GET", path, headers={"Cookie": "board=guessed"}) == 404
    assert board.status("GET", f"/key/{board.key}") == 200
    assert board.status("GET", "/instructor", headers=cookie) == 200
    assert board.status("GET", "/instructor", headers=cookie | {"Host": f"evil.example:{board.port}"}) == 404, (
        "DNS rebinding"
    )
    if address := outside():
        assert board.status("GET", f"/key/{board.key}", host=address) == 404
        assert board.status("GET", "/instructor", host=address, headers=cookie) == 404
        assert board.status("GET", "/", host=address) == 200
        assert "Zebulon" not in json.dumps(board.shown(host=address))


def test_no_names_is_for_the_instructor_too(copy: Path) -> None:
    with Served(copy, "--new", "--no-names") as board:
        board.join("Zebulon")
        board.comes_to_show(learners=1)
        assert "Zebulon" not in json.dumps(board.shown(names=True))


# Begin and end ----------------------------------------------------------------------------------------------


def test_a_class_goes_on_after_ctrl_c_and_after_a_crash_and_a_new_one_begins_anew(copy: Path) -> None:
    with Served(copy, "--new", "--code", "banana-42") as board:
        assert board.code == "banana-42"
        ana = board.join("Ana")["token"]
        board.tell(ana, passed(1, "exercise-1"))
        board.process.kill()  # what was acknowledged is kept
    with Served(copy) as board:
        assert board.code == "banana-42"
        assert "Going on with the class" in board.said
        assert board.tell(ana, passed(1, "exercise-1"), passed(2, "exercise-2")) == 1
        assert board.comes_to_show(passed=2)["learners"] == 1
        assert board.stop() == 130
    with Served(copy, "--new") as board:
        assert board.code != "banana-42"
        assert board.shown()["learners"] == 0
        assert board.stop() == 130
    (copy / ".workshop/board/class.json").write_text('{"version": 1, "code": 3', "utf-8")
    with Served(copy) as board:
        assert "can't be read" in board.said


def test_ctrl_c_ends_it_quietly_while_pages_are_open(board: Served) -> None:
    pages = [socket.create_connection(("127.0.0.1", board.port), timeout=30) for _ in range(3)]
    for one in pages:
        one.sendall(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert b"200" in one.recv(4096)
    assert board.stop() == 130
    assert "The board is down" in board.said
    assert "rror" not in board.said
    for one in pages:
        one.close()
