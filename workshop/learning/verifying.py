"""`invoke verify`: find the answer, judge it, keep how far the learner is, say so in the form that was asked for."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from workshop import ending, exercises, places
from workshop.exercises import Exercise
from workshop.joining import telling
from workshop.judging.checking import judge
from workshop.judging.verdict import Outcome, Result, Verdict
from workshop.trouble import DONE, Usage

from . import progress, remarks, unchanged
from .contents import fingerprint


@dataclass(frozen=True)
class Judgement:
    """A verdict on the learner's own files, and on which ones."""

    verdict: Verdict
    fingerprint: str
    """Of the files; empty where they changed while they were judged."""
    untouched: bool
    """They are the starter's, or there are none."""

    def keep(self) -> int:
        """Keep it as the learner's progress, and for the class board; give the number of attempts so far."""
        telling.put(self.verdict, untouched=self.untouched)
        return progress.record(self.verdict, self.fingerprint, untouched=self.untouched)


def judge_own(exercise: Exercise, meanwhile: Callable[[], object] | None = None) -> Judgement:
    """Judge the learner's own files; nothing is kept yet.

    Raises:
        CalledOff: nobody wants this verdict any more.

    """
    before = fingerprint(exercise.folder)
    verdict = judge(exercise, exercise.folder, own=True, meanwhile=meanwhile)
    same = before == fingerprint(exercise.folder)
    return Judgement(verdict, before if same else "", before in ("", fingerprint(exercise.starter)))


@dataclass(frozen=True)
class Wanted:
    """What `invoke verify` may be asked for."""

    path: str | None = None
    """A folder to judge instead of the learner's own."""
    as_json: bool = False
    junit: Path | None = None
    again: bool = False
    """Look anew, though nothing was saved since it passed."""

    @property
    def a_past_pass_will_do(self) -> bool:
        """Whether a pass that still stands is told as it was; a program that reads the verdict gets a new one."""
        return self.path is None and not (self.as_json or self.junit or self.again)


@dataclass(frozen=True)
class _Answer:
    """What a learner is told of an exercise."""

    verdict: Verdict
    attempt: int = 0
    below: tuple[str, ...] = ()
    """Lines below the verdict."""


def verify(word: str, wanted: Wanted, *, dry: bool = False) -> int:
    """Judge exercise `word` (or "all") and give the exit code: the worst of all verdicts.

    Raises:
        Usage: there is no such exercise, or no such folder.

    """
    from workshop import report

    chosen = exercises.every() if word == "all" else [exercises.find(word)]
    folder = _folder(wanted.path, one_exercise=word != "all")
    if dry:
        for exercise in chosen:
            for words in commands(exercise, folder):
                report.command(words)
        return DONE
    verdicts = list[Verdict]()
    for exercise in chosen:
        try:
            verdicts.append(_one(exercise, folder, wanted, exercise.name if word == "all" else ""))
        except KeyboardInterrupt as stopped:
            judged = ", ".join(one.exercise for one in verdicts)
            raise KeyboardInterrupt(f"only {judged} was judged" if judged else "nothing was judged") from stopped
    with ending.whoever_reads():
        _tell_the_board(None if wanted.as_json else report.say)
    if wanted.as_json:
        with ending.whoever_reads():
            report.as_json([one.as_json() for one in verdicts] if word == "all" else verdicts[0].as_json())
    if wanted.junit:
        report.junit(verdicts, wanted.junit)
    return max(verdict.exit_code for verdict in verdicts)


def _one(exercise: Exercise, folder: Path | None, wanted: Wanted, waiting_for: str) -> Verdict:
    """Judge one exercise and show the verdict, unless it is wanted as JSON; `waiting_for` names it meanwhile."""
    from workshop import report

    stood = unchanged.find(exercise) if wanted.a_past_pass_will_do else None
    before = "" if folder or stood else unchanged.files(exercise)
    if stood:
        answer = _standing(exercise, stood)
    else:
        with contextlib.nullcontext() if wanted.as_json else report.patience(waiting_for):
            answer = _judged(exercise, folder, None if wanted.as_json else report.prepare)
    if not wanted.as_json:
        with ending.whoever_reads():
            report.verdict(answer.verdict, attempt=answer.attempt)
            for line in answer.below:
                report.say(line)
    if before:
        unchanged.keep(exercise, answer.verdict, before)
    return answer.verdict


