"""Exercise 13 is done when the counter counts what it is asked to, stops when told to, and shows whether it is well."""

import posixpath
import re
from dataclasses import replace
from typing import NoReturn

from workshop import Lab, NotYet, Where, after
from workshop.judging import health, scripts, stopping
from workshop.judging.heartbeat import Heart
from workshop.judging.running import Running, until

STARTER = "entrypoint-swallows-words"
BANNER = "The fruit counter of Banana Smith opens."
SPEAKS_WITHIN = 4.0
"""Seconds until the server says what it counts."""
HEARTBEAT = "/tmp/heartbeat"  # noqa: S108 - in the container, where server.sh has it
OLD, YOUNG = 8, 2
"""Seconds: ages of a heartbeat that are clearly too old, and clearly young enough, for a limit of five."""
ONE_BEAT = 1.2
"""Seconds within which a heart beats."""
YOUNG_OF_NOBODY = f"a heartbeat younger than {OLD} seconds, of a server that gives none"


def check_image_builds(lab: Lab) -> None:
    """Your Dockerfile builds, with server.sh as it was given."""
    image = lab.build()
    given = _given(lab)
    if any(lab.file(path) == given for path in image.where_is(given, "busybox")):
        return
    mine = lab.read("server.sh")
    if mine == given and lab.file("/app/server.sh") is None:
        reason, why = "server-missing", "No line of the Dockerfile brings server.sh into the image."
    elif b"\r\n" in mine and mine.replace(b"\r\n", b"\n") == given:
        reason, why = "windows-line-endings", "server.sh has Windows line endings; sh takes them for part of the words."
    else:
        reason, why = "server-changed", "server.sh is not the one that was given. The rest can be done around it."
    lab.not_yet(
        reason,
        why,
        expected="the server.sh that was given",
        actual="another one, or none",
        hint=f"invoke reset {lab.exercise.name} puts it back, and keeps yours in a backup",
        look=f"docker run --rm --entrypoint cat {lab.image_name} /app/server.sh",
        where=lab.where("COPY", "ADD"),
    )


def plantains(lab: Lab) -> Running:
    """The container that was asked for something else than bananas."""
    try:
        return lab.start(command=[_thing(lab)])
    except NotYet as not_yet:
        if lab.build().config.get("Entrypoint"):
            raise
        lab.not_yet(
            "words-replace-the-command",
            "The words behind the image's name replace CMD, and the image has nothing but CMD.",
            expected=f"Counting {_thing(lab)}",
            actual=not_yet.finding.actual,
            hint="which instruction holds the program that always runs?",
            look=f"docker run --rm {lab.image_name} plantains",
            where=lab.where("CMD"),
        )


def bananas(lab: Lab) -> Running:
    """The container that was asked for nothing; its health is looked at often."""
    return lab.start(health=health.TIMING if health.test_of(lab.build()) else {})


def heart(lab: Lab) -> Heart:
    """The heart of the latter."""
    return Heart(lab.once(bananas), HEARTBEAT, stop="/tmp/sick")  # noqa: S108 - in the container


def _thing(lab: Lab) -> str:
    return f"plantains-{lab.nonce}"


@after(check_image_builds)
def check_stays_up(lab: Lab) -> None:
    """A container of it starts, and keeps counting."""
    running = lab.once(bananas)
    said = _until_it_counts(running)
    line = running.image.command[2:3]
    if not running.is_up() and "[" in said and line and line[0].startswith("["):
        lab.not_yet(
            "list-was-not-json",
            "The list in [ ] is not a proper list, so it became a shell line. The shell then looks for a program “[…”.",
            expected="a container that keeps running",
            actual=said,
            hint="a list has double quotes around each word, and commas between them",
            where=lab.where("ENTRYPOINT", containing="[") or lab.where("CMD", containing="["),
        )
    running.must_stay_up()


@after(check_stays_up)
def check_counts_what_you_ask(lab: Lab) -> None:
    """It counts what docker run asks for, after the banner."""
    _must_count(lab, lab.once(plantains), _thing(lab))


@after(check_counts_what_you_ask)
def check_counts_bananas(lab: Lab) -> None:
    """Without a word, it counts bananas."""
    _must_count(lab, lab.once(bananas), "bananas")


