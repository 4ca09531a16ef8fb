"""`invoke lesson`: the lesson in the terminal, section by section, and its commands one at a time."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from workshop import names, places
from workshop.engine import cli
from workshop.judging import difference
from workshop.trouble import MachineTrouble, Usage

from . import lesson
from .lesson import Block, Command, Section

Ask = Callable[[str], str]
"""Asks on the terminal, and gives what was typed; "q" when nothing more can come."""
PARTS = {"concepts": "concepts.md", "lesson": "README.md", "push": "push.md"}
"""The parts of the lesson, in order; one begins with the second, unless one has never run a container."""
_FIRST = "lesson"
_TEXTS = places.LESSON
_STATE = places.STATE / "lesson.json"
_RUNS = ("docker", "invoke", "./invoke", "cd")
"""What the commands of the lesson begin with; nothing else is run."""
_ID = re.compile(r"(?=.*\d)[0-9a-f]{4,64}")
"""How the lesson writes an ID; on each machine it is another one."""


def listing() -> list[str]:
    """List the sections of all parts, with a mark on the one you are at."""
    at, number = _here()
    lines = []
    for part in PARTS:
        heading = _lesson(part)[0].partition("\n")[0].removeprefix("# ")
        lines.append(f"{heading}  (--part {part})")
        lines += [
            f"{'->' if (part, one.number) == (at, number) else '  '} {one.number}  {one.title}"
            for one in _lesson(part)[1]
        ]
    return lines


def show(number: int = 0, *, part: str = "", forward: bool = False, ask: Ask | None = None) -> None:
    """Show a section: `number`, or where you are, or `forward` the one after it; and remember it.

    With `ask`, offer to run its commands afterwards.

    Raises:
        Usage: there is no such part or section.

    """
    from workshop import report

    part, number = _wanted(number, part, forward=forward)
    intro, found = _lesson(part)
    section = found[number - 1]
    _remember(part, number)
    report.markdown("\n\n".join([intro, section.text] if number == 1 else [section.text]), ask=ask)
    report.say("")
    report.say(f"section {number} of {len(found)}: {section.title}", style="bold")
    if ask and (steps := _steps(section)):
        _walk(steps, _folder(found[: number - 1]), ask)
    report.say(f"next: {_next(part, number, len(found))}")


def _wanted(number: int, part: str, *, forward: bool) -> tuple[str, int]:
    """Find the part and the section that are meant."""
    at, here = _here()
    if part and part not in PARTS:
        near = names.nearest(part, PARTS)
        fix = f"invoke lesson --part {near}" if near else "invoke lesson --list"
        raise Usage(f"There is no part {part!r}.", why=f"The parts are {', '.join(PARTS)}.", fix=fix)
    chosen = part or at
    count = len(_lesson(chosen)[1])
    wanted = number or (here if chosen == at else 1) + forward
    if 1 <= wanted <= count:
        return chosen, wanted
    if number:
        fix = "invoke lesson --list"
        raise Usage(f"There is no section {number}.", why=f"This part has {count}, from 1.", fix=fix)
    if after := _after(chosen):
        return after, 1
    raise Usage("That was the last section.", fix=["invoke exercises", "invoke lesson --list"])


def _next(part: str, number: int, count: int) -> str:
    if number < count:
        return f"invoke lesson --section {number + 1}"
    further = f"invoke lesson --part {after}" if (after := _after(part)) else ""
    return further if part != _FIRST and further else " or ".join(filter(None, ["invoke exercises", further]))


def _after(part: str) -> str:
    """Name the part that comes after this one; empty for the last."""
    following = list(PARTS)[list(PARTS).index(part) + 1 :]
    return following[0] if following else ""


def _lesson(part: str) -> tuple[str, list[Section]]:
    return lesson.sections((_TEXTS / PARTS[part]).read_text("utf-8"))


def _here() -> tuple[str, int]:
    """Tell the part and section that were shown last; the first where nobody knows."""
    try:
        kept = json.loads(_STATE.read_text("utf-8"))
        part, number = kept["part"], kept["section"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return _FIRST, 1
    known = isinstance(part, str) and part in PARTS and isinstance(number, int)
    return (part, number) if known and 1 <= number <= len(_lesson(part)[1]) else (_FIRST, 1)


def _remember(part: str, number: int) -> None:
    with contextlib.suppress(OSError):  # a full or read-only disk must not cost the learner the lesson
        places.STATE.mkdir(parents=True, exist_ok=True)
        _STATE.write_text(json.dumps({"part": part, "section": number}) + "\n", "utf-8")


def _steps(section: Section) -> list[Block]:
    """List what is to be done in a section: files to write, commands to type; those of this machine's builder."""
    builder = "classic"
    with contextlib.suppress(MachineTrouble):
        builder = cli.builder()
    found = [one for one in section.blocks() if one.settings.get("builder", builder) == builder]
    found = [one for one in found if one.is_run or one.title]
    return found if any(one.is_run for one in found) else []


