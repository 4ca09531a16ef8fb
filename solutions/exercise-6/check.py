"""Exercise 6 is done when your image is a command: it takes words, options and defaults, and gives an exit code."""

import functools
import re
from typing import NoReturn

from workshop import Lab, NotYet, Where, after
from workshop.dockerfile.stages import earlier
from workshop.judging import scripts

DEFAULT = "Hello, banana!"
HARD = ("two  spaces", "$HOME", "*")
"""Words that a shell in between would change."""
QUOTE = ("it's", "late")
"""Words that such a shell might not even be able to read."""
STARTER = "words-ignored"
WHO = "ENTRYPOINT"
NO_LIST = (
    "A CMD that is not a list is wrapped in /bin/sh -c. Behind an ENTRYPOINT these are just more words. A list is "
    "JSON, with double quotes, commas between the words, and no \\ but those that JSON knows."
)
TWICE = "The program is started more than once here, and each start says words of its own."
CALL = re.compile(r"[^#]*(?<![\w-])say\b")
"""A line of a script that starts the program."""


def check_image_builds(lab: Lab) -> None:
    """Your Dockerfile builds."""
    lab.build()


@after(check_image_builds)
def check_says_your_words(lab: Lab) -> None:
    """It says the words you type, and only those."""
    if arrives_whole(lab):
        return
    words = ("Good", "evening", lab.nonce)
    try:
        said = spoken(lab, *words)
    except NotYet as failed:
        _not_said(lab, failed)
    wanted = " ".join(words)
    if said != wanted:
        _other_words(lab, said, words)


@after(check_says_your_words)
def check_words_arrive_untouched(lab: Lab) -> None:
    """Two spaces, $HOME, * and ' arrive as you typed them."""
    if arrives_whole(lab):
        return
    said = spoken(lab, *HARD)
    if said != " ".join(HARD):
        expanded = "$HOME" not in said
        _shell_between(
            lab,
            HARD,
            said,
            "words-expanded" if expanded else "words-split",
            "A shell in between read your words as a command line of its own and filled in what it knows."
            if expanded
            else "A shell in between took your words apart at the spaces: it was given them without quotes.",
        )
    output = lab.finish(*QUOTE)
    if _bubble(output.stdout) != " ".join(QUOTE):
        why = "A shell in between took the ' in your word for a quote of its own, and looked for its end."
        _shell_between(lab, QUOTE, output.text.strip(), "quote-read", why)


@after(check_says_your_words)
def check_says_hello_by_default(lab: Lab) -> None:
    """Without words, it says its default: Hello, banana!."""
    said = spoken(lab)
    if said == DEFAULT:
        if changed := _changed(lab):
            lab.note(f"say.sh was fine as it was; its line {changed.line} is new")
        if not lab.build().config.get("Cmd"):
            lab.note("the default is not in CMD, so docker image inspect can't show it")
        return
    _other_default(lab, said)


@after(check_says_your_words)
def check_options_and_exit_code(lab: Lab) -> None:
    """--shout is loud, and with --fail exit code 3 comes back."""
    output = lab.finish("--fail", "--shout", "hi", lab.nonce)
    if output.code == 3 and _bubble(output.stdout) == f"HI {lab.nonce.upper()}":
        return
    output = lab.finish("--shout", "hi", lab.nonce)
    if _bubble(output.stdout) != f"HI {lab.nonce.upper()}":
        lab.not_yet(
            "option-ignored",
            "The program did not get --shout as its first word."
            + (' "$*" makes one word of all of yours.' if _calls_with(lab, '"$*"') else ""),
            expected=f"HI {lab.nonce.upper()}",
            actual=_bubble(output.stdout) or output.text.strip() or "nothing",
            hint="what stands between the program and your words?",
            look=lab.started_shown(),
            where=_calls(lab),
        )
    output = lab.finish("--fail", "hi", lab.nonce)
    if output.code != 3:
        lab.not_yet(
            "exit-code-lost",
            "The program ended with 3, and something around it answered in its place. Scripts rely on that number.",
            expected="exit code 3 from docker run IMAGE --fail hi",
            actual=f"exit code {output.code}",
            hint="what runs after the program, or instead of it?",
            look=lab.started_shown(),
            where=_calls(lab),
        )
    if _bubble(output.stdout) != f"hi {lab.nonce}":
        lab.not_yet(
            "words-lost",
            "With --fail your words are not said, though the exit code is right: something else answers in its place.",
            expected=f"hi {lab.nonce}, and exit code 3",
            actual=_bubble(output.stdout) or "nothing",
            hint="who should hear of --fail: a script around the program, or the program?",
            look=lab.started_shown(),
            where=_calls(lab),
        )