@after(check_counts_bananas)
def check_is_healthy(lab: Lab) -> None:
    """Docker calls it healthy while its heart beats."""
    beats = lab.once(heart)
    try:
        health.must_be_healthy(beats.running)
    except NotYet as failed:
        if failed.finding.reason == "never-healthy" and beats.holds_after_a_beat(YOUNG):
            return  # it is done more often here than its server's heart beats
        if failed.finding.reason != "never-healthy" or beats.verdict_at(OLD) != 0:
            raise
        lab.not_yet(
            "compares-upside-down",
            "The check is the wrong way round: content with an old heartbeat, and not with a young one.",
            expected="healthy while the heartbeat is younger than five seconds",
            actual=f"a failure while it beats, and none when it is {OLD} seconds old",
            hint="in words: which number must be less than which, for exit code 0?",
            where=lab.where("HEALTHCHECK"),
        )
    if beats.verdict_at(YOUNG) != 0 and not beats.holds_after_a_beat(YOUNG):
        if beats.verdict_at(-1) != 0:  # of the next second, so that none passes meanwhile
            lab.not_yet(
                "looks-past-the-heartbeat",
                "The check fails though the heartbeat is new: it looks at something else, such as /tmp/sick, which is "
                "there in one kind of trouble only.",
                expected="healthy while the heartbeat is younger than five seconds",
                actual="a failure when it is new, and server.sh gives it no more",
                hint="what does your check look at, beside the time of the last heartbeat?",
                where=lab.where("HEALTHCHECK"),
            )
        lab.not_yet(
            "too-strict",
            f"The heartbeat comes once a second, a little later on a busy machine; yours gives up after {YOUNG}.",
            expected="healthy while the heartbeat is younger than five seconds",
            actual=f"a failure when it is {YOUNG} seconds old",
            hint="compare the numbers in your health check",
            where=lab.where("HEALTHCHECK"),
        )


@after(check_is_healthy)
def check_notices_a_stuck_server(lab: Lab) -> None:
    """Docker calls it unhealthy when its heart has stopped."""
    running, beats = lab.once(bananas), lab.once(heart)
    if beats.verdict_at(OLD) == 0:
        if not beats.notices_in_time(OLD):
            _never_unhealthy(lab, beats)
        health.must_look_often(running)
        return
    if running.health("unhealthy", health.WITHIN) is None:
        running.must_stay_up()
        _never_unhealthy(lab, beats)
    if beats.goes_on(OLD, ONE_BEAT if _others(running) else 0):
        _another_beats(lab)
    health.must_look_often(running)


def _others(running: Running) -> bool:
    """Whether there are processes that could touch the heartbeat, beside the server and its pause."""
    return any(not one.startswith("sleep") for one in running.processes()[1:])


def _another_beats(lab: Lab) -> NoReturn:
    lab.not_yet(
        "another-beats",
        "The heartbeat goes on while the server is stuck: something else touches its file.",
        expected=f"nobody but server.sh writes {HEARTBEAT}",
        actual=YOUNG_OF_NOBODY,
        hint="who else writes that file, and what does it know of the server?",
        look=lab.while_running("docker top look", options="-d"),
        where=_line(lab, "heartbeat") or lab.where("ENTRYPOINT") or lab.where("CMD"),
    )


@after(check_stays_up)
def check_stops(lab: Lab) -> None:
    """On docker stop it ends at once, with a goodbye (waits up to 3 s)."""
    running = lab.once(bananas)
    first = running.process_one()
    try:
        stopping.must_stop(running, says="Goodbye!")
    except NotYet as failed:
        where = failed.finding.where
        if "server.sh" not in first and where and not where.text.startswith(("STOPSIGNAL", "FROM")):
            where = _line(lab, "server.sh") or where
        if failed.finding.reason == "signal-ignored":
            where = _line(lab, "trap") or where
        raise NotYet(replace(failed.finding, where=where)) from failed
    if not _is_the_server(lab, first):
        _must_be_its_own_goodbye(lab)


def _is_the_server(lab: Lab, command: str) -> bool:
    """Whether a process with this command line is server.sh as it was given, itself or in a shell."""
    program, script = [*command.split(), "", ""][:2]
    path = script if program.rpartition("/")[2] in scripts.SHELLS else program
    whole = posixpath.join("/", lab.build().config.get("WorkingDir") or "/", path)
    return lab.file(whole) == _given(lab)


