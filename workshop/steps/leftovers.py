"""`invoke cleanup`: what the workshop made on the engine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from workshop import changes, places
from workshop.engine import cleaning


@dataclass(frozen=True)
class Leftover:
    """Something the workshop made."""

    kind: str
    id: str
    name: str

    @property
    def line(self) -> str:
        """Describe it in one line."""
        return f"{self.kind} {self.name} {changes.short(self.id)}"


def made_here(*, with_images: bool) -> list[Leftover]:
    """List what this copy of the workshop made on the engine, and nothing else."""
    found = [Leftover("container", one["Id"], one["Names"][0].lstrip("/")) for one in cleaning.containers(places.ROOT)]
    if with_images:
        for one in cleaning.images(places.ROOT):
            found += [Leftover("image", one["Id"], tag) for tag in one["RepoTags"] or ["<none>"]]
    return found


def commands(found: list[Leftover]) -> list[list[str]]:
    """Write the `docker` commands that removing these stands for."""
    names: dict[str, list[str]] = {"container": [], "image": []}
    for one in found:
        names[one.kind].append(changes.short(one.id) if one.name == "<none>" else one.name)
    words = {"container": ["docker", "rm", "-f"], "image": ["docker", "rmi"]}
    return [[*words[kind], *which] for kind, which in names.items() if which]


def clean_up(
    *,
    with_images: bool,
    dry: bool,
    show: Callable[[str], None],
    command: Callable[[list[str]], None],
    sure: Callable[[str], bool],
) -> None:
    """Show what was made here and how it goes, and remove it when `sure` of it; `dry` only shows."""
    found = made_here(with_images=with_images)
    if not found:
        what = "nothing" if with_images else "no containers"
        show(f"Nothing to clean up: the workshop has {what} on this engine.")
        return
    for one in found:
        show(f"  {one.line}")
    for words in commands(found):
        command(words)
    if dry:
        return
    if sure(f"Remove {'these' if len(found) > 1 else 'this'}?"):
        remove(found, show)
    else:
        show("Nothing was removed." + ("" if sys.stdin.isatty() else " Add --yes to remove them."))


def remove(found: list[Leftover], show: Callable[[str], None]) -> None:
    """Remove these, containers first, and say each."""
    for one in sorted(found, key=lambda leftover: leftover.kind != "container"):
        if one.kind == "container":
            done = cleaning.remove_container(one.id)
        else:
            done = cleaning.remove_image(one.id if one.name == "<none>" else one.name)
        show(f"- {one.line}" if done else f"= {one.line} is gone already, or in use")
