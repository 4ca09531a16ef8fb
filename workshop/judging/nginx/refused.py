"""Why nginx refuses its configuration, told with the learner's own file and line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workshop.dockerfile import rules
from workshop.dockerfile.rules import nearest
from workshop.judging.verdict import Finding, Where

from .reading import DIRECTIVES, read

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workshop.judging.lab import Lab
    from workshop.judging.running import Running

MAIN = "/etc/nginx/nginx.conf"
_SAID = re.compile(r"\[emerg\] (?:\d+#\d+: )?(?P<message>.+?)(?: in (?P<file>/\S+):(?P<line>\d+))?$", re.MULTILINE)
_NAMES = """
arg args content_length content_type document_root document_uri host hostname http_host http_referer http_user_agent
https is_args query_string remote_addr remote_port request request_filename request_method request_uri scheme
server_addr server_name server_port status time_local uri
"""
_VARIABLES = tuple(_NAMES.split())
"""The variables one meets in sites (ngx_http_core_module); enough to guess which was meant."""
NO_SEMICOLON = "This line does not end with a ; and so nginx takes the next one for a part of it."
_COUNT = "count the { and the }"
_BOM = "\ufeff"


@dataclass(frozen=True)
class Said:
    """What nginx said, and about which of its files."""

    message: str
    path: str
    """Absolute, in the container; empty where nginx named none."""
    line: int


@dataclass(frozen=True)
class Cause:
    """What is wrong with a configuration."""

    reason: str
    why: str
    hint: str
    line: int = 0
    """The line to look at; 0 for none."""


def finding(running: Running, words: str) -> Finding | None:
    """Say why nginx did not start, given the last words of its container; None when it was not its configuration."""
    match = _SAID.search(words)
    if match is None:
        return None
    said = Said(match["message"], match["file"] or "", int(match["line"] or 0))
    lab = running.lab
    if "in command line" in said.message:
        return _in_the_command(lab, match[0], said)
    mine = _mine(lab, said)
    text = _text(mine) if mine else (lab.file(said.path, running.image) or b"").decode("utf-8", "replace")
    cause = _cause(said, text)
    where = None
    if _is_a_site_for_the_whole(said):
        where = lab.where("COPY", "ADD", "RUN", containing="nginx.conf")
    elif not mine and said.path:
        where = lab.where("COPY", "ADD", "RUN", containing=said.path.rpartition("/")[2])
    if mine and cause.line and not where:
        where = Where(lab.shown(mine.relative_to(lab.folder).as_posix()), cause.line, _line(text, cause.line))
    guilty = "" if mine else _line(text, cause.line)
    return Finding(
        cause.reason,
        f"{cause.why} It is line {cause.line} of {said.path}: {guilty}" if guilty else cause.why,
        expected="a configuration that nginx can read",
        actual=f"nginx did not start. It said:\n{match[0]}",
        hint=cause.hint,
        look=lab.inside("nginx -t"),
        where=where,
    )


def _in_the_command(lab: Lab, words: str, said: Said) -> Finding:
    """Blame the words behind -g: they are configuration, too, and no file's."""
    ended = 'expecting ";"' in said.message
    why = "What stands behind -g is a piece of nginx's configuration."
    return Finding(
        "nginx-semicolon-missing" if ended else "nginx-config-refused",
        f"{why} Each directive in it ends with a ; and this one does not."
        if ended
        else f"{why} nginx does not accept this one: {said.message}",
        expected="a command with which nginx starts",
        actual=f"nginx did not start. It said:\n{words}",
        hint="compare the line with the base image's own command, sign by sign",
        look=f"docker run --rm {lab.image_name}",
        where=lab.where("CMD", "ENTRYPOINT"),
    )


def _mine(lab: Lab, said: Said) -> Path | None:
    """Find the learner's file that became nginx's: the one with the same content, else with the same name."""
    files = [one for one in sorted(lab.folder.rglob("*")) if one.is_file() and not _is_none(one)]
    if not said.path:
        name = said.message.partition('"')[2].partition('"')[0]
        return next((one for one in files if name and re.search(rf"\$\{{?{re.escape(name)}\b", _text(one))), None)
    content = lab.file(said.path)
    same = [one for one in files if content is not None and one.read_bytes() == content]
    name = said.path.rpartition("/")[2]
    named = [one for one in files if one.name in (name, f"{name}.template")]
    return next(iter([*same, *named]), None)


def _is_none(path: Path) -> bool:
    return path.suffix in (".html", ".css", ".md") or path.name.lower().startswith("dockerfile")


def _text(path: Path) -> str:
    return rules.text(path.read_bytes())


def _line(text: str, number: int) -> str:
    lines = text.splitlines()
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""


def _is_a_site_for_the_whole(said: Said) -> bool:
    return said.path == MAIN and bool(re.match(r'"(?:server|location|listen|root)" directive is not', said.message))