def _folder(before: Sequence[Section]) -> Path:
    """Find the folder in which the reader stands after these sections."""
    at = places.ROOT
    for command in (
        one for section in before for block in section.blocks() if block.is_run for one in block.commands()
    ):
        if command.words[:1] == ["cd"]:
            at = at / command.words[1]
    return at


def _walk(steps: Sequence[Block], at: Path, ask: Ask) -> None:
    """Offer the steps one by one, from the folder `at`."""
    from workshop import report

    count = sum(len(one.commands()) for one in steps if one.is_run)
    if ask(f"Run the section's {count} commands here, one at a time? [y/N] ").strip().lower() not in ("y", "yes"):
        return
    for block in steps:
        if block.title:
            if not _written(block, at, ask):
                return
            continue
        for command in block.commands():
            report.say("")
            report.command(command.words)
            for line in command.typed:
                report.say(f"  then type  {line}")
            words = _agreed(command, ask)
            if words is None:
                return
            if words[:1] == ["cd"]:
                report.say("(For the commands that are run here; your own terminal stays in its folder.)")
                at = (at / words[1]).resolve() if len(words) > 1 else at
            elif words:
                _run(words, at, fails=command.fails)


def _agreed(command: Command, ask: Ask) -> list[str] | None:
    """Ask what to do with a command: its words, or others that were typed; [] to skip it; None to stop."""
    from workshop import report

    own = any(_ID.fullmatch(word) for word in command.words)
    question = "Type it with the ID on your machine; s skips, q stops: " if own else "Enter runs it, s skips, q stops: "
    while True:
        typed = ask(question).strip()
        if typed in ("s", "q"):
            return [] if typed == "s" else None
        if not typed and not own:
            return command.words
        with contextlib.suppress(ValueError):  # a quote without its twin
            words = shlex.split(typed)
            if words and words[0] in _RUNS:
                return words
        report.say(f"Only these are run here: {', '.join(_RUNS)}.")


def _run(words: list[str], at: Path, *, fails: bool) -> None:
    """Run a command, on this very terminal; say when it ended otherwise than the lesson says."""
    from workshop import report

    if words[0] in ("invoke", "./invoke"):
        words = [sys.executable, "-m", "invoke", "--search-root", str(places.ROOT), *words[1:]]
    try:
        code = subprocess.run(words, cwd=at, check=False).returncode
    except FileNotFoundError:
        raise MachineTrouble(f"There is no {words[0]} command on this machine.", fix="invoke doctor") from None
    if fails and code:
        report.say(f"(It ended with exit code {code}, as it should here.)")
    elif code:
        report.say(f"(It ended with exit code {code}; the lesson expects that it succeeds.)")


def _written(block: Block, at: Path, ask: Ask) -> bool:
    """Wait until a file of the lesson is as the section shows it, or the reader goes on; False if they stop here."""
    from workshop import report

    file = at / block.title
    report.say(f"\nNow make {places.as_typed(file)} look as the section shows it, and save.")
    while _difference(file, block):
        typed = ask("Enter when it is saved, s skips, q stops: ").strip()
        if typed in ("s", "q"):
            return typed == "s"
        if wrong := _difference(file, block):
            report.say(f"It is not yet the same.\n{wrong}")
    return True


def _difference(file: Path, block: Block) -> str:
    """Show where a file is not yet what the section shows; empty where it is, up to blank lines and ends of lines."""
    try:
        lines = [line.rstrip() for line in file.read_bytes().decode("utf-8", "replace").splitlines()]
    except OSError:
        return "There is no such file."
    wanted = iter([line.rstrip() for line in block.lines if line.strip()])
    whole = [next(wanted, "") if line else "" for line in lines] + list(wanted)  # with blank lines where yours has them
    theirs, yours = ("\n".join(text).rstrip("\n") for text in (whole, lines))
    if theirs == yours:
        return ""
    theirs, yours = difference.first_difference(theirs, yours)
    return f"yours   {yours}\nlesson  {theirs}"
