"""Why a script that is there does not start, or ends: found in its first line, and in the line it names."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from workshop.bases import BASE_IMAGES
from workshop.dockerfile import rules

from .verdict import Where

if TYPE_CHECKING:
    from workshop.inside.layers import Entry

    from .lab import Image, Lab

SHELLS = ("sh", "ash", "bash")
REASONS = ("interpreter-missing", "wrong-kind-of-program")
"""What the error table calls what Linux says of such a script."""
_MARK = b"\xef\xbb\xbf"
"""What some Windows editors write before the first letter, to say that the text is UTF-8."""
_BINARY = (b"\x7fELF", b"MZ")
"""How programs that are no scripts begin, on Linux and on Windows."""

_IN_A_LINE = re.compile(
    r"^(?!(?:/\S*/)?(?:ba|da|a)?sh: )(?P<script>/?[\w./-]+): (?:exec: )?"
    r"line (?P<line>\d+): (?:exec: )?(?P<program>\S+): (?P<said>not found|Permission denied)$",
    re.MULTILINE,
)
"""How BusyBox's sh says that a line of a script could not start a program."""
_SYNTAX = re.compile(
    r"^(?:(?:/bin/)?\w*sh|(?P<script>[\w./-]+): line (?P<line>\d+)): syntax error: (?P<said>.+)$", re.MULTILINE
)
"""How BusyBox's sh says that it can't read its command line, or a script."""
_NO_SCRIPT = re.compile(r"^\w*sh: (?:\d+: )?(?:can't|cannot) open '?(?P<script>[^':\n]+)'?: No such file", re.MULTILINE)
"""How sh says that the script it was to read is not there."""

Closer = tuple[str, str, str, "Where | None"]
"""Reason, why, hint, and the line to blame."""


def place(image: Image, program: str) -> str:
    """Give the path in the image of a program that is named as in CMD: from WORKDIR on."""
    return posixpath.normpath(posixpath.join("/", image.config.get("WorkingDir") or "/", program))


def named(image: Image, found: Mapping[str, str]) -> str:
    """Give the program of which an error text speaks: by its path there, else the one that containers start."""
    if "/" in found.get("program", ""):
        return found["program"]
    return next(iter(image.command), "")


def first_line(lab: Lab, image: Image, program: str) -> Closer | None:
    """Say what the first line of a script asks for, and quote it; None when it is no script, or not to be found."""
    script = lab.file(place(image, program), image) if "/" in program else None
    if script is None or script.startswith(_BINARY):
        return None
    wide = script.startswith(rules.UTF16)
    line = rules.text(script).partition("\n")[0]
    if not script.strip():
        writer = _writer(lab, program)
        why = f"“{program}” is there, and nothing is in it."
        if writer and writer.text.startswith("RUN") and ">" in writer.text:
            why += " A > empties the file behind it before any command of its line begins to read."
        return "program-is-empty", why, "which line empties it? A result needs another file's name first", writer
    name = _in_folder(lab, script)
    where = Where(lab.shown(name), 1, line.strip()) if name else _writer(lab, program)
    if line.startswith("#!") and not wide:
        asked = line[2:].strip(" ").partition(" ")[0]
        if asked.startswith("/") and "env " not in line and lab.file(asked, image) is not None:
            return None  # it has what it asks for, so another script is meant
        hint = "which programs does the image have in /bin?"
        if line.endswith("\r"):
            hint = "your editor can save a file with other line endings: LF, and not CRLF"
        return "interpreter-missing", _asks(program, line), hint, where
    why = f"“{program}” is a script, and Linux can't tell with what to run it: its first line is not a #! line."
    if script.startswith(_MARK):
        why = f"An invisible mark (BOM, bytes EF BB BF) stands before the #! of “{program}”, put there by an editor. "
        why += "Linux wants the #! to be the very first thing in a script."
    elif wide:
        why = f"“{program}” is not saved as plain text. It is saved as UTF-16, which some Windows programs do, and "
        why += "PowerShell's > does; Linux and its shells read UTF-8."
    elif b"\n#!" in script:
        why = f"The #! line of “{program}” is not its first one. Linux looks for it only at the very beginning."
    hint = "what does the very first line say, from its first character on?"
    return "wrong-kind-of-program", why, "in which encoding does your editor save it?" if wide else hint, where


