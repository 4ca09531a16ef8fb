"""What a learner wrote into a .dockerignore, or meant to: odd lines, wrong case, a file of another name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workshop.dockerfile.rules import UTF16, nearest

from .verdict import Where

if TYPE_CHECKING:
    from .lab import Lab

Cause = tuple[str, str, str, "Where | None"]
"""Reason, why, hint, and the line to look at."""
NAME = ".dockerignore"
_SIGNS = re.compile(r"""["',\\]|\S\s+\S""")
"""What is a part of a pattern, and was hardly meant to be."""
_LIKE_IT = re.compile(r"\.?_?docker_?-?ignore.*|.*\.dockerignore|\.gitignore")


def lines(lab: Lab) -> list[str]:
    """Give the lines of the answer's .dockerignore, without the blanks around them."""
    path = lab.folder / NAME
    return [line.strip() for line in path.read_text("utf-8", "replace").splitlines()] if path.is_file() else []


def lookalikes(lab: Lab) -> list[str]:
    """List the files of the answer that were probably meant to be its .dockerignore, and are read by nobody."""
    files = [path for path in lab.folder.rglob("*") if path.is_file() and path != lab.folder / NAME]
    meant = (one for one in files if _LIKE_IT.fullmatch(one.name.lower()) or nearest(NAME, [one.name], 0.8))
    return sorted(path.relative_to(lab.folder).as_posix() for path in meant)


def misread(lab: Lab) -> Cause | None:
    """Find a line that was hardly meant as the builder reads it."""
    if (lab.folder / NAME).read_bytes().startswith(UTF16):
        why = "The file is saved as UTF-16, with a zero behind each letter. The builder reads UTF-8, so no line fits."
        return "pattern-misread", why, "as what does your editor save the file?", None
    if odd := next((line for line in lines(lab) if _SIGNS.search(line) and "#" not in line), None):
        why = "Each line is one pattern, and every sign in it counts: no quotes, no commas, no \\, one pattern a line."
        return "pattern-misread", why, "so which names does that line match?", lab.where_in(NAME, odd)
    if comment := next((line for line in lines(lab) if re.search(r"^[^#\s].*\s#", line)), None):
        why = "In a .dockerignore a comment needs a line of its own; behind a pattern it is part of the pattern."
        where = lab.where_in(NAME, comment)
        return "comment-behind-pattern", why, "so which files does that line match?", where
    return None


def other_case(lab: Lab, name: str) -> Where | None:
    """Find a line that would fit a name if upper and lower case were the same."""
    ends = ((number, line, line.strip("/").rpartition("/")[2]) for number, line in enumerate(lines(lab), 1))
    found = next(((n, line) for n, line, end in ends if end.lower() == name.lower() and end != name), None)
    return Where(lab.shown(NAME), *found) if found else None
