"""The sites that nginx serves: which is the learner's, where it went, and which line of it answers an address."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from workshop.judging.verdict import Where

from .reading import Statement, location_for, read, says
from .refused import NO_SEMICOLON

if TYPE_CHECKING:
    from workshop.judging.lab import Lab
    from workshop.judging.running import Running

_OF_ITS_BLOCK_ALONE = ("try_files", "return", "rewrite")
"""Directives that a location does not take over from its server."""
_SERVER = re.compile(r"^\s*server\s*\{", re.MULTILINE)


def yours(lab: Lab) -> list[Path]:
    """Find the files of the answer that hold a site."""
    return [path for path in sorted(lab.folder.rglob("*")) if _is_site(path)]


def _is_site(path: Path) -> bool:
    if not path.is_file() or path.suffix in (".html", ".css", ".md") or path.name.lower().startswith("dockerfile"):
        return False
    return bool(_SERVER.search(path.read_text("utf-8", "replace")))


def read_by(running: Running) -> dict[str, str]:
    """Give the configuration files with a site in them that nginx has read, in its order: path and text."""
    parts = re.split(r"^# configuration file (\S+):$", running.exec("nginx", "-T").stdout, flags=re.MULTILINE)
    files = zip(parts[1::2], parts[2::2], strict=False)
    return {path: text for path, text in files if _SERVER.search(text)}


def complaint(running: Running) -> str:
    """Give what nginx has in its log about the last request that went wrong; empty where it has nothing."""
    lines = [line for line in running.last_words(50).splitlines() if "[error]" in line or "[crit]" in line]
    return f"; nginx said:\n{lines[-1].partition(', client:')[0]}" if lines else ""


def answering(lab: Lab, path: str, directive: str) -> tuple[Statement, Where] | None:
    """Find the `directive` that decides what `path` gets, in the answer's own site; None where none does."""
    for file in yours(lab):
        text = file.read_text("utf-8", "replace")
        servers = list(read(text).every("server"))
        chosen = next((one for one in servers if _is_default(one)), servers[0] if servers else None)
        found = says(location_for(chosen, path), directive) if chosen else None
        if chosen and not found and directive not in _OF_ITS_BLOCK_ALONE:
            found = says(chosen, directive)
        if found:
            return found, _quote(lab, file, text, found.line)
    return None


def line_for(lab: Lab, path: str, *directives: str) -> Where | None:
    """Quote the line that decides what `path` gets: the first of `directives` that is there."""
    found = (answering(lab, path, directive) for directive in directives)
    files = [file.relative_to(lab.folder).as_posix() for file in yours(lab)]
    anywhere = (lab.where_in(name, directive) for directive in directives for name in files)
    return next((one[1] for one in found if one), None) or next(filter(None, anywhere), None)


def anywhere(lab: Lab, directive: str, word: str = "") -> tuple[Statement, Where] | None:
    """Find the first `directive` (that has this `word`) of the answer's own sites, in whatever block it stands."""
    for file in yours(lab):
        text = file.read_text("utf-8", "replace")
        for one in read(text).every(directive):
            if not word or word in one.words:
                return one, _quote(lab, file, text, one.line)
    return None


def must_end_its_lines(lab: Lab) -> None:
    """Not there yet when a line of the answer's site lacks its ; and nginx made something else of it and the next."""
    for file in yours(lab):
        text = file.read_text("utf-8", "replace")
        config = read(text)
        for problem in config.problems:
            run_on = next((one for one in config.every() if problem.line in one.lines[:-1]), None)
            if problem.kind == "semicolon" and run_on:
                lab.not_yet(
                    "nginx-semicolon-missing",
                    NO_SEMICOLON,
                    expected="each directive to end with its own ;",
                    actual=f"nginx reads: {' '.join(run_on.words)};",
                    hint="how does nginx know where a directive ends?",
                    look=lab.inside("nginx -T"),
                    where=_quote(lab, file, text, problem.line),
                )


def _quote(lab: Lab, file: Path, text: str, line: int) -> Where:
    return Where(lab.shown(file.relative_to(lab.folder).as_posix()), line, text.splitlines()[line - 1].strip())


def must_be_read(lab: Lab, actual: str) -> None:
    """Not there yet when nginx did not read the answer's site, with where it went; `actual` is what was seen instead.

    Says nothing when it was read, or when the answer has no file of its own for it.
    """
    ours = yours(lab)
    config = _flat(lab.running.exec("nginx", "-T").stdout)
    if not ours or any(_flat(path.read_text("utf-8", "replace")) in config for path in ours):
        return
    name = ours[0].name
    places = lab.build().where_is(ours[0].read_bytes(), "nginx:mainline-alpine")
    where = lab.where("COPY", "ADD", containing=name)
    if not places:
        reason, why = "conf-not-in-image", f"{name} is not in the image: no line of the Dockerfile takes it there."
        hint = "which instruction takes files from your folder into the image?"
    elif places[0] == "/etc/nginx/conf.d":
        reason = "conf-d-is-a-file"
        why = "The folder conf.d was gone, so your file became a file called conf.d. nginx looks for a folder."
        hint = "what tells COPY that the destination is a folder?"
    elif lab.file(places[0]) is None:
        reason = "conf-deleted-again"
        why = f"Instructions run from top to bottom: {places[0]} came into the image, and a later line deleted it."
        hint, where = "read the Dockerfile from that line downwards", lab.where("RUN", containing="rm") or where
    elif places[0].startswith("/etc/nginx/conf.d/"):
        reason = "conf-name-not-read"
        why = f"nginx reads /etc/nginx/conf.d/*.conf. {places[0]} is in that folder, but its name does not fit."
        hint = "compare the end of the file's name"
    else:
        reason = "conf-elsewhere"
        why = f"nginx reads /etc/nginx/conf.d/*.conf. Your {name} is at {places[0]}, where nobody opens it."
        hint = "compare the two paths, letter by letter"
    look = lab.inside("ls -lR /etc/nginx")
    lab.not_yet(reason, why, expected=f"nginx reads your {name}", actual=actual, hint=hint, look=look, where=where)


def _is_default(server: Statement) -> bool:
    return any(one.name == "listen" and "default_server" in one.words for one in server.inside)


def _flat(text: str) -> str:
    return " ".join(text.split())
