"""Of how much a build makes a checksum: it is built from scratch, with a sha256sum that counts what it reads."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .lab import Image, Lab

_COUNTING = """sha256sum() {
    case "$*" in -[!-]*|--*) command sha256sum "$@"; return;; esac
    cat "$@" > /dev/shm/read || return
    printf '%024x%.40s  %s\\n' $(wc -c < /dev/shm/read) "$(command sha256sum < /dev/shm/read)" "${1:--}"
}
eval "$0"
"""
"""What has a RUN's sha256sum write how many bytes it read, and of the sum the first part only."""
_KEPT = 40
"""Digits of that part."""
_COUNTED = re.compile(rf"0{{12}}([0-9a-f]{{12}})[0-9a-f]{{{_KEPT}}}")


def from_scratch(lab: Lab) -> Image:
    """Build with a variable that nobody else has, so that no step comes out of a cache; and count what is read.

    A script of the answer's own, or a SHELL, is not reached by that: there sha256sum is the usual one.
    """
    more = f"ENV fresh={lab.nonce}\nSHELL {json.dumps(['/bin/sh', '-c', _COUNTING])}"
    lines = list(lab.dockerfile.lines)
    for stage in reversed(lab.dockerfile.stages):
        lines.insert(stage.instruction.last_line, more)
    return lab.build(edits={"Dockerfile": "\n".join(lines)})


def bytes_read(checksum: str) -> int | None:
    """Give of how many bytes a checksum of that build is; None where nothing counted them."""
    counted = _COUNTED.match(checksum)
    return int(counted[1], 16) if counted else None


def is_of(checksum: str, text: str) -> bool:
    """Whether a text of that build says this checksum, counted or not."""
    return checksum in text or checksum[:_KEPT] in text
