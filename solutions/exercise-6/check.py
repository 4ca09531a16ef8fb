"""Exercise 6 is done when your image is a command: it takes words, options and defaults, and gives an exit code."""

import functools
import re
from typing import NoReturn

from workshop import Lab, NotYet, after

DEFAULT = "Hello, banana!"
HARD = ("two  spaces", "$HOME", "*")
"""Words that a shell in between would change."""
STARTER = "words-ignored"
WHO = "ENTRYPOINT"


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
    """Two spaces, $HOME and * arrive as you typed them."""
    if arrives_whole(lab):
        return
    words = HARD
    said = spoken(lab, *words)
    if said == " ".join(words):
        return
    expanded = "$HOME" not in said
    lab.not_yet(
        "words-expanded" if expanded else "words-split",
        "A shell in between read your words as a command line of its own and filled in what it knows."
        if expanded
        else "A shell in between took your words apart at the spaces: it was given them without quotes.",
        expected=" ".join(words),
        actual=said,
        hint="is a shell needed here at all? If so, it must pass on each word whole",
        look=f"docker run --rm {lab.image_name} 'two  spaces' '$HOME' '*'",
        where=lab.where(WHO) or lab.where("CMD"),
    )


@after(check_says_your_words)
def check_says_hello_by_default(lab: Lab) -> None:
    """Without words, it says its default: Hello, banana!."""
    said = spoken(lab)
    if said == DEFAULT:
        if not lab.build().config.get("Cmd"):
            lab.note("the default is not in CMD, so docker image inspect can't show it")
        return
    where = lab.where("CMD") or lab.where(WHO)
    _, cmd = _command(lab)
    hint = "one instruction holds the words that are used when nobody gives any"
    if not said:
        reason, why = "no-default", "Nobody gave it words, and the image has none to fall back on."
        if (written := lab.dockerfile.last("CMD")) and written.json_form and not any(written.args):
            why = "The list behind CMD is empty."
        elif lab.where("CMD"):
            why += " Some CMD is there; it does not arrive."
    elif cmd[:2] == ["/bin/sh", "-c"]:
        reason = "cmd-not-a-list"
        why = "A CMD that is not a list is wrapped in /bin/sh -c. Behind an ENTRYPOINT these are just more words."
        hint = "compare how CMD and ENTRYPOINT are written"
    elif "$" in said:
        reason, why = (
            "variable-not-expanded",
            "Lists are taken as they are: no shell is there to know a $.",
        )
    elif said.endswith(DEFAULT) or (cmd[:1] and cmd[0].rpartition("/")[2] == "say"):
        reason, why = (
            "program-twice",
            "CMD follows ENTRYPOINT. Here it starts with more than the default words.",
        )
    else:
        reason, why = "other-default", "It has default words, and they are not those of the task."
    lab.not_yet(
        reason,
        why,
        expected=DEFAULT,
        actual=said or "nothing",
        hint=hint,
        look=lab.started_shown(),
        where=where,
    )


@after(check_says_your_words)
def check_options_and_exit_code(lab: Lab) -> None:
    """--shout is loud, and with --fail exit code 3 comes back."""
    output = lab.finish("--shout", "--fail", "hi", lab.nonce)
    if output.code == 3 and _bubble(output.stdout) == f"HI {lab.nonce.upper()}":
        return
    output = lab.finish("--shout", "hi", lab.nonce)
    if _bubble(output.stdout) != f"HI {lab.nonce.upper()}":
        lab.not_yet(
            "option-ignored",
            "The program did not get --shout as its first word.",
            expected=f"HI {lab.nonce.upper()}",
            actual=_bubble(output.stdout) or output.text.strip() or "nothing",
            hint="what stands between the program and your words?",
            look=lab.started_shown(),
            where=lab.where(WHO),
        )
    if (code := lab.finish("--fail", "hi").code) != 3:
        lab.not_yet(
            "exit-code-lost",
            "The program ended with 3, and something around it answered in its place. Scripts rely on that number.",
            expected="exit code 3 from docker run IMAGE --fail hi",
            actual=f"exit code {code}",
            hint="what runs after the program, or instead of it?",
            look=lab.started_shown(),
            where=lab.where(WHO),
        )


@functools.lru_cache(maxsize=1)
def arrives_whole(lab: Lab) -> bool:
    """Whether everything arrives in one go: a container takes its time, so the rest is only for what goes wrong."""
    words = ("Good", lab.nonce, *HARD)
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
    """Read what stands between the brackets of the bubble; everything, where there is no bubble."""
    inside = re.search(r"^\( (.*) \)$", printed, re.MULTILINE)
    return inside[1] if inside else printed.strip()


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
    if not entry:
        lab.not_yet(
            "no-entrypoint",
            "Words behind the image's name take the place of CMD. No ENTRYPOINT stands before them, so Docker takes "
            "the first one for the program.",
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
    if "can't open 'Good'" in failed.finding.actual:
        lab.not_yet(
            "words-taken-for-script",
            "ENTRYPOINT is a shell, and a shell takes its first word for a script to read.",
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
        why = "Behind sh -c '…' the first word becomes $0, the shell's name for itself; $@ starts with the second."
        hint = "can the program do without a shell around it?"
    else:
        reason, why = _too_many(said, wanted, entry)
    lab.not_yet(
        reason,
        why,
        expected=wanted,
        actual=said or "nothing",
        hint=hint,
        look=lab.started_shown(),
        where=lab.where(WHO) or lab.where("CMD"),
    )


def _too_many(said: str, wanted: str, entry: list[str]) -> tuple[str, str]:
    """Say where more words come from than were typed: the reason, and why."""
    if said.endswith(wanted) and entry[-1:] and entry[-1].rpartition("/")[2] == "say" and len(entry) > 1:
        return "program-twice", "ENTRYPOINT names the program, and then its name once more, as a word to say."
    if said.endswith(wanted):
        why = "Words in ENTRYPOINT are fixed: yours come behind them. Default words that give way live elsewhere."
        return "default-in-entrypoint", why
    if said.startswith(wanted):
        return "default-always-added", "Your words are said, and then something that nobody typed."
    return "other-words", "It says something, but not exactly what was typed."
