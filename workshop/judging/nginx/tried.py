"""Why a site does not find a file which is there: a return before it, or what is wrong with the list of a try_files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from . import sites

if TYPE_CHECKING:
    from workshop.judging.lab import Lab
    from workshop.judging.verdict import Where

_ASKED = r"\$\{?(?:document_|request_)?uri\}?"
"""The variables with the address that was asked for."""
_OWN_ADDRESS = re.compile(r"http://(?:localhost|127\.[\d.]+|0\.0\.0\.0|\[::1\])(?::(\d+))?(?:/|\$|$)")


@dataclass(frozen=True)
class Odd:
    """Why this list finds nothing."""

    reason: str
    why: str
    hint: str
    where: Where

    def tell(self, lab: Lab, path: str, seen: str) -> NoReturn:
        """Say that `path` is not there yet, and why; `seen` is what came instead.

        Raises:
            NotYet: always.

        """
        lab.not_yet(
            self.reason,
            self.why,
            expected=f"200 for {path}, and the file",
            actual=seen,
            hint=self.hint,
            look=lab.asking(path),
            where=self.where,
        )


def odd(lab: Lab, path: str) -> Odd | None:
    """Find what is odd about the line that decides what `path` gets; None where nothing is, or there is none."""
    if returned := sites.answering(lab, path, "return"):
        why = f"return answers at once, here for {path}, too: then nginx looks for no file."
        return Odd("answered-by-return", why, "which addresses should come to this line?", returned[1])
    denied = sites.answering(lab, path, "deny")
    if denied and "forbidden by rule" in sites.complaint(lab.running):
        return Odd(
            "denied",
            f"deny keeps visitors out, and {path} is among what they may not have.",
            "who is meant here?",
            denied[1],
        )
    if passed := passed_on(lab, path):
        return passed
    tried = sites.answering(lab, path, "try_files")
    if tried is None:
        return None
    words, where = tried[0].words[1:], tried[1]
    root = sites.answering(lab, path, "root")
    found = (
        _comma(words) or _one_word(words) or _root_twice(words, root[0].words[1] if root else "") or _variable(words)
    )
    return Odd(*found, where) if found else None


def passed_on(lab: Lab, path: str) -> Odd | None:
    """See whether nginx asks a server for `path` that is itself, or none."""
    passed = sites.answering(lab, path, "proxy_pass")
    if passed is None:
        return None
    why = f"proxy_pass asks the server at {passed[0].words[1]} and hands on what it answers."
    own = _OWN_ADDRESS.match(passed[0].words[1])
    if own and int(own[1] or 80) == lab.running.port:
        why += " That is this nginx itself: it asks itself again and again, until it has to give up."
    elif "connect() failed" in sites.complaint(lab.running):
        why += " Nobody answers there."
    else:
        return None
    return Odd("asked-another-server", why, "who has the files: another server, or this one?", passed[1])


def circle(lab: Lab, path: str) -> str:
    """Say why nginx answers 500: what it goes on with is not there, and leads back to where it came from."""
    found = sites.answering(lab, path, "try_files")
    words = found[0].words if found else [""]
    if any("request_uri" in word for word in words):
        return (
            "nginx gave up: $request_uri is what the browser asked for, and stays that. So when nginx has found the "
            "folder and goes on to its index.html, this list finds the folder again, and again."
        )
    last = "" if words[-1].startswith("=") else words[-1]
    named = f", “{last}”," if last else ""
    why = f"nginx gave up: what it tries last{named} does not exist either, so it starts again from the top."
    return why + (" Only with = right before it a number is an answer." if re.fullmatch(r"/?\d{3}", last) else "")


def _comma(words: list[str]) -> tuple[str, str, str] | None:
    if word := next((one for one in words if one.endswith(",")), None):
        why = f"The comma belongs to the word: nginx takes “{word}” for a name, and no file ends with a comma."
        return "comma-in-list", why, "how do other lines part one word from the next?"
    return None


def _one_word(words: list[str]) -> tuple[str, str, str] | None:
    if word := next((one for one in words if " " in one), None):
        why = f"Quotes make one word of what is in them: nginx looks for one file called “{word}”."
        return "list-is-one-word", why, "how many entries should the list have?"
    return None


def _root_twice(words: list[str], root: str) -> tuple[str, str, str] | None:
    beginnings = tuple(filter(None, (root.rstrip("/"), "$document_root")))
    if word := next((one for one in words if one.startswith(beginnings)), None):
        why = f"nginx puts the root in front of each entry by itself, so the file it looks for is {root}{word}."
        return "root-said-twice", why, "entries are addresses: which one has your page?"
    return None


def _variable(words: list[str]) -> tuple[str, str, str] | None:
    if any(re.fullmatch(r"/?(?:document_|request_)?uri/?", one) for one in words):
        why = "“uri” is a fixed name here, so nginx looks for a file called uri, whatever was asked for."
        return "not-a-variable", why, "by which sign does nginx know a variable?"
    asked = [one for one in words if re.fullmatch(rf"{_ASKED}/?", one)]
    if asked and all(one.endswith("/") for one in asked):
        why = f"With a / at its end, {asked[0]} stands for folders only. No entry of the list stands for a file."
        return "file-not-tried", why, "which entry would find /index.html, a file?"
    return None
