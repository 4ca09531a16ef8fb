"""An answer's folder with changes made, which leave the folder itself as it is."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

Edits = Mapping[str, "str | bytes | None"]
"""Changes to a copy of a folder: path → new content, or None to take the file away."""


@contextmanager
def copy_of(folder: Path, edits: Edits) -> Iterator[Path]:
    """Lend a copy of `folder` with `edits` made."""
    with tempfile.TemporaryDirectory(prefix="docker-101-") as scratch:
        copy = Path(scratch).resolve() / "context"
        shutil.copytree(folder, copy, symlinks=True)
        for path, content in edits.items():
            target = copy / path
            if not target.resolve().is_relative_to(copy):
                continue  # behind a link that leads out; the builder follows none of those
            if content is None:
                target.unlink(missing_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)
        yield copy
