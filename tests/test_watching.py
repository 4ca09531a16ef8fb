"""What `invoke watch` does at which event; the engine's part is in test_watch.py."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from workshop import exercises, places
from workshop.exercises import Exercise
from workshop.judging.verdict import Finding, Outcome, Result, Verdict
from workshop.learning import contents
from workshop.learning.runs import Judged, Runs
from workshop.learning.saves import Saved
from workshop.learning.verifying import Judgement
from workshop.learning.watching import Event, Pressed, Session

RED = Result("serves-your-page", "It works", Outcome.FAILED, finding=Finding("welcome-page", why="one folder too high"))
GREEN = Result("serves-your-page", "It works", Outcome.PASSED)


class Notes:
    """A screen that notes what it is given."""

    def __init__(self) -> None:
        self.verdicts: list[tuple[str, int, str]] = []
        self.said: list[str] = []
        self.offered = False
        """The key for the solution."""

    def checking(self, why: str) -> None:
        """Note it."""
        self.said.append(f"checking… {why}")

    def tick(self, seconds: float) -> None:
        """Note nothing."""

    def verdict(self, verdict: Verdict, attempt: int, why: str, notes: Iterable[str]) -> None:
        """Note it."""
        self.verdicts.append((verdict.outcome.value, attempt, why))
        self.said += notes

    def offers(self, *, solution: bool) -> None:
        """Note it."""
        self.offered = solution

    def waiting(self) -> None:
        """Note nothing."""

    def text(self, lines: Iterable[str]) -> None:
        """Note them."""
        self.said += lines

    @contextlib.contextmanager
    def above(self) -> Iterator[None]:
        """Note nothing."""
        yield


class Asked(Runs):
    """Verifications that come to an end when the test says so."""

    def __init__(self) -> None:
        super().__init__(lambda _: None)
        self.number = 0

    def start(self, exercise: Exercise) -> int:  # noqa: ARG002 - the test knows which
        """Count it."""
        self.number += 1
        return self.number


class Table:
    """A session, and the ends of its strings."""

    def __init__(self, exercise: Exercise, *, keys: bool = True) -> None:
        self.exercise, self.screen, self.runs = exercise, Notes(), Asked()
        self.session = Session(self.screen, self.runs, lambda _: None, keys=keys, poll=True)
        self.session.watch(exercise)

    def judged(self, *results: Result, number: int | None = None) -> None:
        """Let verification `number` (the last one) end so, on the files as they are now."""
        mark = contents.fingerprint(self.exercise.folder)
        untouched = mark == contents.fingerprint(self.exercise.starter)
        verdict = Verdict(self.exercise.name, "Your page", results)
        self.session.take(Judged(number or self.runs.number, Judgement(verdict, mark, untouched)))

    def saved(self, text: str) -> None:
        """Save the Dockerfile, and have it noticed."""
        (self.exercise.folder / "Dockerfile").write_text(text)
        self.noticed()

    def noticed(self, name: str = "Dockerfile") -> None:
        """Have it noticed that this file was saved."""
        self.take(Saved(self.exercise.folder, (name,), contents.look(self.exercise.folder)))

    def task_saved(self, text: str) -> None:
        """Save README.md, and have it noticed."""
        (self.exercise.folder / "README.md").write_text(text)
        self.noticed("README.md")

    def take(self, event: Event) -> None:
        """Pass an event on."""
        self.session.take(event)

    def press(self, *keys: str) -> None:
        """Press these keys."""
        for key in keys:
            self.take(Pressed(key))


@pytest.fixture
def exercise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Exercise:
    """Give exercise-1 with a folder and progress of its own."""
    monkeypatch.setattr(places, "STATE", tmp_path / "state")
    monkeypatch.setattr(places, "EXERCISES", tmp_path)
    for one in exercises.every():
        shutil.copytree(one.starter, one.folder)
    return exercises.find("exercise-1")


@pytest.fixture
def table(exercise: Exercise) -> Iterator[Table]:
    """Give a session that watches it."""
    table = Table(exercise)
    yield table
    table.session.stop()


def test_red_is_expected_on_the_untouched_starter_alone(table: Table) -> None:
    table.judged(RED)
    assert any("Red is expected" in line for line in table.screen.said)
    assert table.screen.verdicts == [("failed", 0, "")], "the starter is no attempt"
    table.screen.said.clear()
    table.saved("FROM busybox\n")
    table.judged(RED)
    assert not any("Red is expected" in line for line in table.screen.said)
    assert table.screen.verdicts[1:] == [("failed", 1, "Dockerfile saved")]


def test_a_verdict_on_files_that_are_no_longer_there_is_never_shown(table: Table) -> None:
    table.saved("FROM busybox\n")
    table.judged(RED, number=1)
    assert not table.screen.verdicts, "it was called off by the save"
    (table.exercise.folder / "Dockerfile").write_text("FROM nginx\n")
    table.judged(RED, number=2)
    assert not table.screen.verdicts, "nobody has noticed the save yet, and it is a save all the same"
    table.noticed()
    assert table.runs.number == 3, "the save that was noticed late is already being judged"
    table.judged(GREEN)
    assert table.screen.verdicts == [("passed", 1, "saved meanwhile")]


def test_each_save_is_judged_and_the_same_files_are_one_attempt(table: Table) -> None:
    for text in ("FROM a\n", "FROM a\n", "FROM b\n", "FROM a\n"):
        table.saved(text)
        table.judged(RED)
    assert [attempt for _, attempt, _ in table.screen.verdicts] == [1, 1, 2, 2]
    assert table.screen.verdicts[1][2] == "Dockerfile saved, with the same contents"


@pytest.mark.parametrize(
    ("dockerfile", "ignored"),
    [("FROM busybox\nCOPY index.html /\n", ""), ("FROM busybox\nCOPY . /\n", "*.md\n"), (None, "")],
)
def test_the_tasks_text_is_not_judged_where_no_image_can_hold_it(
    table: Table, dockerfile: str | None, ignored: str
) -> None:
    file = table.exercise.folder / "Dockerfile"
    file.write_text(dockerfile or "")
    if dockerfile is None:
        file.unlink()
    (table.exercise.folder / ".dockerignore").write_text(ignored)
    table.noticed()
    runs = table.runs.number
    table.task_saved("my notes\n")
    assert table.runs.number == runs
    assert table.screen.said[-1].startswith("README.md saved: it is no part of your answer")
    table.judged(RED)
    assert len(table.screen.verdicts) == 1, "the run that went on is still about these files"


@pytest.mark.parametrize(
    "line", ["COPY . /", "COPY README.md /", "ARG of\nCOPY $of /", "RUN --mount=type=bind,target=/x true"]
)
def test_the_tasks_text_is_judged_where_an_image_may_hold_it(table: Table, line: str) -> None:
    table.saved(f"FROM busybox\n{line}\n")
    table.judged(RED)
    table.task_saved("my notes\n")
    table.judged(RED)
    assert table.screen.verdicts[1][2] == "README.md saved", "its contents are others, whatever the fingerprint says"


def test_paths_are_typed_from_where_one_stands(exercise: Exercise, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(exercise.folder)
    table = Table(exercise, keys=False)
    assert table.screen.said[0] == "Watching exercise-1: each save is judged. The task is in README.md."
    table.judged(GREEN)
    assert table.screen.said[-1].endswith("then ../exercise-2/README.md")
    table.session.stop()


def test_the_solution_has_a_key_once_it_is_open(table: Table) -> None:
    table.judged(RED)
    assert not table.screen.offered
    table.press("s")
    assert table.screen.said[-2:] == [
        "The solution of exercise-1 opens when you have passed it.",
        "Finding it yourself is what stays. h gives a hint.",
    ]
    table.saved("FROM nginx\n")
    table.judged(GREEN)
    assert table.screen.offered
    assert not any("invoke" in line for line in table.screen.said), "there are keys for it"
    table.press("s")
    assert "Another way" in table.screen.said[-1]
    table.saved("FROM busybox\n")
    table.judged(RED)
    assert table.screen.offered, "what was opened stays open"
    table.press("n", "n")
    assert not table.screen.offered


def test_the_list_tells_nobody_to_start_what_goes_on(table: Table, capsys: pytest.CaptureFixture[str]) -> None:
    table.press("l")
    shown = capsys.readouterr().out
    assert "exercise-14" in shown
    assert "invoke" not in shown


def test_next_waits_for_the_learner(table: Table) -> None:
    table.judged(RED)
    table.press("n", "l", "n")
    assert table.runs.number == 1, "not passed: two presses in a row are needed"
    table.press("n")
    assert table.runs.number == 2
    assert any("exercise-2" in line for line in table.screen.said)
    table.take(Saved(table.exercise.folder, ("Dockerfile",), {}))
    assert table.runs.number == 2, "a save in the exercise before is not this one's"


def test_after_a_pass_next_needs_one_press_and_nothing_happens_without(table: Table) -> None:
    table.saved("FROM nginx\n")
    table.judged(GREEN)
    table.session.tick()
    assert table.runs.number == 2
    table.press("n")
    assert table.runs.number == 3


def test_a_hint_speaks_of_the_present_verdict_first_and_each_press_is_sharper(table: Table) -> None:
    table.press("h")
    assert not any("hint 1" in line for line in table.screen.said), "it waits for the verdict that is on its way"
    table.judged(RED)
    table.press("h", "h", "h")
    said = "\n".join(table.screen.said)
    assert said.index("one folder too high") < said.index("hint 1 of 3") < said.index("hint 2 of 3")
    assert said.count("hint 3 of 3") == 2


def test_a_hint_on_the_starter_is_followed_by_a_closer_one_after_the_first_attempt(table: Table) -> None:
    table.judged(RED)
    table.press("h")
    table.saved("FROM nginx\n")
    table.judged(RED)
    table.press("h")
    said = "\n".join(table.screen.said)
    assert said.count("hint 1 of 3") == said.count("hint 2 of 3") == 1


def test_the_end_of_the_input_waits_for_the_verdict_and_q_does_not(table: Table, exercise: Exercise) -> None:
    table.press("")
    assert not table.session.over
    table.judged(RED)
    assert table.session.over
    another = Table(exercise)
    another.press("q")
    assert another.session.over
    another.session.stop()


def test_a_folder_that_is_gone_is_no_verdict(table: Table) -> None:
    table.judged(RED)
    shutil.rmtree(table.exercise.folder)
    table.take(Saved(table.exercise.folder, ("Dockerfile",), None))
    assert table.runs.number == 1
    assert "invoke reset exercise-1" in table.screen.said[-1]
    shutil.copytree(table.exercise.starter, table.exercise.folder)
    table.noticed()
    assert table.runs.number == 2
