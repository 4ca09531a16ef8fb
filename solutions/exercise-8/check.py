"""Exercise 8 is done when a build's version arrives in the image, and the greeting still changes at the start."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from workshop import Image, Lab, Where, after

if TYPE_CHECKING:
    from workshop.dockerfile import Instruction as Line

    Cause = tuple[str, str, Where | None, str]
    """Reason, why, the line to look at, and a hint."""

LABEL = "org.opencontainers.image.version"
GIVEN = "Hello"
"""The greeting that the Dockerfile sets."""
SPEAKS = "from version"
NAME = "VERSION"
SHELLS = ("sh", "ash", "bash", "hush")
TAKEN = re.compile(r"\$\{?VERSION\b")
FOLLOW = "follow the variable through the Dockerfile, from where it is named to where it is used"
STARTER = "arg-before-from"


def check_image_builds(lab: Lab) -> None:
    """Your Dockerfile builds."""
    lab.build()
    lab.ahead(started_otherwise)


@after(check_image_builds)
def check_default_version(lab: Lab) -> None:
    """Without --build-arg, it says: Hello from version dev."""
    _must_say(lab, lab.build(), GIVEN, "dev")


@after(check_default_version)
def check_version_of_the_build(lab: Lab) -> None:
    """The version of --build-arg VERSION=… arrives."""
    _must_say(lab, given(lab), GIVEN, version(lab))


@after(check_version_of_the_build)
def check_label(lab: Lab) -> None:
    """The label org.opencontainers.image.version says the same."""
    for image, wanted in ((lab.build(), "dev"), (given(lab), version(lab))):
        labels = image.config.get("Labels") or {}
        if labels.get(LABEL) != wanted:
            _wrong_label(lab, labels, wanted)


@after(check_version_of_the_build)
def check_what_a_start_may_change(lab: Lab) -> None:
    """At its start a container takes another greeting, and no other version."""
    greeting, other = other_words(lab)
    said = lab.once(started_otherwise)
    name = NAME
    if (renamed := _under_other_names(lab)) and other not in said and greeting in said:
        # A program may need them for more than the sentence; whether it still works without is not asked here.
        otherwise = lab.finish(image=given(lab), env={**renamed, "GREETING": greeting}).stdout.strip()
        name, said = (next(iter(renamed)), otherwise) if f"{greeting} {SPEAKS} {other}" in otherwise else (name, said)
    look = f"docker run --rm -e GREETING=Hola -e {name}=9 {lab.image_name}"
    if greeting not in said:
        sets = lab.where("CMD", "ENTRYPOINT", containing="GREETING=") or lab.where_in("hello.sh", "GREETING=")
        lab.not_yet(
            "greeting-fixed",
            "This line gives the greeting a value of its own, over what the start says."
            if sets
            else "The greeting was decided while the image was made, so no start can change it.",
            expected=f"{greeting} from version {version(lab)}",
            actual=said,
            hint="which of ARG and ENV is there when a container starts? And where is the sentence put together?",
            look=look,
            where=sets
            or lab.where_in("hello.sh", f"{GIVEN} {SPEAKS}")
            or lab.where("RUN", "CMD", "ENTRYPOINT", containing=f" {SPEAKS}")
            or lab.where("ENV", "ARG", containing="GREETING")
            or lab.where("RUN"),
        )
    if other in said:
        lab.not_yet(
            "version-changes-at-start",
            "The text takes the version from the environment, which every start can change. What the build decided "
            "should stay: it is a fact about the image.",
            expected=f"{greeting} from version {version(lab)}",
            actual=said,
            hint="what of the build can no start change? A file, for example",
            look=look,
            where=_reads_at_start(lab, name) or lab.where("ENV", containing=name) or lab.where("CMD"),
        )
    if f"{greeting} from version {version(lab)}" not in lines(said):
        _wrong_version(lab, said, greeting, version(lab))


def version(lab: Lab) -> str:
    """Name a version that no answer can know beforehand."""
    return f"2.0-{lab.nonce}"


def given(lab: Lab) -> Image:
    """Build it as docker build --build-arg VERSION=… does."""
    return lab.build(args={"VERSION": version(lab)})


def other_words(lab: Lab) -> tuple[str, str]:
    """Give a greeting and a version that only the start of a container says."""
    return f"Hola-{lab.nonce}", f"other-{lab.nonce}"


def started_otherwise(lab: Lab) -> str:
    """Give what a container says that was started with another greeting, and another version."""
    greeting, other = other_words(lab)
    return lab.printed(image=given(lab), env={"GREETING": greeting, NAME: other}).stdout.strip()


def _under_other_names(lab: Lab) -> dict[str, str]:
    """Find the image's variables that hold the version under a name of their own; with another version."""
    pairs = (one.partition("=") for one in given(lab).config.get("Env") or [])
    held = {name: value for name, _, value in pairs if version(lab) in value and name != NAME}
    return {name: value.replace(version(lab), other_words(lab)[1]) for name, value in held.items()}


