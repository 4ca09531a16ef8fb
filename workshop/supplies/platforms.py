"""For which processors an image is made, as Docker writes it: linux/arm64."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from workshop import names
from workshop.trouble import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ARCHITECTURES = ("amd64", "arm64", "arm", "386", "ppc64le", "s390x", "riscv64", "mips64le", "loong64")
"""Processors for which official images are published, in Go's words (docker-library/official-images)."""
_ALIASES = {"x86_64": "amd64", "x64": "amd64", "intel": "amd64", "aarch64": "arm64", "i386": "386", "i686": "386"}
"""What other tools call them: uname, Windows, Apple."""
_SHAPE = re.compile(r"(?:(?P<os>[a-z0-9]+)/)?(?P<architecture>[a-z0-9_]+)(?:/(?P<variant>v\d+))?")


class Platform(NamedTuple):
    """One kind of processor under Linux; the variant (v6, v7) matters for 32-bit Arm only."""

    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        return f"linux/{self.architecture}" + (f"/{self.variant}" if self.variant else "")

    def takes(self, other: Platform) -> bool:
        """Tell whether an image for `other` is what was asked for."""
        return self.architecture == other.architecture and self.variant in ("", other.variant)


def parse(words: Iterable[str]) -> list[Platform]:
    """Read what was typed: linux/amd64, or amd64, or several with commas; each once, in order.

    Raises:
        Usage: one of them is none that images are made for.

    """
    return list(dict.fromkeys(_one(word) for text in words for word in text.lower().split(",") if word.strip()))


def of(facts: Mapping[str, Any]) -> Platform:
    """Read it from an image's configuration, or from a registry's list of images."""
    architecture, variant = str(facts.get("architecture") or ""), str(facts.get("variant") or "")
    return Platform(architecture, variant if architecture == "arm" else "")


def _one(word: str) -> Platform:
    word = word.strip()
    found = _SHAPE.fullmatch(word)
    system = found["os"] if found else None
    if system not in (None, "linux"):
        raise Usage(f"--platform {word}: the base images are for Linux only.", fix="--platform linux/amd64")
    architecture = _ALIASES.get(found["architecture"], found["architecture"]) if found else ""
    if found is None or architecture not in ARCHITECTURES:
        near = names.nearest(architecture or word, ARCHITECTURES) or "amd64"
        raise Usage(
            f"--platform {word}: no images are made for that.",
            why=f"There are {', '.join(ARCHITECTURES)}. PCs and older Macs are amd64, Macs since 2020 are arm64.",
            fix=f"--platform linux/{near}",
        )
    return Platform(architecture, (found["variant"] or "") if architecture == "arm" else "")
