"""What the doctor found as a block to send to an instructor: no names, no addresses, no paths of this machine.

Two nets: of what is in order only the name of the finding is in it, and all that is said goes through `Mask`.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import socket
import unicodedata
import urllib.parse
from collections.abc import Iterable, Sequence
from pathlib import Path

from workshop.engine import cli
from workshop.trouble import MachineTrouble

from .finding import Finding

_EDGE = r"(?<![^\W_]){}(?![^\W_])"
"""A name as a word of its own: not inside another word, also next to an underscore."""
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|(?<!\w)'[^']*'(?!\w)")
"""What somebody put into quotes is a name or a path, and may have blanks."""
_TOKEN = re.compile(r"[^\s\"'`()<>{},;“”]+")
_KEPT = re.compile(
    r"(?:linux|windows|darwin)/\w+(?:/v\d)?|https://(?:docs\.docker\.com|www\.python\.org)/[\w/.-]*|[\d.]+/\d+"
)
"""Words with a slash that tell nothing about anybody: platforms, addresses of manuals."""
_TELLING = (
    (re.compile(r"[/\\~]"), "<path>"),
    (re.compile(r"@|(?:\d+\.){3}\d+|[0-9a-f]*:[0-9a-f]*:|\w:\d+$", re.I), "<address>"),
    (re.compile(r"\w\.[a-z-]{2,}$", re.I), "<name>"),
)
"""What a word must have to be taken for a path, an address, or the name of a host or a file."""
_LEAST = 3
"""Letters of the shortest part of a name that is looked for by itself."""
_COMMON = {"debian", "desktop", "docker", "engine", "host", "laptop", "linux", "local", "ubuntu", "user", "windows"}
"""Parts of many machines' names, which tell nothing by themselves, and which the findings are full of."""


class Mask:
    """Takes out of a text what tells who and where somebody is."""

    def __init__(self, names: Iterable[str] = (), *, homes: Iterable[str] = ()) -> None:
        """Mask `names` of users and hosts, and `homes`; without either only what looks like such a thing."""
        self._homes = _patterns({form for home in homes for form in _forms(home)}, "{}")
        self._names = _patterns({form for name in names for form in _forms(name)}, _EDGE)

    def __call__(self, text: str) -> str:
        """Give the text without them, in one line."""
        text = unicodedata.normalize("NFC", " ".join(text.split()))
        for pattern in self._homes:
            text = pattern.sub("/<path>", text)
        for pattern in self._names:
            text = pattern.sub("<name>", text)
        text = _TOKEN.sub(_masked, _QUOTED.sub("<name>", text))
        return re.sub(r"(?:<path>)+", "<path>", text)


def _masked(token: re.Match[str]) -> str:
    core = token[0].rstrip(".:!?").strip("[]")
    if _KEPT.fullmatch(core):
        return token[0]
    return next((token[0].replace(core, word) for telling, word in _TELLING if telling.search(core)), token[0])


def of_this_machine(*more: str) -> Mask:
    """Make the mask for this user on this machine, and for `more` names."""
    names = {
        os.environ.get(one, "") for one in ("USER", "LOGNAME", "USERNAME", "SUDO_USER", "HOSTNAME", "COMPUTERNAME")
    }
    names |= {os.environ.get("USERDOMAIN", ""), platform.node(), socket.gethostname()}
    homes = {os.environ.get(one, "") for one in ("HOME", "USERPROFILE", "OneDrive")}
    with contextlib.suppress(RuntimeError, OSError):
        homes.add(str(Path.home()))
    with contextlib.suppress(ImportError, OSError, KeyError, AttributeError):
        import pwd

        entry = pwd.getpwuid(os.getuid())
        names |= {entry.pw_name, *re.split(r"[,\s]+", entry.pw_gecos)}
        homes.add(entry.pw_dir)
    names |= {re.split(r"[/\\]", home.rstrip("/\\"))[-1] for home in homes}
    parts = {part for name in names for part in re.split(r"[\W_]+", name) if len(part) >= _LEAST}
    names |= {part for part in parts if part.lower() not in _COMMON}
    return Mask({*names, *more}, homes={home for home in homes if len(home) >= _LEAST})


def block(findings: Sequence[Finding], mask: Mask) -> str:
    """Write the block: what machine it is, what is wrong and what it says, and the names of what is fine."""
    wrong = [one for one in findings if one.ok is False]
    open_ = [one for one in findings if one.ok is None]
    fine = [one for one in findings if one.ok]
    lines = [
        f"docker-101 doctor: {len(wrong)} to fix, {len(fine)} fine, {len(open_)} not looked at",
        mask(_machine(findings)),
    ]
    for one in wrong:
        lines += [f"FIX  {one.id}: {mask(one.what)}", *([f"     {mask(one.why)}"] if one.why else [])]
    lines += [f"-    {one.id}: {mask(one.what)}" for one in open_]
    lines.append(f"ok   {', '.join(one.id for one in fine)}")
    return "\n".join(lines)


def _machine(findings: Sequence[Finding]) -> str:
    """Say what versions there are: of the system, of Python, of the docker command; and what the engine says."""
    command = "no docker command"
    with contextlib.suppress(MachineTrouble):
        command = f"docker {cli.find().version}"
    said = {one.id: one.what.rstrip(".") for one in findings if one.ok and one.id in ("engine", "builder")}
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return "; ".join([system, command, *said.values()])


def _patterns(forms: set[str], shape: str) -> list[re.Pattern[str]]:
    longest_first = sorted(filter(None, forms), key=len, reverse=True)
    return [re.compile(shape.format(re.escape(one)), re.I) for one in longest_first]


def _forms(name: str) -> set[str]:
    """Give the ways in which a name may be written: composed, quoted for an address, with either slash, escaped."""
    plain = unicodedata.normalize("NFC", name.strip().rstrip("/\\"))
    both = {plain, plain.replace("\\", "/"), plain.replace("\\", "\\\\"), plain.replace("/", "\\")}
    return both | {urllib.parse.quote(one, safe="/:") for one in both}
