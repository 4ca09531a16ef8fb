"""Which line of a .dockerignore keeps a file from the builder, by the builder's own rules."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def ignoring(ignore_file: Path, name: str) -> str | None:
    """Give the line of `ignore_file` that keeps out `name` (from the folder on, with /); None where none does."""
    _, last = next(reversed(fitting(ignore_file, name)), (0, "!"))  # the last line that matches decides
    return None if last.startswith("!") else last


def fitting(ignore_file: Path, name: str) -> list[tuple[int, str]]:
    """List the lines of `ignore_file` that match `name`, those with ! too, from the top down: number and pattern."""
    try:
        lines = ignore_file.read_text(encoding="utf-8", errors="replace").removeprefix("\ufeff").splitlines()
    except OSError:  # no such file: nothing is ignored
        return []
    parts = posixpath.normpath(name.strip("/")).split("/")
    candidates = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    found = []
    for number, line in enumerate(lines, 1):
        pattern = line.strip()
        if not pattern or line.startswith("#"):
            continue
        cleaned = posixpath.normpath(pattern.lstrip("!").strip().lstrip("/") or ".")
        if cleaned != "." and any(_regex(cleaned).fullmatch(candidate) for candidate in candidates):
            found.append((number, pattern))
    return found


def _regex(pattern: str) -> re.Pattern[str]:
    """Turn a pattern into a regular expression: * and ? stop at /, ** does not."""
    parts, at = [], 0
    while at < len(pattern):
        char = pattern[at]
        if pattern.startswith("**", at):
            at += 2
            if pattern.startswith("/", at):
                at += 1
                parts.append("(?:.*/)?")
            else:
                parts.append(".*")
            continue
        if char == "[" and "]" in pattern[at + 1 :]:
            end = pattern.index("]", at + 1)
            parts.append("[" + pattern[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[") + "]")
            at = end
        elif char == "\\" and at + 1 < len(pattern):
            at += 1
            parts.append(re.escape(pattern[at]))
        else:
            parts.append({"*": "[^/]*", "?": "[^/]"}.get(char) or re.escape(char))
        at += 1
    try:
        return re.compile("".join(parts), re.DOTALL)
    except re.error:  # such as [z-a]; the builder refuses it, so it keeps nothing out
        return re.compile(re.escape(pattern))