def _must_be_its_own_goodbye(lab: Lab) -> None:
    """Not there yet when another says the goodbye, or ends before the server said it.

    It stays the same then when that of server.sh is another, and is cut off when the server takes a second to save.
    """
    own = f"Goodbye-{lab.nonce}"
    slow = {name: lab.read(name).replace(b"trap '", b"trap 'sleep 1; ") for name in _servers(lab)}
    edits = {name: content.replace(b"Goodbye!", own.encode()) for name, content in slow.items()}
    if not edits:
        return  # the server stands in the Dockerfile itself
    running = lab.start(lab.build(edits=edits))
    _until_it_counts(running)
    running.stop(stopping.WITHIN)
    if own in running.container.logs():
        return
    if "Goodbye!" not in running.container.logs():
        lab.not_yet(
            "no-goodbye",
            "Process 1 passes the signal on and ends at once, and the container with it: a server that takes a second "
            "to save is cut off.",
            expected="the server's own goodbye, also when it takes a second",
            actual=running.last_words(3),
            hint="what could process 1 wait for, before it ends?",
            look=lab.while_running("docker top look", "docker stop look", "docker logs look", options="-d"),
            where=_line(lab, "trap") or lab.where("ENTRYPOINT") or lab.where("CMD"),
        )
    lab.not_yet(
        "no-goodbye",
        "The goodbye is not that of server.sh: another script says it in its place, or counts in its place.",
        expected="the server's own last words, with its own count",
        actual=running.last_words(3),
        hint="who is process 1, and what does the server get to know of the signal?",
        look=lab.while_running("docker top look", "docker stop look", "docker logs look", options="-d"),
        where=_line(lab, "Goodbye") or lab.where("ENTRYPOINT") or lab.where("CMD"),
    )


def _given(lab: Lab) -> bytes:
    return (lab.exercise.starter / "server.sh").read_bytes()


def _servers(lab: Lab) -> list[str]:
    """List the files of the folder that are the server as it was given, wherever they lie."""
    given = _given(lab)
    files = (path for path in lab.folder.rglob("*") if path.is_file())
    return [str(one.relative_to(lab.folder)) for one in files if one.read_bytes().replace(b"\r\n", b"\n") == given]


def _line(lab: Lab, text: str) -> Where | None:
    """Find the line of a script, other than the server, that has this text."""
    return scripts.line_with(lab, text, but="server.sh")


def _until_it_counts(running: Running) -> str:
    """Wait until it says what it counts, or ends; give what it printed."""

    def look() -> str | None:
        return said if "Counting" in (said := running.container.logs()) or not running.is_up() else None

    return until(look, SPEAKS_WITHIN) or running.container.logs()


def _must_count(lab: Lab, running: Running, thing: str) -> None:
    said = _until_it_counts(running)
    if not running.is_up() and f"{thing}: not found" in said:
        lab.not_yet(
            "words-taken-for-a-program",
            "What is to be counted was started as a program. The words of docker run take the place of all of CMD.",
            expected=f"Counting {thing}",
            actual=said,
            hint="where should the server's own name stand, so that it is always there?",
            look=lab.started_shown(),
            where=_line(lab, "$@") or lab.where("CMD"),
        )
    running.must_stay_up()
    if f"Counting {thing}\n" not in said:
        _wrong_count(lab, running, thing, said)
    if BANNER not in said.partition("Counting")[0]:
        starts, banner = _line(lab, "server.sh"), _line(lab, BANNER)
        late = starts if starts and banner and starts.file == banner.file and starts.line < banner.line else None
        lab.not_yet(
            "banner-gone",
            "The script starts the server first. What stands below waits until that ends; below exec, for ever."
            if late
            else "The server runs, and the banner that start.sh prints is missing.",
            expected=f"{BANNER}\nCounting {thing}",
            actual=said,
            hint="in which order do the lines of the script stand?"
            if late
            else "what does the container start: start.sh, or the server past it?",
            where=late or lab.where("ENTRYPOINT") or lab.where("CMD"),
        )


