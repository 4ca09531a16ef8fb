"""`invoke watch`: what to do when a file is saved, a key pressed, a verdict found. Shows nothing itself."""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from workshop import exercises, places
from workshop.exercises import Exercise
from workshop.joining import telling
from workshop.judging.verdict import Outcome, Verdict
from workshop.trouble import NotThere

from . import contents, helping, overview, progress, reading, remarks, verifying
from .runs import Crashed, Judged, Runs
from .saves import Polling, Saved, Saves, why_poll
from .verifying import Judgement

if TYPE_CHECKING:
    from .contents import Look

TICK = 0.25
"""Seconds between two looks at what else there is to show, such as how long a verification takes."""


class Screen(Protocol):
    """What is shown, by `report.Live`."""

    def checking(self, why: str) -> None:
        """Say at once that a verification began."""

    def tick(self, seconds: float) -> None:
        """Show that it goes on."""

    def verdict(self, verdict: Verdict, attempt: int, why: str, notes: Iterable[str]) -> None:
        """Show a verdict."""

    def offers(self, *, solution: bool) -> None:
        """Hear whether the key for the solution does something now."""

    def waiting(self) -> None:
        """Say that the next save is waited for."""

    def text(self, lines: Iterable[str]) -> None:
        """Show some lines."""

    def above(self) -> contextlib.AbstractContextManager[None]:
        """Have the block's output come above the last line."""


@dataclass(frozen=True)
class Pressed:
    """A key; the empty one says that there will be none any more."""

    key: str


Event = Pressed | Saved | Polling | Judged | Crashed


