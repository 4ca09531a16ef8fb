"""What a console recorded, as a picture of a terminal's window."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

# rich's picture asks a server for its typeface; whoever looks at ours asks nobody.
_TYPEFACE = re.compile(r"\s*@font-face \{[^}]*\}\n")


def window(recorded: Console, title: str, unique_id: str) -> str:
    """Draw what `recorded` was told since it began, as SVG; `unique_id` keeps several pictures on a page apart."""
    return _TYPEFACE.sub("", recorded.export_svg(title=title, unique_id=unique_id))
