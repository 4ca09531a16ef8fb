"""The files that a web server gives out: where in a container they lie, and what keeps them out of the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .lab import Lab
    from .running import Running

_PRUNED = ("/proc", "/sys", "/dev")


def files_with(running: Running, content: bytes) -> list[str]:
    """List the files of a running container, in volumes too, that hold `content` and nothing else."""
    skipped = [word for path in _PRUNED for word in ("-path", path, "-o")][:-1]
    looked = ("find", "/", "(", *skipped, ")", "-prune", "-o", "-type", "f", "-size", f"{len(content)}c", "-print")
    found = running.exec(*looked, user="0").stdout.splitlines()
    return [path for path in found if running.container.read(path) == content]


def must_get_in(lab: Lab, name: str, *, expected: str, seen: str, look: str) -> None:
    """Not there yet when the .dockerignore keeps a page or a stylesheet of the site out of the build."""
    kind = "page" if name.endswith(".html") else "stylesheet"
    if keeping := lab.ignored_by(lab.find(name)):
        lab.not_yet(
            f"{kind}-ignored",
            f"What the .dockerignore names never gets into the build, and this line of it fits your {kind}.",
            expected=expected,
            actual=seen,
            hint="which of your files may this line keep out?",
            look=look,
            where=keeping,
        )