@functools.lru_cache(maxsize=1)
def arrives_whole(lab: Lab) -> bool:
    """Whether everything arrives in one go: a container takes its time, so the rest is only for what goes wrong."""
    words = ("Good", lab.nonce, *HARD, *QUOTE)
    try:
        output = lab.finish(*words)
    except NotYet:
        return False
    return output.code == 0 and _bubble(output.stdout) == " ".join(words)


def spoken(lab: Lab, *words: str) -> str:
    """Run the image with `words`, and give what the banana said."""
    expected = f"docker run IMAGE {' '.join(words)}".strip() + " says it, and ends with exit code 0"
    return _bubble(lab.printed(*words, expected=expected).stdout)


def _bubble(printed: str) -> str:
    """Read what stands between the brackets of the bubble, of each in a line; everything, where there is none."""
    inside = re.findall(r"^\( (.*) \)$", printed, re.MULTILINE)
    return "\n".join(inside) if inside else printed.strip()


def _calls(lab: Lab) -> Where | None:
    """Find the line that gives the words to the program: in a script around it, else the ENTRYPOINT or CMD."""
    for name, text in scripts.of_command(lab):
        lines = [line for line in text.decode("utf-8", "replace").splitlines() if CALL.match(line)]
        if calls := [line for line in lines if "$" in line] or lines:
            return lab.where_in(name, calls[-1])
    return lab.where(WHO) or lab.where("CMD")


def _calls_with(lab: Lab, sign: str) -> bool:
    """Whether the program is given its words with `sign`."""
    calls = _calls(lab)
    return sign in " ".join([*lab.build().command, calls.text if calls else ""])


def _command(lab: Lab) -> tuple[list[str], list[str]]:
    config = lab.build().config
    return list(config.get("Entrypoint") or []), list(config.get("Cmd") or [])


def _not_said(lab: Lab, failed: NotYet) -> NoReturn:
    """Say why the program did not even run with words; otherwise what the engine's own message means."""
    entry, _ = _command(lab)
    elsewhere = lab.dockerfile.last(WHO)
    if not entry and elsewhere and elsewhere.stage != lab.dockerfile.stages[-1].index:
        lab.not_yet(
            "begun-anew",
            "ENTRYPOINT stands in another stage. Each FROM begins a new image, with the settings of its base.",
            expected="your words, said",
            actual=failed.finding.actual,
            hint="is the FROM below it needed? If so, what does its image need again?",
            look=lab.started_shown(),
            where=lab.line(lab.dockerfile.stages[-1].instruction.first_line),
        )
    taken = re.search(r"Good: not found|can't execute 'Good'", failed.finding.actual)
    if not entry or (taken and not elsewhere):
        lab.not_yet(
            "no-entrypoint",
            "Words behind the image's name take the place of CMD. No ENTRYPOINT stands before them, so Docker takes "
            "the first one for the program."
            if not entry
            else f"Words behind the image's name take the place of CMD. The ENTRYPOINT is that of the base image, "
            f"{' '.join(entry)}, and it starts the first word that it gets.",
            expected="your words, said",
            actual=failed.finding.actual,
            hint="which instruction names a program that stays, whatever is typed?",
            look=lab.started_shown(),
            where=lab.where("CMD") or lab.where("FROM"),
        )
    instruction = lab.dockerfile.last(WHO)
    if instruction and not instruction.json_form and " ".join(instruction.args).startswith("["):
        lab.not_yet(
            "list-was-not-json",
            "A list must be JSON: double quotes, commas between the words. Anything else is a string, and a shell runs "
            "it, brackets and all.",
            expected="your words, said",
            actual=failed.finding.actual,
            hint="compare the quotes and commas with those of another Dockerfile",
            look=lab.started_shown(),
            where=lab.where(WHO),
        )
    if taken or "can't open 'Good'" in failed.finding.actual:
        lab.not_yet(
            "words-taken-for-program" if taken else "words-taken-for-script",
            f"ENTRYPOINT is {' '.join(entry)}, and that takes the first word it gets for a program to start."
            if taken
            else "ENTRYPOINT is a shell, and a shell takes its first word for a script to read.",
            expected="your words, said",
            actual=failed.finding.actual,
            hint="which program should your words go to?",
            look=lab.started_shown(),
            where=lab.where(WHO),
        )
    raise failed


