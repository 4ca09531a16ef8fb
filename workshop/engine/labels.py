"""The labels that mark what the workshop made, so that it removes its own things and nothing else."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

WORKSHOP = "workshop"
"""Label key on the workshop's containers and stand-ins; its value is always `NAME`."""
NAME = "docker-101"
CHECKOUT = "workshop.checkout"
"""Label key on images: which copy of the repository built them, so that two learners on one engine don't meet.
Containers inherit it."""
STARTED = "workshop.started"
"""Label key on containers: which copy of the repository started them. No image has it, so a container that somebody
starts by hand from an image of ours has it not, and stays theirs."""
LAB = "workshop.lab"
"""Label key on what one verification made and removes again; its value is the process that made it."""
LAB_IMAGES = "docker-101-lab"
"""Repository of the images that verifications build; their tags name the process that made them."""
STANDIN = "workshop.standin"
"""Label key on base images that were made on this machine instead of pulled."""
RECIPE = "workshop.recipe"
"""Label key on stand-ins; its value changes when they are made in another way."""


def checkout_id(root: Path) -> str:
    """Name the copy of the repository at `root`: the same for every run, another for every folder."""
    return hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:12]


def on_image(root: Path) -> dict[str, str]:
    """Label an image that the copy at `root` builds: one label, since each is a step of the classic builder."""
    return {CHECKOUT: checkout_id(root)}


def on_container(root: Path) -> dict[str, str]:
    """Label a container that the copy at `root` starts."""
    return {WORKSHOP: NAME, CHECKOUT: checkout_id(root), STARTED: checkout_id(root)}


def of_lab(root: Path) -> dict[str, str]:
    """Label what this process makes for one verification, and removes again."""
    return on_container(root) | {LAB: str(os.getpid())}