def _cause(said: Said, text: str) -> Cause:
    """Tell what is wrong with `text`, about which nginx said something."""
    if _is_a_site_for_the_whole(said):
        why = f"A site took the place of {MAIN}, nginx's whole configuration; there it needs http {{ … }} around it."
        return Cause("nginx-config-refused", why, "in which folder does nginx look for sites?")
    message, line = said.message, said.line
    if match := re.match(r'unknown directive "((?://|/\*|--|<!--).*)"', message, re.DOTALL):
        begun = next((one.line for one in read(text).every(match[1]) if one.last_line >= line), line)
        return _unknown_directive(match[1], begun)
    match = re.match(r'unknown directive "(.*)"', message, re.DOTALL)
    saved = match and _not_saved_as_text(match[1])
    if found := saved or _left_open(said, text):
        return found
    if match:
        return _unknown_directive(match[1], line)
    if match := re.match(r'"(\w+)" directive is not allowed here', message):
        return _not_here(match[1], line, text)
    cause = Cause(
        "nginx-config-refused",
        f"nginx does not accept {'this line' if line else 'its configuration'}: {message}",
        "compare the line with what was there before, sign by sign",
        line,
    )
    if match := re.match(r'unknown "(.*)" variable', message):
        line = next((n for n, one in enumerate(text.splitlines(), 1) if re.search(rf"\$\{{?{match[1]}\b", one)), 0)
        why = f"nginx has no variable ${match[1]}.{_meant(match[1], _VARIABLES, '$')}"
        cause = Cause("nginx-unknown-name", why, "compare the name letter by letter", line)
    elif match := re.match(r'"(\w+)" directive is duplicate', message):
        first = next((one.line for one in read(text).every(match[1]) if one.line < line), 0)
        why = f"A block takes {match[1]} once." + (f" Line {first} has it already." if first else "")
        cause = Cause("nginx-said-twice", why, "which of the two says what you want?", line)
    elif match := re.match(r'invalid number of arguments in "(\w+)" directive', message):
        words = [word for one in read(text).every(match[1]) if one.line <= line <= one.last_line for word in one.words]
        if word := next((word for word in words if " " in word), ""):
            why = f"Quotes make one word of what is in them, so {match[1]} got too few: “{word}” is one."
            cause = Cause("list-is-one-word", why, "what would this line be without its quotes?", line)
    return cause


def _left_open(said: Said, text: str) -> Cause | None:
    problem = next(iter(read(text).problems), None)
    if problem is None or (problem.kind == "extra-brace" and "not allowed here" in said.message):
        return None
    name, why, hint = {
        "semicolon": ("semicolon", NO_SEMICOLON, "how does nginx know where a directive ends?"),
        "quote": ("quote", "A quote is opened in this line, and never closed.", "count the quotes"),
        "brace": ("brace", "The block that begins in this line is never closed: a } is missing.", _COUNT),
        "extra-brace": ("brace", "This } closes nothing: there is one more of them than of {.", _COUNT),
    }[problem.kind]
    return Cause(f"nginx-{name}-missing", why, hint, problem.line)


def _not_saved_as_text(word: str) -> Cause | None:
    """See whether the file's first word holds the mark of an encoding that nginx does not know."""
    if word.startswith("\ufffd\ufffd"):
        why = "The file is saved as UTF-16, with a zero behind each letter, as PowerShell's > does; nginx reads UTF-8."
        return Cause("nginx-unknown-name", why, "as what does your editor save the file?", 1)
    if word.startswith(_BOM):
        why = "The file begins with an invisible sign, a byte order mark; for nginx it belongs to the first word."
        return Cause("nginx-unknown-name", why, "save the file as UTF-8 without BOM", 1)
    return None


def _unknown_directive(word: str, line: int) -> Cause:
    hint = "compare the word letter by letter; does the line above end as it should?"
    if re.match(r"//|/\*|--|<!--", word):
        why, hint = f"nginx takes “{word}” for a directive.", "with which sign does a comment begin in this file?"
    else:
        why = f"nginx has no directive “{word}”.{_meant(word, DIRECTIVES)}"
    return Cause("nginx-unknown-name", why, hint, line)


def _not_here(word: str, line: int, text: str) -> Cause:
    """Tell whether the block it belongs into was closed too early, or was never there."""
    above = [one for one in read(text).statements if one.is_block and one.last_line < line]
    if above:
        name, end = above[-1].name, above[-1].last_line
        why = f"“{word}” stands outside of {name} {{ … }}: the }} in line {end} ends that block."
        return Cause("nginx-brace-missing", why, _COUNT, line)
    why = f"“{word}” can't stand here: each directive has its blocks, and those of a site stand in server {{ … }}."
    return Cause("nginx-config-refused", why, "in which block should it stand?", line)


def _meant(word: str, known: Sequence[str], sign: str = "") -> str:
    near = nearest(word, known)
    return f" Was {sign}{near} meant?" if near else ""