def _judged(exercise: Exercise, folder: Path | None, meanwhile: Callable[[], object] | None) -> _Answer:
    """Judge the learner's own files, or those of `folder`."""
    if folder is not None:
        return _Answer(_judge_elsewhere(exercise, folder, meanwhile))
    judgement = judge_own(exercise, meanwhile)
    verdict, below = judgement.verdict, list[str]()
    if verdict.outcome is Outcome.PASSED:
        below = [what_next(exercise)]
    elif verdict.outcome is Outcome.FAILED:
        again = progress.judged_last(exercise) == judgement.fingerprint != ""
        below = remarks.on_red(exercise, untouched=judgement.untouched, again=again, then="then run this again")
    return _Answer(verdict, judgement.keep(), tuple(below))


def _standing(exercise: Exercise, stood: unchanged.Stood) -> _Answer:
    at = time.strftime("%H:%M:%S", time.localtime(stood.when))
    since = f"Found at {at}; nothing was saved since. To look anew: invoke verify {exercise.name} --again"
    judgement = Judgement(stood.verdict, fingerprint(exercise.folder), untouched=False)
    return _Answer(stood.verdict, judgement.keep(), (since, what_next(exercise)))


def _tell_the_board(say: Callable[[str], object] | None) -> None:
    """Have the class board hear of it, where one was joined; say what is wrong with it, once and behind everything."""
    telling.send()
    if say and (note := telling.note()):
        say(note)


def what_next(exercise: Exercise) -> str:
    """Say what there is to do after a pass."""
    after = exercises.after(exercise)
    further = f", then {places.as_typed(after.folder / 'README.md')}" if after else ""
    return f"next: invoke solution {exercise.name} (there is another way to do it){further}"


def commands(exercise: Exercise, folder: Path | None = None) -> list[list[str]]:
    """Write the `docker` commands that a verification stands for."""
    context = places.as_typed(folder or exercise.folder)
    return [["docker", "build", "-t", exercise.image, context], ["docker", "run", "-d", "-P", exercise.image]]


def _judge_elsewhere(exercise: Exercise, folder: Path, meanwhile: Callable[[], object] | None) -> Verdict:
    with exercise.context_of(folder) as context:
        verdict = judge(exercise, context, meanwhile=meanwhile)
    if folder.is_relative_to(exercise.key.resolve()):
        return verdict
    return replace(verdict, checks=tuple(_with_its_image(check, exercise, folder) for check in verdict.checks))


def _with_its_image(check: Result, exercise: Exercise, folder: Path) -> Result:
    """Show files as they are typed from here, and put the build before a command that looks into the image.

    Only the image of the learner's own folder is kept.
    """
    finding, name = check.finding, exercise.image
    if finding and finding.where:
        where = replace(finding.where, file=places.as_typed(folder / finding.where.file))
        finding = replace(finding, where=where)
        check = replace(check, finding=finding)
    if finding is None or name not in finding.look or f"docker build -t {name}" in finding.look:
        return check
    build = f"docker build -q -t {name} {places.quoted(places.as_typed(folder))}"
    return replace(check, finding=replace(finding, look=f"{build}\n{finding.look}"))


def _folder(path: str | None, *, one_exercise: bool) -> Path | None:
    if path is None:
        return None
    if not one_exercise:
        raise Usage("--path goes with one exercise.", fix="invoke verify exercise-1 --path FOLDER")
    folder = Path(path).expanduser().resolve()
    if not folder.is_dir():
        what = "a file" if folder.exists() else "not there"
        why, near = "It must be a folder with a Dockerfile in it.", folder.parent if folder.is_file() else None
        fix = f"--path {places.as_typed(near)}" if near else "--path FOLDER; without it, your own folder is judged"
        raise Usage(f"--path {path} is {what}.", why=why, fix=fix)
    return folder