def lines(text: str) -> list[str]:
    """Split what was printed."""
    return [line.strip() for line in text.splitlines()]


def _must_say(lab: Lab, image: Image, greeting: str, wanted: str) -> None:
    sentence = f"{greeting} from version {wanted}"
    output = lab.printed(image=image, expected=f"a program that says: {sentence}")
    if sentence in lines(output.stdout):
        return
    said = next((line for line in lines(output.stdout) if SPEAKS in line), "")
    if not said:
        lab.not_yet(
            "other-output",
            "The container ended well, and has not printed that sentence.",
            expected=sentence,
            actual=output.text.strip() or "nothing at all",
            hint="what does the container start? And what does hello.sh print?",
            look=f"docker run --rm {lab.image_name}",
            where=lab.where("CMD", "ENTRYPOINT") or lab.where("FROM"),
        )
    if said.startswith(SPEAKS):
        set_by = lab.where("ARG", "ENV", "RUN", containing="GREETING")
        keyword = set_by.text.split()[0].upper() if set_by else ""
        lab.not_yet(
            "greeting-lost",
            {
                "ARG": "An ARG lives while the image is made; the container that says the greeting never heard of it.",
                "RUN": "What a RUN tells its shell is forgotten when that step ends; only files stay.",
                "ENV": "This ENV is not for the container: it stands in a stage that does not become the image.",
            }.get(keyword, "The container does not know the greeting."),
            expected=sentence,
            actual=said,
            hint="which instruction sets a variable for containers?",
            look=f"docker run --rm {lab.image_name} env",
            where=set_by,
        )
    _wrong_version(lab, output.text.strip(), greeting, wanted)


class Trail(NamedTuple):
    """What the Dockerfile says of VERSION, in the stage that uses it."""

    asks: list[Line]
    """The ARG lines that name it."""
    sets: list[Line]
    """The ENV lines that name it."""
    uses: list[Line]
    """The lines that speak of it otherwise."""
    takes: list[Line]
    """Those of them that take its value."""
    elsewhere: list[Line]
    """ARG lines of other stages that name it."""
    near: list[Line]
    """ARG lines of that stage with a name like it."""
    above: list[Line]
    """ARG lines above the first FROM that name it."""
    defaults: list[Line]
    """ARG lines that give it a value, wherever they stand."""