def _other_words(lab: Lab, said: str, words: tuple[str, ...]) -> NoReturn:
    entry, _ = _command(lab)
    instruction = lab.dockerfile.last(WHO)
    wanted = " ".join(words)
    hint = "ENTRYPOINT is the part that stays, CMD the part that gives way: what belongs where?"
    if "-c" not in entry and re.search(r"\$[@*\d]", " ".join(entry)):
        reason = "variable-not-expanded"
        why = "Lists are taken as they are: no shell is there to know a $. Your words follow the list by themselves."
        hint = "what must stand in the list, if your words come behind it anyway?"
    elif lab.nonce not in said:
        reason, why = "words-ignored", "Something stands between your words and the program, and does not pass them on."
        if said == wanted.upper():
            reason, why = "option-in-entrypoint", "Words in ENTRYPOINT are fixed: --shout comes before yours, always."
        elif words[0] in said or words[1] in said:
            reason, why = "words-lost", "Only some of your words are passed on."
            why += " $1 is one word, whatever follows." if _calls_with(lab, "$1") or _calls_with(lab, "${1") else ""
        elif instruction and not instruction.json_form:
            why = (
                "An ENTRYPOINT that is not a list runs through /bin/sh -c. The shell gets your words, and does not "
                "pass them on; CMD is ignored in the same way."
            )
            hint = "there is another form of ENTRYPOINT, without a shell"
        elif "-c" in entry:
            why = "Behind sh -c '…' your words become the shell's own parameters, and the text does not use them."
    elif said == " ".join(words[1:]):
        reason = "first-word-lost"
        why = (
            "Behind sh -c '…' the first word becomes $0, the shell's name for itself; $@ starts with the second."
            if "-c" in entry
            else "The first word is gone before the program is started. In a script, shift does that."
        )
        hint = "can the program do without a shell around it?"
    elif len(entry) == 1 and said.endswith(wanted) and _changed(lab):
        reason, hint = "program-changed", "say.sh says what it is given. Where could a default stand?"
        why = "say.sh is another one here than the task brings, and it adds words of its own."
    else:
        reason, why = _too_many(said, wanted, entry)
    where = _calls(lab)
    if where and where.text.partition(" ")[0].upper() not in (WHO, "CMD"):
        hint = "how does a script hand on all the words that it was given, each of them whole?"
    lab.not_yet(
        reason,
        why,
        expected=wanted,
        actual=said or "nothing",
        hint=hint,
        look=lab.started_shown(),
        where=_changed(lab) if reason == "program-changed" else where,
    )


def _changed(lab: Lab) -> Where | None:
    """Find the first line of say.sh that the task did not bring."""
    given = (lab.exercise.starter / "say.sh").read_text("utf-8").splitlines()
    path = lab.folder / "say.sh"
    lines = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
    return next((lab.where_in("say.sh", line) for line in lines if line not in given), None)


