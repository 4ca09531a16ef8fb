"""Exercise 8 is done when a build's version arrives in the image, and the greeting still changes at the start."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from workshop import Image, Lab, Where, after
from workshop.judging import arriving
from workshop.judging.arriving import FOLLOW, Trail, env_wins, line_of

if TYPE_CHECKING:
    from workshop.judging.arriving import Cause

LABEL = "org.opencontainers.image.version"
GIVEN = "Hello"
"""The greeting that the Dockerfile sets."""
SPEAKS = "from version"
NAME = "VERSION"
SHELLS = ("sh", "ash", "bash", "hush")
PROGRAM = "hello.sh"
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
        sets = lab.where("CMD", "ENTRYPOINT", containing="GREETING=") or lab.where_in(PROGRAM, "GREETING=")
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
            or lab.where_in(PROGRAM, f"{GIVEN} {SPEAKS}")
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
            where=arriving.read_at_start(lab, name, PROGRAM) or lab.where("ENV", containing=name) or lab.where("CMD"),
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
        if any(one.startswith("GREETING=") for one in image.config.get("Env") or []):
            keyword = "EMPTY"
        lab.not_yet(
            "greeting-lost",
            {
                "ARG": "An ARG lives while the image is made; the container that says the greeting never heard of it.",
                "RUN": "What a RUN tells its shell is forgotten when that step ends; only files stay.",
                "EMPTY": "This ENV takes a value that nobody gave while the image was made, so the greeting is empty.",
                "ENV": "This ENV is not for the container: it stands in a stage that does not become the image.",
            }.get(keyword, "The container does not know the greeting."),
            expected=sentence,
            actual=said,
            hint="which instruction sets a variable for containers?",
            look=f"docker run --rm {lab.image_name} env",
            where=set_by,
        )
    _wrong_version(lab, output.text.strip(), greeting, wanted)


def _wrong_version(lab: Lab, said: str, greeting: str, wanted: str) -> NoReturn:
    """Say why the version did not arrive: by what came instead, and by where the Dockerfile speaks of it."""
    trail, seen = arriving.follow(lab, NAME), said.partition(SPEAKS)[2].partition("\n")[0].strip()
    if seen == wanted:
        reason, why, where, hint = _other_greeting(lab, said)
    elif wanted in lines(said):
        reason, where, hint = "other-text", _written(lab), "which lines write that file, and does each replace it?"
        why = "The version arrived, on a line of its own: something else stands before it."
    elif NAME in seen:
        reason, why, where, hint = _not_expanded(lab, trail, seen, wanted)
    elif "Permission denied" in said:
        reason, where, hint = "version-not-readable", lab.where("USER"), "what did the build do to its mode?"
        user = lab.build().config.get("User") or "root"
        why = f"The container runs as {user}, and that user may not read the file with the version."
    elif "can't open" in said or ("No such file" in said and ".txt" in said):
        reason, why, where, hint = _no_file(lab, trail)
    elif not seen:
        reason, why, where, hint = arriving.why_empty(
            lab, trail, by_default=wanted == "dev", program=PROGRAM, written=_written(lab)
        )
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
        where=where or line_of(lab, first) or lab.where("FROM"),
    )


def _written(lab: Lab) -> Where | None:
    """Find the line that wrote the file with the version."""
    return lab.maker("version.txt", "busybox")


def _other_greeting(lab: Lab, said: str) -> Cause:
    env = lab.where("ENV", containing="GREETING")
    why = "The version is right; the words around it are others than asked for."
    if env and said.startswith("="):
        why += " With blanks around the =, it and all behind it are the value."
    return "other-text", why, env, "compare the two sentences, letter by letter"


def _not_expanded(lab: Lab, trail: Trail, seen: str, wanted: str) -> Cause:
    made = _written(lab)
    if wanted in seen:
        return "other-text", "The version arrived, and other words with it.", made, "which words does this line write?"
    if made and made.text.upper().startswith(("COPY", "ADD")):
        why = "COPY takes a file as it is; nobody reads the $ in it."
        return "not-expanded", why, made, "which instruction has a shell, and could write that file?"
    bare = [one for one in trail.uses if one.json_form and one.args[0].rpartition("/")[2] not in SHELLS]
    quoted = [one for one in trail.uses if "'" in one.text or "\\$" in one.text]
    if bare:
        why = "In a list no shell reads the words, and it is a shell that puts values in the place of names."
        return "not-expanded", why, line_of(lab, bare[0]), "which program would read the $ here?"
    if "$" in seen:
        why = "Single quotes (or a backslash) tell the shell to leave the $ alone."
        return "not-expanded", why, line_of(lab, next(iter(quoted), None)), "compare the quotes in other Dockerfiles"
    why = "The name came out, and not its value: a shell takes a value where it reads $ and the name."
    use = next(iter(trail.uses), None)
    return "not-expanded", why, line_of(lab, use), "how do other lines take a variable's value?"


def _no_file(lab: Lab, trail: Trail) -> Cause:
    why, writes = "The program reads the version from a file that is not there.", trail.uses[-1] if trail.uses else None
    volume = lab.dockerfile.last("VOLUME")
    if not writes and (later := lab.where("ONBUILD", containing=NAME)):
        why += " ONBUILD keeps an instruction for other images, built FROM this one."
        return "version-file-missing", why, later, "when should that file be written?"
    if writes and writes.json_form and ">" in writes.args:
        why += " In a list there is no shell, so > is one more word to print."
    elif writes and lab.dockerfile.final_stage and writes.stage != lab.dockerfile.final_stage.index:
        why += " The stage that writes it is not the one that becomes the image."
        return "version-file-missing", why, line_of(lab, writes), "what has to carry it over?"
    elif writes and volume and volume.first_line < writes.first_line:
        why += " What RUN writes below a VOLUME is lost with its step."
        return "version-file-missing", why, lab.line(volume.first_line), "does this image need a volume?"
    return "version-file-missing", why, line_of(lab, writes), "which line writes that file, and to which path?"


def _another(lab: Lab, trail: Trail, seen: str, wanted: str) -> Cause:
    """Say why it is not empty, and not what it should be."""
    defaults = [one for one in trail.defaults if (NAME, seen) in one.pairs]
    if any((NAME, seen) in one.pairs for one in trail.sets):
        why = env_wins(trail)
        return "env-wins", why, line_of(lab, trail.sets[-1]), "does this name need a value of its own for containers?"
    if wanted == "dev" and defaults:
        why = "The default that stands nearest wins, and it is not the one asked for."
        return "another-default", why, line_of(lab, defaults[-1]), "which value, and how many lines may give one?"
    if wanted != "dev" and seen == "dev":
        why = "--build-arg VERSION=… changed nothing: the text does not come from that ARG."
        if written := lab.where_in(PROGRAM, f"{SPEAKS} dev"):
            why += " It stands in the program."
            return "build-arg-ignored", why, written, "what may change from build to build?"
        if not trail.asks:
            why += " No ARG of that very name is in the stage; upper and lower case count."
        where = line_of(lab, [*trail.asks, *trail.uses][-1]) if trail.asks or trail.uses else None
        return "build-arg-ignored", why, _written(lab) or where, FOLLOW
    changed = _sentence(lab) != (lab.exercise.starter / PROGRAM).read_bytes()
    where = lab.where_in(PROGRAM, SPEAKS) if changed else _written(lab)
    why, hint = "The sentence is another one than asked for.", "compare the two sentences, letter by letter"
    if where and re.match(r"(?i)(?:copy|add) (?!.*--from)", where.text):
        why = "This line brings a file with a version from your folder, in place of what the build has written."
        hint = "which line may write that file last?"
    if set(seen) & set("“”\u201e"):
        why = "A shell takes away straight quotes only. These are the curved ones of a text program, and they stay."
    return "other-text", why, where, hint


def _sentence(lab: Lab) -> bytes:
    """Read the program that says it; empty where it has another name."""
    path = lab.folder / PROGRAM
    return path.read_bytes() if path.is_file() else b""


def _not_filled_in(lab: Lab, label: Where | None) -> str:
    """Say why nothing came in the place of the label's $, where its line shows that; empty where it does not."""
    line = lab.dockerfile.at(label.line) if label else None
    trail = arriving.follow(lab, NAME, line)
    if line and "$" in line.text and not trail.takes(line.text):
        return f" What stands behind its $ is not {NAME}, letter by letter, capitals included."
    if line and trail.takes(line.text) and not trail.asks and (trail.elsewhere or trail.above):
        return f" Each stage knows what it asked for itself, and the one of this LABEL does not ask for {NAME}."
    return ""


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
        why += " The : belongs to the name here; its value stands behind an =." * (near[0] == f"{LABEL}:")
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
    elif seen in ("", "dev") and ours and arriving.follow(lab, NAME).takes(ours.text) and ask and ours.line < ask.line:
        reason, why = "label-too-early", "Where this LABEL stands, the stage does not know VERSION yet."
        hint = "the order of the lines"
    elif seen == "dev":
        reason, why = "label-fixed", "The label says the same for each build, whatever --build-arg says."
    elif not seen:
        reason, why = "label-empty", f"The label is there, with nothing in it.{_not_filled_in(lab, ours)}"
    else:
        reason, why = "label-differs", "The label says something else than the program."
        why += ' Behind a \\ a " is one more letter of the value.' if seen == f'"{wanted}"' else ""
        why += " A label is text: nobody reads a file of that name." if seen.startswith("/") else ""
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