def _trail(lab: Lab) -> Trail:
    file = lab.dockerfile
    users = [one for one in file.all("RUN", "CMD", "ENTRYPOINT") if NAME in one.text]
    here = file.in_stage(users[-1].stage if users else file.final_stage)
    args = [one for one in file.all("ARG") if any(key == NAME for key, _ in one.pairs)]
    uses = [one for one in here if one.keyword in ("RUN", "COPY", "ENV", "CMD", "ENTRYPOINT") and NAME in one.text]
    return Trail(
        asks=[one for one in args if one in here],
        sets=[one for one in here if one.keyword == "ENV" and any(key == NAME for key, _ in one.pairs)],
        uses=uses,
        takes=[one for one in uses if TAKEN.search(one.text)],
        elsewhere=[one for one in args if one.stage is not None and one not in here],
        near=[one for one in here if one.keyword == "ARG" and one not in args and NAME in one.text.upper()],
        above=[one for one in args if one.stage is None],
        defaults=[one for one in args if "=" in one.text],
    )


def _wrong_version(lab: Lab, said: str, greeting: str, wanted: str) -> NoReturn:
    """Say why the version did not arrive: by what came instead, and by where the Dockerfile speaks of it."""
    trail, seen = _trail(lab), said.partition(SPEAKS)[2].partition("\n")[0].strip()
    if seen == wanted:
        reason, why, where, hint = _other_greeting(lab, said)
    elif NAME in seen:
        reason, why, where, hint = _not_expanded(lab, trail, seen, wanted)
    elif "can't open" in said or ("No such file" in said and ".txt" in said):
        reason, why, where, hint = _no_file(lab, trail)
    elif not seen:
        reason, why, where, hint = _empty(lab, trail, wanted)
    else:
        reason, why, where, hint = _another(lab, trail, seen, wanted)
    first = next(iter([*trail.sets, *trail.asks, *trail.uses]), None)
    lab.not_yet(
        reason,
        why,
        expected=f"{greeting} from version {wanted}",
        actual=said or "nothing",
        hint=hint,
        look=("" if wanted == "dev" else f"docker build -t {lab.image_name} --build-arg VERSION=1.2.3 {lab.typed}\n")
        + f"docker run --rm {lab.image_name}",
        where=where or _line(lab, first) or lab.where("FROM"),
    )


def _line(lab: Lab, one: Line | None) -> Where | None:
    return lab.line(one.first_line) if one else None


def _other_greeting(lab: Lab, said: str) -> Cause:
    env = lab.where("ENV", containing="GREETING")
    why = "The version is right; the words around it are others than asked for."
    if env and said.startswith("="):
        why += " With blanks around the =, it and all behind it are the value."
    return "other-text", why, env, "compare the two sentences, letter by letter"


def _not_expanded(lab: Lab, trail: Trail, seen: str, wanted: str) -> Cause:
    made = lab.maker("version.txt", "busybox")
    if wanted in seen:
        return "other-text", "The version arrived, and other words with it.", made, "which words does this line write?"
    if made and made.text.upper().startswith(("COPY", "ADD")):
        why = "COPY takes a file as it is; nobody reads the $ in it."
        return "not-expanded", why, made, "which instruction has a shell, and could write that file?"
    bare = [one for one in trail.uses if one.json_form and one.args[0].rpartition("/")[2] not in SHELLS]
    quoted = [one for one in trail.uses if "'" in one.text or "\\$" in one.text]
    if bare:
        why = "In a list no shell reads the words, and it is a shell that puts values in the place of names."
        return "not-expanded", why, _line(lab, bare[0]), "which program would read the $ here?"
    if "$" in seen:
        why = "Single quotes (or a backslash) tell the shell to leave the $ alone."
        return "not-expanded", why, _line(lab, next(iter(quoted), None)), "compare the quotes in other Dockerfiles"
    why = "The name came out, and not its value: a shell takes a value where it reads $ and the name."
    return "not-expanded", why, _line(lab, next(iter(trail.uses), None)), "how do other lines take a variable's value?"


