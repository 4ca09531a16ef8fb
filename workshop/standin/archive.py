"""Images as `docker load` takes them, put together without a build: so the same files always give the same image."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .layer import Layer, digest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass
class Recipe:
    """One image: its layers in order, its settings, and the settings' words in `docker history`."""

    layers: list[Layer]
    config: dict[str, Any]
    instructions: list[str] = field(default_factory=list)

    def settings(self, architecture: str, tars: list[bytes]) -> bytes:
        """Give the image's configuration, the file whose digest is the image's id."""
        created = datetime.fromtimestamp(self.layers[0].stamp, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        history: list[dict[str, Any]] = [{"created": created, "created_by": layer.made_by} for layer in self.layers]
        history += [{"created": created, "created_by": words, "empty_layer": True} for words in self.instructions]
        return json.dumps(
            {
                "architecture": architecture,
                "config": self.config,
                "created": created,
                "history": history,
                "os": "linux",
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest(tar)}" for tar in tars]},
            },
            sort_keys=True,
        ).encode()


def write(path: Path, recipes: Iterable[tuple[str, Recipe]], architecture: str) -> None:
    """Write an archive for `docker load` with each recipe's image under its name."""
    manifest = []
    written: set[str] = set()
    with tarfile.open(path, "w") as out:
        for name, recipe in recipes:
            tars = [layer.tar() for layer in recipe.layers]
            config = recipe.settings(architecture, tars)
            files = {f"{digest(config)}.json": config} | {f"{digest(tar)}/layer.tar": tar for tar in tars}
            for inside, content in files.items():
                if inside not in written:
                    _add(out, inside, content)
                    written.add(inside)
            tag = name if ":" in name.rpartition("/")[2] else f"{name}:latest"
            manifest.append({"Config": next(iter(files)), "RepoTags": [tag], "Layers": list(files)[1:]})
        _add(out, "manifest.json", json.dumps(manifest).encode())


def _add(out: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    out.addfile(info, io.BytesIO(content))
