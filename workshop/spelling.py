"""What a terminal's encoding can't show is spelled in ASCII: an ellipsis as three dots, not as "?"."""

from __future__ import annotations

import codecs
import io
import sys

HANDLER = "workshop-spelling"
"""Name of the error handler that does it, for `reconfigure` and `encode`."""
_SPELLED = {
    "…": "...",
    "·": "-",
    "→": "->",
    "“": '"',
    "”": '"',
    "█": "#",
    "░": "-",
    "▏": "|",
    "│": "|",
    "✓": "ok",
    "✗": "no",
    "•": "*",
    "␍": "\\r",
    "⇥": "\\t",
    "⍽": "_",
    "━": "-",
    "─": "-",
}


def _spell(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_SPELLED.get(one, "?") for one in error.object[error.start : error.end]), error.end


codecs.register_error(HANDLER, _spell)


def let_streams_spell() -> None:
    """Let standard output and error spell what they can't show: a Windows code page, an ASCII terminal."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)


def can_show(text: str, encoding: str | None) -> bool:
    """Whether `encoding` has all these characters; an unknown one counts as ASCII."""
    try:
        text.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