def _wrong_count(lab: Lab, running: Running, thing: str, said: str) -> NoReturn:
    config = running.image.config
    entry, command = config.get("Entrypoint") or [], config.get("Cmd") or []
    where = lab.where("ENTRYPOINT") or lab.where("CMD")
    look = lab.started_shown()
    first = said.partition("Counting ")[2].partition("\n")[0].removesuffix(thing).split()
    windows = [script.name for script in sorted(lab.folder.glob("*.sh")) if b"\r\n" in script.read_bytes()]
    if windows:
        reason, why = "windows-line-endings", f"{windows[0]} has Windows line endings; sh takes them for words."
        hint = "save it with LF line endings"
        where = lab.where_in(windows[0], "server.sh") or where
        said = said.replace("\r", "\\r")  # which a terminal does not show
        if places := running.image.where_is(lab.read(windows[0]), "busybox"):
            look = f"docker run --rm --entrypoint cat {lab.image_name} -A {places[0]}"
    elif entry[1:2] == ["-c"] and where and "[" in where.text and re.search(r"\$[@*]", entry[2]):
        reason = "entrypoint-swallows-words"
        why = "What follows sh -c and its line counts from $0 on; so the first word is $0, and $@ begins behind it."
        hint = "what could stand between the line and the words, to be $0?"
    elif first and entry[-len(first) :] == first:
        reason = "entrypoint-has-words"
        why = f"“{' '.join(first)}” stands in ENTRYPOINT, so it is always there, before the words of docker run."
        why += " In a list no shell replaces $@." if "$" in why else ""
        hint = "which instruction holds the words that docker run may replace?"
    elif entry[1:2] == ["-c"]:
        reason = "entrypoint-swallows-words"
        why = "An ENTRYPOINT written as one line runs in a shell, which gets the words and passes none of them on."
        hint = "which form of ENTRYPOINT takes words behind it?"
    elif thing == "bananas" and command[1:2] == ["-c"]:
        reason = "default-is-a-shell-line"
        why = "A CMD written as one line becomes /bin/sh -c and that line; here all of it is counted."
        hint = "which form of CMD are just words?"
        where = lab.where("CMD")
    elif thing == "bananas" and not command:
        reason = "no-default"
        why = "There is no CMD any more that says what to count when nobody says it."
        hint = "the Dockerfile had a line for that"
    else:
        reason = "words-not-passed-on"
        why = "start.sh gets the words, and starts the server with others, or with none."
        hint = "how does a script hand on all the words it got?"
        where = _line(lab, "server.sh")
    lab.not_yet(reason, why, expected=f"Counting {thing}", actual=said or "nothing", hint=hint, look=look, where=where)


def _never_unhealthy(lab: Lab, beats: Heart) -> NoReturn:
    """Say what the health check looks at instead of the heartbeat's age."""
    if _others(beats.running) and beats.is_touched_by_another(OLD, ONE_BEAT):
        _another_beats(lab)  # between the setting of an age and the look at it
    expected, seen = f"unhealthy when {HEARTBEAT} is older than five seconds", f"a heartbeat {OLD} seconds old"
    said, again, young = (beats.printed_at(age) for age in (OLD, OLD, YOUNG))
    if said == again != young:
        reason = "health-check-only-prints"
        why = f"The check prints “{said.partition(chr(10))[0]}”, and Docker looks at its exit code alone."
        hint = "with which exit code does your check end then?"
    elif beats.verdict_at(1_000_000) != 0:
        reason, why = "too-patient", f"A server that has been stuck for {OLD} seconds still counts as well."
        hint = "compare the numbers in your health check"
        if "-mmin" in " ".join(health.test_of(beats.running.image)):
            hint = "-mmin counts whole minutes; which program gives the time of a file in seconds?"
    elif said == again != beats.printed_at(1_000_000):
        reason = "health-check-only-prints"
        why = "What the check prints goes by the age; Docker looks at its exit code alone, and that stays 0."
        hint = "with which exit code does your check end when it prints nothing?"
    elif beats.verdict_at(None) != 0:
        reason, why = "only-looks-for-the-file", "The check asks whether the heartbeat is there, not how old it is."
        hint = "which program tells when a file was last touched?"
    elif beats.verdict_at(-1_000) != 0:
        reason, why = "counts-backwards", "The check takes now from then, so an age is below zero: less than any limit."
        hint = "which of the two times is the greater number?"
    elif beats.is_touched_by_the_check(OLD, ONE_BEAT):
        reason, why = "another-beats", "Your check itself touches the heartbeat, so it always finds a young one."
        hint = "what may a check do to what it looks at?"
        expected, seen = f"nobody but server.sh writes {HEARTBEAT}", YOUNG_OF_NOBODY
    else:
        reason = "health-check-never-fails"
        why = "The heart has stopped, and the check still says that all is well. What can't fail is not a check."
        hint = "what does your check look at, and with which exit code does it end when that is bad?"
    lab.not_yet(
        reason,
        why,
        expected=expected,
        actual=f"healthy, with {seen}",
        hint=hint,
        look=f'docker inspect -f "{{{{json .State.Health}}}}" CONTAINER   (of: docker run -d {lab.image_name})',
        where=lab.where("HEALTHCHECK"),
    )