def of_command(lab: Lab, image: Image | None = None) -> list[tuple[str, bytes]]:
    """List the answer's scripts that its containers start: each by its name in the folder, and what is in it."""
    image = image or lab.build()
    ours = _ours(image)
    folders = ["", *_search_path(image)]
    words = dict.fromkeys(" ".join(image.command).split())
    paths = [place(image, posixpath.join(folder, word)) for word in words for folder in folders]
    found = [lab.file(path, image) or b"" for path in dict.fromkeys(paths) if path.lstrip("/") in ours]
    return [(name, text) for text in found if text.strip() and (name := _in_folder(lab, text))]


def starter_of(lab: Lab, image: Image, process: str) -> Where | None:
    """Find the line that starts `process` (its command line), in the scripts that a container of `image` starts."""
    words = process.partition(": master process ")[2] or process
    program = next((one for one in map(posixpath.basename, words.split()) if one not in SHELLS), "")
    for name, text in of_command(lab, image):
        lines = enumerate(rules.text(text).splitlines(), 1)
        called = re.compile(rf"^(?!\s*#).*(?<![\w.-]){re.escape(program)}(?![\w.-])")
        if line := next((one for one in lines if program and called.search(one[1])), None):
            return Where(lab.shown(name), line[0], line[1].strip())
    return None


def line_with(lab: Lab, text: str, *, but: str) -> Where | None:
    """Find the first line that has this text in a script of the answer; not in those whose name ends with `but`."""
    names = sorted(path.relative_to(lab.folder).as_posix() for path in lab.folder.rglob("*.sh"))
    lines = (lab.where_in(name, text) for name in names if not name.endswith(but))
    return next(filter(None, lines), None)


def _in_folder(lab: Lab, content: bytes) -> str | None:
    """Find the file of the folder that has this content."""
    alike = (path for path in sorted(lab.folder.rglob("*")) if path.is_file() and path.read_bytes() == content)
    return next((path.relative_to(lab.folder).as_posix() for path in alike), None)


def off_path(image: Image, program: str) -> Closer | None:
    """Say why a program that was called by its bare name was not found; None when it is not in the image."""
    if "/" in program:
        return None
    found = sorted(
        path for path, entry in _ours(image).items() if entry.is_file and posixpath.basename(path) == program
    )
    on_path = [path for path in found if f"/{posixpath.dirname(path)}" in _search_path(image)]
    if on_path and not any(_ours(image)[path].mode & 0o111 for path in on_path):  # whoever searches passes it by
        why = f"“{program}” is in the image, at /{on_path[0]}, and lacks the mark that makes it a program: its mode is "
        why += f"{_ours(image)[on_path[0]].mode & 0o777:o}."
        return "program-not-executable", why, "which instruction gives a file its mode, or takes the mark away?", None
    if on_path or not found:
        return None
    why = f"“{program}” is in the image, at /{found[0]}. A bare name, without a /, is looked for in the folders that "
    why += "PATH lists, and nowhere else; not in the folder where the container starts, either."
    return "program-not-on-path", why, "how do you name a file so that nobody has to look for it?", None


def forbidden(image: Image, program: str, said: str) -> Closer | None:
    """Say why the user that containers run as may not start a program that others may; None when it is not that."""
    user, hint = image.config.get("User"), "what did the build do to its mode, its owner and its folder?"
    if not user or "permission denied" not in said.lower():
        return None
    entry = _ours(image).get(place(image, program).lstrip("/"))
    if f"stat {program}: permission denied" in said:
        why = f"The container runs as {user}, and that user may not enter the folder of “{program}”."
    elif entry and entry.is_file and entry.mode & 0o111:
        why = f"“{program}” may be executed, and not by everyone: its mode is {entry.mode & 0o777:o}. The container "
        why += f"runs as {user}."
    else:
        return None
    return "program-not-executable", why, hint, None


