"""A built answer: what the engine knows of it, and what its layers hold."""

from __future__ import annotations

import contextlib
import functools
from typing import Any

from workshop.engine import api, images

from . import layers


class Image:
    """A built answer."""

    def __init__(self, image_id: str, name: str, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self.id = image_id
        self.name = name
        """For commands that are shown to the learner."""
        self._archives: dict[str, layers.Archive] = {}

    @functools.cached_property
    def facts(self) -> dict[str, Any]:
        """Everything `docker image inspect` says."""
        facts = images.inspect(self.id)
        if facts is None:
            raise api.image_gone()
        return facts

    @property
    def config(self) -> dict[str, Any]:
        """What will be used when a container starts: User, Env, Cmd, Entrypoint, ExposedPorts, Labels …."""
        return dict(self.facts["Config"])

    @property
    def command(self) -> list[str]:
        """What a container of it starts: the words of ENTRYPOINT, then those of CMD."""
        return [*(self.config.get("Entrypoint") or ()), *(self.config.get("Cmd") or ())]

    @property
    def exposed(self) -> list[str]:
        """The ports it exposes, such as "80/tcp"."""
        return list(self.config.get("ExposedPorts") or {})

    @property
    def chain(self) -> list[str]:
        """The digests of its layers, lowest first."""
        return list(self.facts["RootFS"]["Layers"])

    @functools.cached_property
    def history(self) -> list[dict[str, Any]]:
        """The steps that made it, newest first."""
        return images.history(self.id)

    def starts_as(self, base: str) -> bool:
        """Whether it starts what the image called `base` starts: neither ENTRYPOINT nor CMD was changed."""
        facts = images.inspect(base)
        theirs = facts["Config"] if facts else {"Cmd": "no such image"}
        return all((self.config.get(key) or None) == (theirs.get(key) or None) for key in ("Entrypoint", "Cmd"))

    def is_on(self, base: str) -> bool:
        """Whether it stands on the layers of the image called `base`."""
        facts = images.inspect(base)
        below = facts["RootFS"]["Layers"] if facts else []
        return bool(below) and self.chain[: len(below)] == below

    def layers_above(self, base: str) -> list[layers.Layer]:
        """Read the layers that the answer added to `base`; all of them when it stands on something else."""
        return self._above(base).layers

    def _above(self, base: str) -> layers.Archive:
        if base not in self._archives:
            facts = images.inspect(base)
            below = facts["RootFS"]["Layers"] if facts else []
            self._archives[base] = layers.unpack(self.id, self._stack, skip=len(below) if self.is_on(base) else 0)
        return self._archives[base]

    def step_of(self, place: int, base: str) -> int | None:
        """Give the number of the step that made the layer at `place` of `layers_above(base)`; the oldest step is 0."""
        archive = self._above(base)
        making = [n for n, step in enumerate(archive.config.get("history") or []) if not step.get("empty_layer")]
        at = place - len(archive.layers)
        return making[at] if -len(making) <= at < 0 else None

    def files_above(self, base: str) -> dict[str, layers.Entry]:
        """Find the files that a container sees and `base` did not bring, by path without a leading slash."""
        return layers.merged(self.layers_above(base))

    def where_is(self, content: bytes, base: str) -> list[str]:
        """Find `content` in the layers above `base`: absolute paths, those of the highest layer first."""
        return [
            f"/{path}"
            for layer in reversed(self.layers_above(base))
            for path, entry in layer.files.items()
            if entry.size == len(content) and layer.read(path) == content
        ]
