"""The list of mutants that do just what the model answer does: solutions/exercise-N/equal-mutants.md.

Markdown, so that an author can read it: a paragraph is the reason, and the list below it names the mutants it is the
reason for, each in backticks. An item may end with where alone it holds: (buildkit), (classic), or (stand-in) for
base images made on the machine, whose programs may have other defaults than the official ones.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_ITEM = re.compile(r"- `(?P<name>.+)`(?: \((?P<only>buildkit|classic|stand-in)\))?")


class Equal(NamedTuple):
    """A mutant that may live: its name, why, and where alone this holds ("" for everywhere)."""

    name: str
    reason: str
    only: str = ""


def read_equal(text: str) -> tuple[list[Equal], list[str]]:
    """Read the list; what is wrong with it comes as sentences."""
    found: list[Equal] = []
    wrong: list[str] = []
    reason: list[str] = []
    listing = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("- "):
            item = _ITEM.fullmatch(line.rstrip())
            if not item:
                wrong.append(f"line {number} is not `- ` and a mutant's name in backticks: {line.strip()}")
            elif not reason:
                wrong.append(f"line {number} has no reason above it: {line.strip()}")
            else:
                found.append(Equal(item["name"], " ".join(reason), item["only"] or ""))
            listing = True
        elif line.strip() and not line.startswith("#"):
            if listing:
                reason, listing = [], False
            reason.append(line.strip())
        elif line.startswith("#"):
            reason, listing = [], False
    return found, wrong
