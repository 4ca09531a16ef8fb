"""What Docker makes of an image's HEALTHCHECK."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workshop import diagnosis

from . import causes
from .checking import NotYet
from .running import until

if TYPE_CHECKING:
    from workshop.engine.containers import Output

    from .lab import Image
    from .running import Running

TIMING = {"interval": 0.3, "timeout": 2.0, "retries": 1, "start_period": 0.001}
"""Seconds (retries: times) instead of the image's own, so that nobody waits; 0 would leave the image's own."""
WITHIN = 6.0
"""Seconds until it must be healthy."""
_ENOUGH = 6
"""Failures in a row after which nobody expects a success."""
_SHELL = ("/bin/sh", "-c")
_UNANSWERED = ("nothing-listens", "localhost-is-ipv6", "tool-missing-in-image")
"""Reasons of the error table for which a program does not get the page that it should ask for."""
_BROKEN = re.compile(
    r"syntax error|unrecognized(?: option|:)|invalid (?:number|option|date)|unknown operand|bad number", re.IGNORECASE
)
"""What shells, test and the tools of BusyBox say of a command that they do not understand."""
_DEFAULT, _TIMES = 30.0, 3
"""Seconds between two looks, and failures in a row that count, where the image does not say."""
_LATEST = 900.0
"""Seconds within which Docker must notice: as the example in Docker's manual, every five minutes, three times."""
_OFTEN = "-d --health-interval 1s --health-retries 1"
_SLEEP, _HEALTH = "docker exec look sleep 3", 'docker inspect -f "{{json .State.Health}}" look'
"""For `look`: a health check every second, and what came of three of them."""


def test_of(image: Image) -> list[str]:
    """Read the image's health check: ["CMD", word, …] or ["CMD-SHELL", line]; empty where it has none."""
    return _words(image.config.get("Healthcheck") or {})


def _words(healthcheck: Mapping[str, Any]) -> list[str]:
    test = healthcheck.get("Test") or []
    return [] if test[:1] == ["NONE"] else list(test)


def _set_for(running: Running) -> Mapping[str, Any]:
    """Read what is set for this container; Podman 4 says it of containers only, not of images."""
    return running.image.config.get("Healthcheck") or running.container.inspect()["Config"].get("Healthcheck") or {}


def _test(running: Running) -> list[str]:
    """Read what Docker runs in this container."""
    return _words(_set_for(running))


def must_look_often(running: Running) -> None:
    """Not there yet when the rhythm that the image sets lets Docker notice only after more than `_LATEST`."""
    set_here = _set_for(running)
    every = (set_here.get("Interval") or 0) / 1e9 or _DEFAULT
    times = set_here.get("Retries") or _TIMES
    if every * times <= _LATEST:
        return
    lab = running.lab
    asked = f"{times} failures in a row" if times > 1 else "one failure"
    lab.not_yet(
        "looks-too-seldom",
        f"The check itself is right. Docker does it every {_span(every)}, and calls the container unhealthy after "
        f"{asked}: up to {_span(every * times)} too late. Here {_span(_LATEST)} are allowed; most images need less "
        "than two.",
        expected=f"unhealthy within {_span(_LATEST)}",
        actual=f"{times} times {_span(every)}: {_span(every * times)}",
        hint="which options of HEALTHCHECK say how often Docker looks, and how many failures it takes?",
        look=f'docker image inspect -f "{{{{json .Config.Healthcheck}}}}" {running.image.name}',
        where=lab.where("HEALTHCHECK"),
    )


