"""The files that a web server gives out: where in a container they lie, and what keeps them out of the image."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from .lab import Lab
    from .markup import Parsed
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


def must_name_its_style(lab: Lab, page: Parsed) -> None:
    """Not there yet when a page names no stylesheet that a browser would use, or one that is not on this site."""
    if page.elsewhere and (page.is_lost or not (page.sheets or page.has_own_style)):
        _style_from_elsewhere(lab, page)
    if not page.sheets and not page.has_own_style:
        lab.not_yet(
            "no-style",
            f"The page names a stylesheet, but {page.unused} tells a browser not to use it on the screen."
            if page.unused
            else "The page names no stylesheet of its own, so a browser shows it bare.",
            expected='a <link rel="stylesheet" …> to your style.css, or a <style> block',
            actual=page.guilty if page.unused else "neither in the page that was served",
            hint="compare your index.html with the one that was given",
            where=lab.where_in(lab.find("index.html"), page.guilty) if page.unused else None,
        )


def _style_from_elsewhere(lab: Lab, page: Parsed) -> NoReturn:
    """Say that the stylesheet is asked for at a place that is not this site."""
    address = urlsplit(page.elsewhere)
    reason, hint = "stylesheet-from-elsewhere", "compare the link with the one that was given"
    if page.guilty == page.base:
        why = f"A <base> stands before every address of its page: this one sends the browser to {page.elsewhere}."
        hint = "what would the address of the stylesheet be without this line?"
    elif address.scheme not in ("http", "https"):
        reason = "stylesheet-on-your-disk"
        why = "The page asks for its stylesheet by a place on your disk; a browser asks the server that sent the page."
    elif page.is_lost:
        why = f"{address.netloc} is a port of the machine with the browser. Docker gives your container another one."
    else:
        why = f"All its style comes from {address.netloc}: your own stylesheet is in no link of the page."
    lab.not_yet(
        reason,
        why,
        expected="the stylesheet's address, seen from the page",
        actual=page.elsewhere,
        hint=hint,
        where=lab.where_in(lab.find("index.html"), page.guilty),
    )