def _no_file(lab: Lab, trail: Trail) -> Cause:
    why, writes = "The program reads the version from a file that is not there.", trail.uses[-1] if trail.uses else None
    if writes and writes.json_form and ">" in writes.args:
        why += " In a list there is no shell, so > is one more word to print."
    elif writes and lab.dockerfile.final_stage and writes.stage != lab.dockerfile.final_stage.index:
        why += " The stage that writes it is not the one that becomes the image."
        return "version-file-missing", why, _line(lab, writes), "what has to carry it over?"
    return "version-file-missing", why, _line(lab, writes), "which line writes that file, and to which path?"


def _empty(lab: Lab, trail: Trail, wanted: str) -> Cause:
    at_start = _reads_at_start(lab)
    if (trail.asks or trail.above) and not trail.sets and at_start:
        why = "An ARG lives while the image is made. This line reads it when a container starts, and then it is gone."
        return "arg-not-at-start", why, at_start, "in what could the build leave the version for later?"
    if trail.asks:
        return _asked(lab, trail, wanted)
    if trail.near:
        why = f"This line asks for another name than {NAME}; each letter counts, capitals included."
        return "arg-name", why, _line(lab, trail.near[-1]), "compare the two names, and how a default is written"
    if trail.elsewhere:
        why = "Each stage knows what it asked for itself. This one asks for VERSION; the one that uses it does not."
        return "other-stage", why, _line(lab, trail.elsewhere[0]), FOLLOW
    if trail.above:
        why = "An ARG above FROM is for the FROM lines only. Below, in the stage, nobody has asked for VERSION."
        return "arg-before-from", why, _line(lab, trail.above[0]), "what must a stage do to know it, too?"
    why = "No line of the Dockerfile asks for VERSION, so --build-arg has nowhere to go."
    return "no-arg", why, None, FOLLOW


def _reads_at_start(lab: Lab, name: str = NAME) -> Where | None:
    """Find the line that takes a variable from the container's environment."""
    forms = (f"${name}", "${" + name)
    starts = (lab.where("CMD", "ENTRYPOINT", containing=form) for form in forms)
    return next(filter(None, [*starts, *(lab.where_in("hello.sh", form) for form in forms)]), None)


def _asked(lab: Lab, trail: Trail, wanted: str) -> Cause:
    """Say why VERSION is empty in a stage that asks for it."""
    first, last = trail.asks[0], trail.asks[-1]
    if trail.uses and first.first_line > trail.uses[0].first_line:
        why = "A stage knows an ARG from its line on. Here the line that uses it comes first."
        return "arg-too-late", why, _line(lab, first), "the order of the lines"
    if not trail.takes:
        why = "No line takes the value of VERSION. It is $VERSION or ${VERSION}, letter by letter, capitals included."
        where = lab.maker("version.txt", "busybox") or lab.where("RUN", "ENV")
        return "version-lost", why, where, "compare the name in this line with the one behind ARG"
    if wanted == "dev" and last in trail.defaults and (NAME, "") in last.pairs:
        why = "The default that stands nearest wins, and this one is empty: nothing stands behind its =."
        return "another-default", why, _line(lab, last), "how does a stage ask without a default of its own?"
    if TAKEN.search(last.text):
        why = "This line takes VERSION as the default of VERSION, and at that moment the stage does not know it yet."
        return "another-default", why, _line(lab, last), "how does a stage ask without a default of its own?"
    if not trail.defaults:
        why = "The stage asks for VERSION, and nobody says what it is without --build-arg."
        if any(len(one.args) > 1 for one in trail.asks):
            why += " What stands behind a blank is one more name; a default stands behind an =."
        return "no-default", why, _line(lab, first), "where could the default stand?"
    where = lab.maker("version.txt", "busybox")
    return "version-lost", "The stage asks for VERSION, and still it is empty where it is used.", where, FOLLOW