def _span(seconds: float) -> str:
    """Write a time as one says it: in seconds below two minutes, in hours from two of them on."""
    for size, name in ((3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {name}".replace(".0 ", " ")
    return f"{seconds:.0f} seconds"


def run_once(running: Running) -> Output:
    """Run the image's health check now, as Docker would."""
    kind, *words = _test(running)
    shell = running.image.config.get("Shell") or _SHELL
    return running.exec(*(shell if kind == "CMD-SHELL" else ()), *words)


def must_be_healthy(running: Running) -> None:
    """Not there yet, with the cause, when Docker does not call this container (started with `TIMING`) healthy."""
    lab = running.lab
    if not _test(running):
        elsewhere = lab.where("HEALTHCHECK")
        is_elsewhere = elsewhere is not None and "NONE" not in elsewhere.text.upper()
        lab.not_yet(
            "no-health-check",
            "The HEALTHCHECK line is not part of the image that is shipped: only the last stage's is."
            if is_elsewhere
            else "The image does not say how to find out whether its server is well.",
            expected="a health check in the image",
            actual="none",
            hint="below which FROM must it stand?"
            if is_elsewhere
            else "which instruction gives Docker a command to try now and then?",
            look=f'docker image inspect -f "{{{{json .Config.Healthcheck}}}}" {running.image.name}',
            where=elsewhere,
        )

    def look() -> dict[str, Any] | None:
        state = running.container.state()
        health = state.get("Health") or {}
        over = health.get("Status") == "healthy" or not state["Running"] or health.get("FailingStreak", 0) >= _ENOUGH
        return state if over else None

    state = until(look, WITHIN)
    if not running.is_up():
        raise NotYet(causes.ended(running))
    if running.is_unchecked():
        if run_once(running).code == 0:
            lab.note("This engine did not run the health check within a few seconds, so the workshop ran it.")
            return
        _never_healthy(running)
    if state is None or state["Health"]["Status"] != "healthy":
        _never_healthy(running)


def _never_healthy(running: Running) -> None:
    lab, test = running.lab, _test(running)
    entries = (running.container.state().get("Health") or {}).get("Log") or []
    if entries:
        said, code = str(entries[-1]["Output"]).strip(), entries[-1]["ExitCode"]
    else:
        by_hand = run_once(running)
        said, code = by_hand.text.strip(), by_hand.code
    found = diagnosis.diagnose(said) if said else None
    reason = "never-healthy"
    why = "The server is well, and the check says that it is not, each time."
    hint = "run the command of your health check by hand, in the container"
    if test[0] == "CMD" and any("$" in word for word in test) and test[2:3] != ["-c"]:
        reason, why = "health-check-without-a-shell", "In a list nobody replaces $…: there is no shell to do it."
        hint = "which form of CMD runs in a shell?"
    elif found and (closer := _by_its_port(running, _asked(test), found.reason)):
        reason, why, hint = closer
    elif found and found.reason in ("localhost-is-ipv6", "nothing-listens") and any("localhost" in w for w in test):
        reason = "localhost-is-ipv6"
        why = "“localhost” became the address ::1, where nobody listens: the server listens on IPv4 only."
        hint = "which address means this machine in IPv4?"
    elif re.match(r"--(?:interval|timeout|retries|start-)", " ".join(test[1:])):
        reason, hint = "options-behind-cmd", "in which order do the words of HEALTHCHECK stand?"
        why = "The options of HEALTHCHECK stand before CMD. All that stands behind it is the command, options too."
    elif redirected := re.search(r"can't open '?(\d+)'?: no such file", said, re.IGNORECASE):
        reason = "compared-with-a-redirection"
        why = f"For a shell, < reads from a file, here one called {redirected[1]}."
        hint = "with which words does test compare numbers?"
    elif test[0] != "CMD" and test[-1].startswith("[") and not test[-1].startswith("[ "):
        reason, why = "bracket-needs-a-space", "[ is the name of a program, so a space must follow it, as any name."
        hint = "give each word of the test its spaces"
    elif not said and re.search(r"&&\s*exit\s+[1-9]\d*\s*$", test[-1]):
        reason, hint = "fails-either-way", "with which exit code does a test end that is not true?"
        why = "What stands before && ends with a failure, too, when it is not true; so the check fails either way."
    elif found and found.reason != "run-step-failed":
        reason, why = found.reason, f"{found.title} {found.why}".strip()
        hint = found.fix[0] if found.fix else hint
    else:
        reason, why, hint = _by_its_words(said) or (reason, why, hint)
    lab.not_yet(
        reason,
        why,
        expected="healthy, while the server is well",
        actual=f"not healthy; the check ends with {code}"
        + (f" and prints:\n{said}" if said else " and prints nothing"),
        hint=hint.replace("IMAGE", running.image.name),
        look=lab.while_running(_SLEEP, _HEALTH, options=_OFTEN),
        where=lab.where("HEALTHCHECK"),
    )


def _by_its_port(running: Running, asked: str, reason: str) -> tuple[str, str, str] | None:
    """Tell where nobody listens on the port that a health check asks: reason, why and hint."""
    if not asked or reason not in _UNANSWERED:
        return None
    ports = sorted({str(one.port) for one in running.listeners()})
    if not ports:
        why = f"The check asks port {asked} for a page, and nothing in this container listens on any port."
        reason = reason if reason == "tool-missing-in-image" else "nothing-listens"
        return reason, why, "this server answers no requests; what does it leave behind while it is well?"
    if asked in ports or reason != "nothing-listens":
        return None
    why = f"The check asks port {asked}, and nothing listens there: the server listens on {', '.join(ports)}."
    hint = "a check runs inside the container; by what does one see there that the server is well?"
    return "health-asks-another-port", why, hint


def _by_its_words(said: str) -> tuple[str, str, str] | None:
    """Tell from what a health check prints why it fails: reason, why and hint."""
    if "not found" in said:
        why = "The check needs a program that is not in the image."
        return "tool-missing-in-image", why, "which programs does the image have?"
    by_hand = "run the command of your health check by hand, in the container"
    if said.startswith("Health check exceeded"):
        return "health-check-too-slow", "The check did not end in time; that counts as a failure.", by_hand
    if _BROKEN.search(said):
        why = f"The check itself does not work, however well the server is. It says: {said.partition(chr(10))[0]}"
        return "health-check-broken", why, by_hand
    return None


def _asked(test: list[str]) -> str:
    """Find the port of the address that a health check asks; empty where it names none."""
    address = re.search(r"https?://[^\s/:'\"]+(?::(\d+))?", " ".join(test))
    return (address[1] or "80") if address else ""


def must_notice(running: Running, gone: list[str], what: str) -> None:
    """Move the files `gone` (`what` in plain words) away and back; not there yet when Docker does not notice."""
    lab = running.lab
    for path in gone:
        running.exec("mv", path, f"{path}.away", user="0")
    noticed, said = running.health("unhealthy", WITHIN), run_once(running)
    for path in gone:
        running.exec("mv", f"{path}.away", path, user="0")
    if noticed:
        return
    test = " ".join(_test(running)[1:])
    if "curl" in test and not re.search(r"\s(-\w*f|--fail)", test):
        reason, why = "health-ignores-errors", "curl is content with an error page, too, unless it is told otherwise."
        hint = "curl --help: which option makes it fail on errors?"
    elif re.search(r"http|localhost|127\.0\.0\.1", test):
        reason, why = "health-looks-elsewhere", f"The check does not ask for {what}, or does not fail without it."
        hint = "which address does it ask for, and with which exit code does it end?"
        if (page := re.search(r"https?://[^\s/'\"]+(/[^\s'\"|;&]+)", test)) and not page[1].startswith("/index."):
            why = f"The check asks for {page[1]}, which is still there; {what} is gone, and that is what visitors miss."
            hint = f"at which address is {what}?"
    else:
        reason, why = "health-check-never-fails", f"{what.capitalize()} is gone, and the check says that all is well."
        hint = "what does a visitor see, and what does your check look at?"
    lab.not_yet(
        reason,
        why,
        expected=f"unhealthy without {what}",
        actual=f"still healthy; the check ends with {said.code}" + (f" and prints:\n{said.text}" if said.text else ""),
        hint=hint,
        look=lab.while_running(
            *(f"docker exec -u 0 look mv {path} {path}.away" for path in gone), _SLEEP, _HEALTH, options=_OFTEN
        ),
        where=lab.where("HEALTHCHECK"),
    )