def _other_default(lab: Lab, said: str) -> NoReturn:
    """Say why something else than the default is said when nobody gives words."""
    where = lab.where("CMD") or _calls(lab)
    _, cmd = _command(lab)
    hint = "one instruction holds the words that are used when nobody gives any"
    if not said:
        reason, why = "no-default", _no_words(lab)
    elif cmd[:2] == ["/bin/sh", "-c"]:
        reason, why = "cmd-not-a-list", NO_LIST
        hint = "compare how CMD and ENTRYPOINT are written, sign by sign"
    elif "$" in said:
        reason, why = (
            "variable-not-expanded",
            "Lists are taken as they are: no shell is there to know a $.",
        )
    elif "\n" in said:
        reason, why = "said-twice", TWICE
        hint, where = "what runs behind the line that says the default?", _calls(lab)
    elif said.endswith(DEFAULT) or (cmd[:1] and cmd[0].rpartition("/")[2] == "say"):
        reason, why = (
            "program-twice",
            "CMD follows ENTRYPOINT. Here it starts with more than the default words.",
        )
    elif earlier := [one for one in lab.dockerfile.all("CMD")[:-1] if DEFAULT in " ".join(one.args)]:
        reason, where = "later-cmd-wins", lab.line(earlier[-1].first_line)
        why = "Of several CMD only the last one counts, so this one is as if it were not there."
        hint = "which of these words are the default, and which are just what somebody types?"
    else:
        reason, why = "other-default", "It has default words, and they are not those of the task."
        if said.startswith(DEFAULT):
            why = "All the words in CMD are said when nobody gives any, and here these are more than the default."
    lab.not_yet(
        reason,
        why,
        expected=DEFAULT,
        actual="\n".join(f"( {line} )" for line in said.split("\n")) if "\n" in said else said or "nothing",
        hint=hint,
        look=lab.started_shown(),
        where=where,
    )


def _no_words(lab: Lab) -> str:
    written = lab.dockerfile.last("CMD")
    if written and written.json_form and not any(written.args):
        return "The list behind CMD is empty."
    why = "Nobody gave it words, and the image has none to fall back on."
    entry = lab.dockerfile.last(WHO)
    if written and entry and (written.stage or 0) < (entry.stage or 0):
        stage = lab.dockerfile.stages[entry.stage or 0]
        if earlier(lab.dockerfile, stage, stage.base):
            return why + " A stage that sets its own ENTRYPOINT begins without the CMD of the stage it is built FROM."
        return why + " CMD stands in another stage, and each FROM begins a new image, with the settings of its base."
    return why + (" Some CMD is there; it does not arrive." if written else "")


def _shell_between(lab: Lab, words: tuple[str, ...], said: str, reason: str, why: str) -> NoReturn:
    typed = " ".join(f'"{word}"' if "'" in word else f"'{word}'" for word in words)
    lab.not_yet(
        reason,
        why,
        expected=" ".join(words),
        actual=said or "nothing",
        hint="is a shell needed here at all? If so, it must pass on each word whole",
        look=f"docker run --rm {lab.image_name} {typed}",
        where=_calls(lab),
    )


def _too_many(said: str, wanted: str, entry: list[str]) -> tuple[str, str]:
    """Say where more words come from than were typed: the reason, and why."""
    if "\n" in said:
        return "said-twice", TWICE
    if said.endswith(wanted) and entry[-1:] and entry[-1].rpartition("/")[2] == "say" and len(entry) > 1:
        return "program-twice", "ENTRYPOINT names the program, and then its name once more, as a word to say."
    if said.endswith(wanted):
        why = "Words in ENTRYPOINT are fixed: yours come behind them. Default words that give way live elsewhere."
        return "default-in-entrypoint", why
    if said.startswith(wanted):
        return "default-always-added", "Your words are said, and then something that nobody typed."
    return "other-words", "It says something, but not exactly what was typed."