def _ours(image: Image) -> dict[str, Entry]:
    """List what the answer added to its base image; empty where that is not known."""
    base = next((one for one in BASE_IMAGES if image.is_on(one)), "")
    return dict(image.files_above(base)) if base else {}


def _search_path(image: Image) -> list[str]:
    return next((one[5:] for one in image.config.get("Env") or () if one.startswith("PATH=")), "").split(":")


def a_line(lab: Lab, words: str) -> Closer | None:
    """Say what a running script could not start, given what was printed last; None when it says no such thing."""
    if missing := _NO_SCRIPT.search(words):
        path = missing["script"]
        why = f"sh was to read the script “{path}”, and there is no such file in the image."
        callers = (one.name for one in sorted(lab.folder.glob("*.sh")))
        where = lab.where("CMD", "ENTRYPOINT", containing=path)
        where = where or next(filter(None, (lab.where_in(name, path) for name in callers)), None)
        return "script-not-in-image", why, "compare the path with where COPY puts the script, letter by letter", where
    if syntax := _SYNTAX.search(words):
        return _not_understood(lab, syntax)
    match = _IN_A_LINE.search(words)
    if match is None:
        return None
    script, number, program = match["script"], int(match["line"]), match["program"]
    where = _quoted(lab, script, number)
    # 0 is a line that the shell was given with -c; it goes by the first word behind the image's name then
    starts = f"Line {number} of {script} starts “{program}”" if number else f"A shell was to start “{program}”"
    if match["said"] == "not found":
        why = f"{starts}, and the image has no such program."
        return "program-not-found", why, "is it misspelt, or does this image do that with another program?", where
    why = f"{starts}, which lacks the mark that makes it a program."
    return (
        "program-not-executable",
        why,
        "who could read that script instead of starting it, or give it the mark?",
        where,
    )


def _not_understood(lab: Lab, syntax: re.Match[str]) -> Closer:
    """Say what a shell could not read: its command line, or a line of a script."""
    said, script = syntax["said"], syntax["script"]
    why = f"The shell in the container can't read this as a command: {said}."
    if script:
        why = f"The shell came to line {syntax['line']} of {script}, and can't read on: {said}. What is missing may "
        why += "stand in a line above."
    elif "end of file" in said:
        why += " Something is still open there: a quote, a bracket, an if, or an && with nothing behind it."
    elif ";" in said or "&" in said:
        why += " Before that sign no command stands: one & alone ends a command, too."
    where = _quoted(lab, script, int(syntax["line"])) if script else None
    return "shell-syntax", why, "read the line as the shell does: which words belong to which command?", where


def _quoted(lab: Lab, script: str, number: int) -> Where | None:
    """Quote a line of a script of the folder."""
    name = lab.find(posixpath.basename(script))
    lines = lab.read(name).decode("utf-8", "replace").splitlines() if (lab.folder / name).is_file() else []
    return Where(lab.shown(name), number, lines[number - 1].strip()) if 0 < number <= len(lines) else None


def _asks(program: str, line: str) -> str:
    words = [*line[2:].split(), ""]
    asked = words[words[0].endswith("/env")]
    if line.endswith("\r"):
        return (
            f"“{program}” is there; its lines end as Windows writes them, with an invisible \\r before the end. So its "
            f"first line asks for a program called “{asked}\\r”, and there is none."
        )
    if words[0] and not words[0].startswith("/"):
        return f"“{program}” is there; its first line asks for {asked}, and needs a whole path there, from / on."
    if "\\n" in line:
        return f"“{program}” is there; its first line asks for {asked}: the \\n is two letters there, and no new line."
    return f"“{program}” is there; its first line asks for {asked}, and the image has no such program."


def _writer(lab: Lab, program: str) -> Where | None:
    """Find the line that wrote a script which is no file of the folder."""
    return lab.where("RUN", "COPY", "ADD", containing=posixpath.basename(program))
