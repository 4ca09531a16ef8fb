"""Nicknames that strangers chose, made harmless: short, visible, one line, and no two alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

LONGEST = 24
"""Characters of a name."""
NOBODY = "learner"
"""The name of one who gave none that can be seen."""
_TAKEN = 4 * LONGEST
"""Characters of what was sent that are looked at."""
_MARKS = 2
"""Accents that one letter may carry; a pile of them reaches into other lines."""
_INVISIBLE = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs to Unicode, blanks to the eye."""
_HIDDEN = ("C", "Zl", "Zp")
"""Kinds of characters that are not shown: controls, direction marks, halves of pairs, unassigned, line ends."""


def clean(sent: object) -> str:
    """Make a name of what was sent, whatever it is."""
    if not isinstance(sent, str):
        return NOBODY
    text = unicodedata.normalize("NFC", sent[:_TAKEN])
    kept: list[str] = []
    marks = 0
    for one in text:
        kind = unicodedata.category(one)
        marks = marks + 1 if kind.startswith("M") else 0
        if one.isspace():
            kept.append(" ")
        elif one not in _INVISIBLE and not kind.startswith(_HIDDEN) and marks <= _MARKS:
            kept.append(one)
    name = unicodedata.normalize("NFC", " ".join("".join(kept).split()))[:LONGEST].strip()
    return name if any(unicodedata.category(one)[0] in "LNPS" for one in name) else NOBODY


def alike(name: str) -> str:
    """Give what two names have in common that one could take for each other: case, width, accents, signs, blanks."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    bare = "".join(one for one in plain if unicodedata.category(one)[0] in "LN")
    return bare or re.sub(r"\s", "", plain)


def distinct(name: str, taken: Container[str]) -> str:
    """Give the name, with a number where one like it is in `taken` (which holds what `alike` gives)."""
    number, fresh = 1, name
    while alike(fresh) in taken:
        number += 1
        ending = f" {number}"
        fresh = name[: LONGEST - len(ending)].rstrip() + ending
    return fresh
