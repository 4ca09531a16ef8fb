"""The engine's own images, read as an archive is, so that all that travels goes through the same checks."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from workshop.engine import images
from workshop.trouble import MachineTrouble

from . import bundle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .bundle import Bundle, Packed
    from .platforms import Platform


@contextmanager
def saved(name: str, given: str, platform: Platform) -> Iterator[tuple[Bundle, Packed] | None]:
    """Lend the engine's image `given`, to go by `name`; None where it has none for that platform.

    Raises:
        MachineTrouble: the engine does not hand it out.

    """
    found = images.inspect(given)
    if found is None or found.get("Os") != "linux" or found.get("Architecture") != platform.architecture:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="docker-101-") as folder:
        file = Path(folder) / "saved.tar"
        with file.open("wb") as out:
            for piece in images.save(given):
                out.write(piece)
        with bundle.opened(file) as opened:
            held = next((one for one in opened.images if platform.takes(one.platform)), None)
            if held is None:
                raise MachineTrouble(f"The engine did not hand out {given}.", kind="save", fix=f"docker save {given}")
            yield opened, replace(held, name=name, digest=_told(found.get("RepoDigests") or [], name))


def _told(digests: list[str], name: str) -> str:
    """Choose the digest that the registry gave when the image was pulled: Docker Hub's before a mirror's."""
    repository = bundle.short(name).partition(":")[0]
    ordered = sorted(digests, key=lambda one: one.partition("@")[0] != repository)
    return ordered[0].partition("@")[2] if ordered else ""
