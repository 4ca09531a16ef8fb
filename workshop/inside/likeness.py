"""Whether two images are the same to whoever uses them: the same files in the same layers, the same configuration."""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING, Any

from workshop.engine import labels

from . import layers

if TYPE_CHECKING:
    from .image import Image

_NOT_BEHAVIOUR = ("Image", "Hostname", "Domainname", "AttachStdin", "AttachStdout", "AttachStderr")
"""What the classic builder leaves of itself in an image's configuration; no container takes it over."""
_OURS = (labels.CHECKOUT,)
"""Labels that every image built here has."""

Likeness = tuple[tuple[str, ...], dict[str, Any]]
"""Of one image: a hash for each layer, and the configuration."""


class Comparer:
    """Reads each layer once, however many images stand on it; may be used by several threads."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        """Digest of a layer → hash of what is in it. The digest also counts the time at which a file was copied."""

    def likeness(self, image: Image, nonce: str) -> Likeness:
        """Say what `image` is like; equal for images that nobody can tell apart by using them.

        `nonce` is a word that differs in each verification, and does not count as a difference.
        """
        chain = image.chain
        new = next((number for number, digest in enumerate(chain) if digest not in self._known), len(chain))
        if new < len(chain):
            with contextlib.ExitStack() as stack:
                found = layers.read(image.id, stack, skip=new)
                self._known.update(zip(chain[new:], (_hash(layer, nonce) for layer in found), strict=True))
        config = {key: value for key, value in image.config.items() if key not in _NOT_BEHAVIOUR}
        config["Labels"] = {key: value for key, value in (config.get("Labels") or {}).items() if key not in _OURS}
        return tuple(self._known[digest] for digest in chain), config


def _hash(layer: layers.Layer, nonce: str) -> str:
    """Hash names, kinds, owners, permissions and content; not the times."""
    what = hashlib.sha256()
    for entry in sorted(layer.entries, key=lambda entry: (entry.path.replace(nonce, ""), entry.deletes)):
        content = layer.read(entry.path).replace(nonce.encode(), b"") if entry.is_file else b""
        about = repr((entry, hashlib.sha256(content).hexdigest())).replace(nonce, "")
        what.update(about.encode("utf-8", "surrogateescape"))
    return what.hexdigest()