class Session:
    """Watches one exercise at a time."""

    def __init__(self, screen: Screen, runs: Runs, tell: Callable[[Event], object], *, keys: bool, poll: bool) -> None:
        self.over = False
        self._screen = screen
        self._runs = runs
        self._tell = tell
        self._keys = keys
        self._poll = poll
        self._saves: Saves | None = None
        self._exercise: Exercise
        self._run = 0
        """The number of the verification that goes on; 0 for none."""
        self._began = 0.0
        self._looks: Look | None = None
        """The files that it judges, or that were judged last."""
        self._why = ""
        self._covered = True
        """Whether two fingerprints can tell that what was saved last is the same as before."""
        self._last: Judgement | None = None
        """What is on the screen, of this exercise."""
        self._hint_number: int | None = None
        """Of the last hint on these files, 0 where none fitted; None before one was asked for."""
        self._hint_due = self._leaving = self._ending = False

    def watch(self, exercise: Exercise) -> None:
        """Begin with an exercise: verify it, then wait for saves."""
        self.stop()
        self._exercise = exercise
        self._last = None
        poll = "as you asked" if self._poll else why_poll(exercise.folder)
        self._saves = Saves(exercise.folder, self._tell, poll=bool(poll))
        task = places.as_typed(exercise.folder / contents.TASK)
        lines = [f"Watching {exercise.name}: each save is judged. The task is in {task}."]
        if poll:
            lines.append(_polling(poll))
        self._screen.text(lines)
        self._saves.start()
        self._screen.offers(solution=progress.may_see_solution(exercise))
        self._verify("")

    def stop(self) -> None:
        """Follow nothing any more, and have no verification go on."""
        self._runs.call_off()
        if self._saves:
            self._saves.stop()

    def tick(self) -> None:
        """Let the screen show how long it takes."""
        self._screen.tick(time.monotonic() - self._began if self._run else 0)

    def take(self, event: Event) -> None:
        """Do what an event asks for."""
        if isinstance(event, Pressed):
            self._pressed(event.key)
        elif isinstance(event, Judged):
            self._judged(event)
        elif isinstance(event, Crashed):
            raise event.error
        elif event.folder != self._exercise.folder:
            return
        elif isinstance(event, Polling):
            self._screen.text([_polling(event.why)])
        elif event.now != self._looks or event.now is None:
            self._saved(event)

    def _saved(self, event: Saved) -> None:
        """Judge what was saved, unless it is the exercise's text and no part of the answer."""
        changed = contents.changed(self._looks, event.now)
        if event.now and changed == [contents.TASK] and not reading.counts(self._exercise.folder):
            self._looks = event.now
            done = "saved" if contents.TASK in event.now else "removed"
            self._screen.text([f"{contents.TASK} {done}: it is no part of your answer, so there is nothing to judge."])
            return
        self._verify(_what_was_saved(event), covered=contents.TASK not in changed)

    # Verdicts -----------------------------------------------------------------------------------------------

    def _verify(self, why: str, *, covered: bool = True) -> None:
        """Begin anew, with the files as they are now; a verification that goes on is called off.

        `covered` says whether the fingerprint of the answer covers all that was saved.
        """
        self._looks = contents.look(self._exercise.folder)
        self._leaving = False
        if self._looks is None:
            self._gone()
            return
        again = ", so it begins anew" if self._run else ""
        self._run = self._runs.start(self._exercise)
        self._began = time.monotonic()
        self._why, self._covered = why, covered
        self._screen.checking(f"({why}{again})" if why else "")

    def _gone(self) -> None:
        self._runs.call_off()
        self._run, self._last = 0, None
        name = self._exercise.name
        self._screen.text([f"The folder of {name} is gone. `invoke reset {name}` puts it back; then this goes on."])
        self._screen.waiting()
        self.over = self._ending

    def _judged(self, event: Judged) -> None:
        if event.number != self._run:
            return
        if contents.look(self._exercise.folder) != self._looks:
            self._verify("saved meanwhile")  # what was judged is no longer what is there
            return
        self._run = 0
        before, self._last = self._last, event.judgement
        same = before is not None and before.fingerprint == self._last.fingerprint != ""
        if not same:
            self._hint_number = None
        why = self._why + (", with the same contents" if same and self._covered and self._why.endswith("saved") else "")
        attempt = self._last.keep()
        self._screen.offers(solution=progress.may_see_solution(self._exercise))
        self._screen.verdict(self._last.verdict, attempt, why, self._notes(self._last))
        telling.send()
        if note := telling.note():
            self._screen.text([note])
        if self._hint_due:
            self._hint_due = False
            self._hint()
        self.over = self._ending

    def _notes(self, judgement: Judgement) -> list[str]:
        outcome = judgement.verdict.outcome
        if outcome is Outcome.FAILED:
            return remarks.on_red(self._exercise, untouched=judgement.untouched, again=False, then="and save")
        if outcome is Outcome.BROKEN:
            again = "press r, or save a file" if self._keys else "save a file"
            return [f"When that is mended: {again}."]
        if outcome is Outcome.PASSED:
            return self._after_pass()
        return []

    def _after_pass(self) -> list[str]:
        """Say what there is to do after a pass: by keys, where there are any."""
        if not self._keys:
            return [verifying.what_next(self._exercise)]
        after = exercises.after(self._exercise)
        goes_on = f"n goes on to {after.name}; nothing does so by itself" if after else ""
        return ["next: s shows the solution (there is another way to do it)", *([goes_on] if goes_on else [])]

    # Keys ---------------------------------------------------------------------------------------------------

    def _pressed(self, key: str) -> None:
        leaving, self._leaving = self._leaving, False
        if key == "":
            self._ending = True
            self.over = not self._run  # the verdict that is on its way is still shown
        elif key == "q":
            self.over = True
        elif key == "r":
            self._verify("run again")
        elif key == "l":
            with self._screen.above():
                overview.show(watched=True)
        elif key == "h":
            self._hint()
        elif key == "s":
            self._solution()
        elif key == "n":
            self._next(sure=leaving)

    def _hint(self) -> None:
        if self._run:
            self._hint_due = True
            return
        said = progress.said(self._exercise)
        before = self._hint_number
        if before is None:
            number = helping.first_level(self._exercise, said)
        else:
            number = helping.next_level(self._exercise, said, before) or before
        self._hint_number = number
        passed = said is not None and said.outcome == Outcome.PASSED.value
        if passed:
            self._screen.text(["passed as it is now: there is nothing to hint at", *self._after_pass()])
        else:
            self._screen.text(helping.advice(self._exercise, said, number, sharper="press h again"))
            progress.hinted(self._exercise)

    def _solution(self) -> None:
        try:
            self._screen.text(helping.solution(self._exercise.name, now=False))
        except NotThere as locked:
            self._screen.text([locked.what, f"{locked.why} h gives a hint."])

    def _next(self, *, sure: bool) -> None:
        after = exercises.after(self._exercise)
        if after is None:
            self._screen.text([f"{self._exercise.name} is the last one."])
        elif sure or (self._last and self._last.verdict.outcome is Outcome.PASSED and not self._run):
            self._run = 0
            self.watch(after)
        else:
            self._leaving = True
            self._screen.text([f"{self._exercise.name} is not passed as it is. Press n again to go on all the same."])


def _polling(why: str) -> str:
    return (
        f"Looking for saves several times a second, since {why}."
        if why != "as you asked"
        else ("Looking for saves several times a second, as you asked.")
    )


def _what_was_saved(event: Saved) -> str:
    there = event.now or {}
    name = event.names[0] if event.names else "a file"
    more = f" and {len(event.names) - 1} more" if len(event.names) > 1 else ""
    return f"{name}{more} {'saved' if name in there else 'removed'}"


def watch(word: str, *, poll: bool, dry: bool) -> None:
    """Watch exercise `word` until it is told to end: by a key, Ctrl-C, or the end of standard input.

    Raises:
        Usage: there is no such exercise.

    """
    from workshop import keys, report

    exercise = exercises.find(word)
    if dry:
        for words in verifying.commands(exercise):
            report.command(words)
        return
    events: queue.Queue[Event] = queue.Queue()
    runs = Runs(events.put)
    with keys.ended_cleanly():
        try:
            with keys.heard(lambda key: events.put(Pressed(key))) as keyboard, report.Live(keys=keyboard) as screen:
                session = Session(screen, runs, events.put, keys=keyboard, poll=poll)
                session.watch(exercise)
                while not session.over:
                    try:
                        session.take(events.get(timeout=TICK))
                    except queue.Empty:
                        session.tick()
        finally:
            runs.call_off()  # what follows the saves ends with the process
            runs.settle()
