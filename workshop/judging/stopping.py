"""Whether a container ends when `docker stop` asks it to, and why not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from . import causes, scripts
from .checking import NotYet

if TYPE_CHECKING:
    from .running import Running

WITHIN = 3
"""Seconds until it is killed: what hears the signal ends in a tenth of one."""
_ASKED = "SIGTERM"
"""What docker stop sends where the image says nothing else."""
_EXIT_CODE = 'docker inspect -f "{{.State.ExitCode}}" look'
_KILLED = 137
"""128 + 9: the exit code of what was killed."""
_SHELL = re.compile(r"(?:\S*/)?(?:ba|a|da)?sh(?: |$)")
"""The command line of a shell."""
_SIGNALS = {"TERM": 15, "INT": 2, "QUIT": 3, "HUP": 1, "USR1": 10, "USR2": 12, "KILL": 9, "WINCH": 28}
"""Numbers of the signals one meets (Linux, signal(7))."""


def must_stop(running: Running, *, says: str = "") -> None:
    """Stop it; not there yet, with the cause, when it has to be killed, fails, or does not print `says` at its end."""
    lab = running.lab
    if not running.is_up():
        raise NotYet(causes.ended(running))
    signal = str(running.image.config.get("StopSignal") or _ASKED)
    processes, status = running.processes(), running.exec("cat", "/proc/1/status").stdout
    stopped = running.stop(WITHIN)
    if stopped.code == _KILLED:
        _was_killed(running, signal, processes, status)
    words = running.last_words()
    if stopped.code:
        of = f" That is 128 + {stopped.code - 128}: it died of a signal." if stopped.code > 128 else ""  # noqa: PLR2004 - explained
        lab.not_yet(
            "stops-with-an-error",
            f"It ended when it was asked to, and reports a failure: exit code {stopped.code}.{of}",
            expected="exit code 0",
            actual=f"exit code {stopped.code}, after printing:\n{words}",
            hint="whose exit code is it, and who could wait for the server's own?",
            look=lab.while_running("docker stop look", _EXIT_CODE, options="-d"),
            where=lab.where("ENTRYPOINT") or lab.where("CMD"),
        )
    if says and says not in running.container.logs():
        lab.not_yet(
            "no-goodbye",
            "Something answered the signal and ended the container; the server never heard of it, or was cut off "
            "before its last words.",
            expected=f"a last line with “{says}”",
            actual=words or "nothing printed",
            hint="who is process 1, and what does it do with the signal?",
            look=lab.while_running("docker top look", "docker stop look", "docker logs look", options="-d"),
            where=lab.where("ENTRYPOINT") or lab.where("CMD"),
        )


def _takes(status: str, signal: str) -> str:
    """Say how process 1 takes `signal`: "Cgt", by a handler; "Ign", it ignores it; or "" (/proc/1/status, proc(5))."""
    name = signal.upper().removeprefix("SIG")
    number = int(name) if name.isdigit() else _SIGNALS.get(name, _SIGNALS["TERM"])
    sets = re.findall(r"^Sig(Cgt|Ign):\s*([0-9a-f]+)", status, re.MULTILINE)
    return next((how for how, bits in sets if int(bits, 16) >> (number - 1) & 1), "")


def _was_killed(running: Running, signal: str, processes: list[str], status: str) -> None:
    lab, how = running.lab, _takes(status, signal)
    first, others = (processes[0], processes[1:]) if processes else ("unknown", [])
    where = (running.image.config.get("Entrypoint") and lab.where("ENTRYPOINT")) or lab.where("CMD", "ENTRYPOINT")
    mine = lab.where("STOPSIGNAL")
    if others and _SHELL.match(first) and signal.upper().removeprefix("SIG") in ("QUIT", "3"):
        how = "" if how == "Ign" else how  # a shell ignores this one by itself, and its programs don't
    if signal.upper().removeprefix("SIG") in ("KILL", "9"):
        reason, where = "killed-without-asking", mine
        why = "SIGKILL ends a process before it can do anything: no goodbye, nothing saved."
        hint = "which signals can a program hear?"
    elif how == "Cgt":
        reason = "hears-and-goes-on"
        why = (
            f"Process 1 has a handler for {signal}, and did not end. A shell gets to its handler only when the program "
        )
        why += "it waits for has ended; and a handler that passes nothing on stops nobody else."
        hint = "what does process 1 wait for while the signal comes?"
    elif mine:
        reason, where = "signal-nobody-handles", mine
        why = f"docker stop sends {signal} here, and process 1 has no handler for it."
        hint = "which signals does the server handle?"
    elif how != "Ign" and signal != _ASKED and _takes(status, _ASKED) == "Cgt":
        reason, where = "signal-nobody-handles", lab.where("FROM")
        why = f"The base image has docker stop send {signal}; process 1 has a handler for {_ASKED}, and none for that."
        hint = "which instruction says how docker stop asks?"
    elif how == "Ign":
        reason, hint = "signal-ignored", "which line says trap '', and for which programs does that hold?"
        why = f"Process 1 was told to ignore {signal}. What a script ignores, the programs that it starts ignore, too."
    elif others:
        reason, where = "signal-not-passed-on", scripts.starter_of(lab, running.image, others[0]) or where
        why = f"docker stop tells process 1 only. That is not the server, and it does not pass {signal} on."
        hint = "who is process 1, and how could the server be it?"
    else:
        reason = "signal-ignored"
        why = f"Process 1 hears a signal only when it has a handler for it; “{first}” has none for {signal}."
        hint = "does this server stop when it is asked to? Another one may."
    lab.not_yet(
        reason,
        why,
        expected="an end by itself, and exit code 0",
        actual=("killed at once" if reason == "killed-without-asking" else f"killed after {WITHIN} seconds")
        + f" (exit code 137)\nprocess 1: {first}"
        + "".join(f"\nanother:   {one}" for one in others[:4]),
        hint=hint,
        look=lab.while_running("docker top look", f"docker stop -t {WITHIN} look", _EXIT_CODE, options="-d"),
        where=where,
    )
