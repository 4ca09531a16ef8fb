"""`invoke quota`: what a class would pull from behind one address, against what Docker Hub says is left of it.

The question is a HEAD request for an image that is there to be asked about; it costs no pull. Number and window come
from the answer's headers, for they were changed more than once (docs.docker.com/docker-hub/usage/pulls).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workshop import bases
from workshop.engine import endpoint
from workshop.supplies import registry
from workshop.trouble import DONE, NOT_YET, MachineTrouble, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PREVIEW = "ratelimitpreview/test/manifests/latest"
"""The image that Docker's documentation asks about."""
MOST = 100_000
"""Learners; more is a slip of the finger."""
_COUNT = re.compile(r"\s*(\d{1,12})\s*(?:;\s*w=(\d{1,9})\s*)?(?:$|[,;])")
"""`100;w=21600`: so many in so many seconds."""
_LIMIT, _REMAINING, _SOURCE = "ratelimit-limit", "ratelimit-remaining", "docker-ratelimit-source"
_REGISTRYS = {"docker-distribution-api-version", "docker-content-digest", _LIMIT, _REMAINING}
"""Headers of which a registry sends at least one with each manifest."""
_TOO_MANY = 429
_FINE = 200
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
"""Seconds."""


@dataclass(frozen=True)
class Told:
    """What the registry said; None is what it did not say."""

    limit: int | None
    remaining: int | None
    window: int | None
    """Seconds in which the limit counts."""
    source: str
    """Whom it counts for: an address, or an account's number."""
    odd: str = ""
    """What stood in a header and is no number."""


def ask(url: str = registry.HUB) -> Told:
    """Ask the registry at `url` what is left, as somebody who is not logged in.

    Raises:
        NoAnswer: none came that a registry would give.

    """
    with registry.Registry(url) as asked, asked.answer(PREVIEW, method="HEAD") as answer:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        if answer.status_code not in (_FINE, _TOO_MANY):
            raise registry.NoAnswer(f"it answered with {answer.status_code} {answer.reason}")
        if answer.status_code == _FINE and not _REGISTRYS & headers.keys():
            raise registry.NoAnswer("something answers in its place, such as a hotel's login page")
        return _read(headers, used_up=answer.status_code == _TOO_MANY)


def _read(headers: Mapping[str, str], *, used_up: bool) -> Told:
    limit, remaining = (_COUNT.match(headers.get(name, "")) for name in (_LIMIT, _REMAINING))
    window = next((int(one[2]) for one in (limit, remaining) if one and one[2]), None)
    odd = [headers[name] for name, one in ((_LIMIT, limit), (_REMAINING, remaining)) if name in headers and not one]
    left = int(remaining[1]) if remaining else None
    return Told(
        limit=int(limit[1]) if limit else None,
        remaining=0 if used_up else left,
        window=window,
        source=headers.get(_SOURCE, "")[:100],
        odd=odd[0][:100] if odd else "",
    )


def report(learners: int, say: Callable[[str], None], url: str = registry.HUB) -> int:
    """Say what a class needs, what is left, and what to do; give the exit code: 1 where it is not enough.

    Raises:
        Usage: that is no number of learners.
        MachineTrouble: the registry did not tell.

    """
    if not 1 <= learners <= MOST:
        raise Usage("How many learners?", why=f"A number from 1 to {MOST:,}.", fix="invoke quota --learners 30")
    images = len(bases.BASE_IMAGES)
    needed = learners * images
    say(f"needs    {learners} learner{'s'[: learners > 1]} with {images} images each: {needed} pulls from one address")
    place = url.partition("://")[2]
    try:
        told = ask(url)
    except registry.NoAnswer as none:
        raise MachineTrouble(
            "Docker Hub did not tell how many pulls are left.",
            kind="no-answer",
            why=f"{place}: {none}\nSo nobody can say whether {needed} are too many. To be on the safe side:",
            fix=_ways(),
        ) from none
    for line in _account(told):
        say(line)
    code = DONE
    if told.remaining is None:
        say("so       nothing speaks against it here and now, and nothing promises it for the day")
    elif told.remaining >= needed:
        say(f"enough   {told.remaining - needed} would be left. Everybody else behind that address takes from it too")
    else:
        code = NOT_YET
        served, window = told.remaining // images, _in_words(told.window)
        say(f"short    by {needed - told.remaining}: {served} of {learners} get both images, the others an error")
        say(f"         (toomanyrequests){f', for up to {window}' if window else ''}. What to do instead:")
        for number, way in enumerate(_ways()):
            say(f"{'or' if number else 'try':8} {way}")
    say("note     this holds for the network you are on now; ask again in the room")
    return code


def _account(told: Told) -> list[str]:
    window = _in_words(told.window)
    within = f" in {window}" if window else ""
    whom = f", counted for {told.source}" if told.source else ""
    if told.remaining is not None:
        of = f" of {told.limit}" if told.limit is not None else ""
        lines = [f"left     {told.remaining}{of} pulls{within}{whom}, for those who are not logged in"]
    elif told.limit is not None:
        lines = [f"left     Docker Hub did not say how many; the limit is {told.limit} pulls{within}{whom}"]
    else:
        lines = [f"left     Docker Hub told of no limit for this address{whom}"]
    if told.odd:
        lines.append(f"note     Docker Hub sent {told.odd!r}, which is no number of pulls")
    if _logged_in():
        lines.append("login    you are logged in at Docker Hub: your own pulls count for your account, not for these")
    else:
        lines.append("login    you are not logged in at Docker Hub: your own pulls count among these")
    return lines


def _logged_in() -> bool:
    """Tell whether `docker login` was done here: it notes the registry, wherever it keeps the password."""
    auths = endpoint.config().get("auths")
    return isinstance(auths, dict) and any("docker.io" in str(name) for name in auths)


def _ways() -> list[str]:
    return [
        "invoke mirror   (a registry on this machine, for the room)",
        "invoke pack base-images.tar   (a file, for a stick or a shared folder)",
        "docker login, each learner with an account of their own: then it counts for them, not for the address",
    ]


def _in_words(seconds: int | None) -> str:
    if not seconds:
        return ""
    for unit, length in (("day", _DAY), ("hour", _HOUR), ("minute", _MINUTE)):
        if seconds % length == 0:
            number = seconds // length
            return f"{number} {unit}{'s'[: number > 1]}"
    return f"{seconds} seconds"