def _another(lab: Lab, trail: Trail, seen: str, wanted: str) -> Cause:
    """Say why it is not empty, and not what it should be."""
    defaults = [one for one in trail.defaults if (NAME, seen) in one.pairs]
    if any((NAME, seen) in one.pairs for one in trail.sets):
        why = "ENV and ARG have the same name here, and ENV always wins: its value hides what --build-arg says."
        if not trail.asks:
            why = "ENV sets VERSION to a value of its own, and no ARG of the stage lets --build-arg change it."
        return "env-wins", why, _line(lab, trail.sets[-1]), "does this name need a value of its own for containers?"
    if wanted == "dev" and defaults:
        why = "The default that stands nearest wins, and it is not the one asked for."
        return "another-default", why, _line(lab, defaults[-1]), "which value, and how many lines may give one?"
    if wanted != "dev" and seen == "dev":
        why = "--build-arg VERSION=… changed nothing: the text does not come from that ARG."
        if written := lab.where_in("hello.sh", f"{SPEAKS} dev"):
            why += " It stands in the program."
            return "build-arg-ignored", why, written, "what may change from build to build?"
        if not trail.asks:
            why += " No ARG of that very name is in the stage; upper and lower case count."
        where = _line(lab, [*trail.asks, *trail.uses][-1]) if trail.asks or trail.uses else None
        return "build-arg-ignored", why, lab.maker("version.txt", "busybox") or where, FOLLOW
    changed = _sentence(lab) != (lab.exercise.starter / "hello.sh").read_bytes()
    where = lab.where_in("hello.sh", SPEAKS) if changed else lab.maker("version.txt", "busybox")
    why, hint = "The sentence is another one than asked for.", "compare the two sentences, letter by letter"
    return "other-text", why, where, hint


def _sentence(lab: Lab) -> bytes:
    """Read the program that says it; empty where it has another name."""
    path = lab.folder / "hello.sh"
    return path.read_bytes() if path.is_file() else b""


def _wrong_label(lab: Lab, labels: dict[str, str], wanted: str) -> NoReturn:
    seen = labels.get(LABEL)
    ours = lab.where("LABEL", containing="version") or lab.where("LABEL")
    where, hint = ours, "compare it with the line that writes the version"
    near = [name for name in labels if "version" in name.lower() and name != LABEL]
    ask = lab.where("ARG", containing="VERSION")
    if seen is None and near:
        reason, why = (
            "label-name",
            "There is a label with the version; its name is another one. Tools look for the exact name.",
        )
        hint = "compare the two names, letter by letter"
    elif seen is None:
        reason, why = "label-missing", "The image has no such label."
        hint, where = "which instruction writes a note on the image?", ours or lab.where("FROM")
        if later := lab.where("ONBUILD", containing="LABEL"):
            why, where = f"{why} ONBUILD keeps an instruction for other images, built FROM this one.", later
        elif ours:
            why = f"{why} This one belongs to another stage, and only the last stage becomes the image."
    elif "$" in seen:
        why = "In single quotes, or behind a backslash, $VERSION is just text."
        reason, why = "label-not-expanded", "No shell reads a LABEL to run a command." if "$(" in seen else why
    elif seen in ("", "dev") and ours and TAKEN.search(ours.text) and ask and ours.line < ask.line:
        reason, why = "label-too-early", "Where this LABEL stands, the stage does not know VERSION yet."
        hint = "the order of the lines"
    elif seen == "dev":
        reason, why = "label-fixed", "The label says the same for each build, whatever --build-arg says."
    elif not seen:
        reason, why = "label-empty", "The label is there, with nothing in it."
    else:
        reason, why = "label-differs", "The label says something else than the program."
        if seen.startswith("="):
            why += " With blanks around the =, it and all behind it are the value."
    lab.not_yet(
        reason,
        why,
        expected=f"{LABEL}={wanted}",
        actual=", ".join(f"{name}={labels[name]}" for name in near)
        if seen is None and near
        else f"{LABEL}={seen}"
        if seen is not None
        else "no such label",
        hint=hint,
        look=f'docker image inspect -f "{{{{json .Config.Labels}}}}" {lab.image_name}',
        where=where,
    )
