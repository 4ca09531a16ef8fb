"""`invoke port`: where the container answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from workshop import places
from workshop.engine import endpoint, glance, labels
from workshop.trouble import NotThere

_AT_ONCE = 2
"""Seconds: nobody stops a container that soon after its start, so it ended by itself."""


def started_here(there: dict[str, Any]) -> bool:
    """Whether `invoke run` of this checkout started the container; else it will not replace it."""
    its = there["Config"]["Labels"] or {}
    return bool(its.get(labels.STARTED) == labels.checkout_id(places.ROOT))


def must_exist(container: str) -> dict[str, Any]:
    """Read everything the engine knows of a container.

    Raises:
        NotThere: there is none of that name.

    """
    there = glance.container(container)
    if there is None:
        raise NotThere(
            f"There is no container called {container}.",
            why="It was not started yet, or it was removed.",
            fix="invoke run",
        )
    return there


def addresses(container: str) -> list[tuple[str, str]]:
    """Give each published port and the address where it answers from here: ("80/tcp", "127.0.0.1:32768").

    Raises:
        NotThere: no container, a stopped one, or one that publishes nothing; each says what to do.

    """
    there = must_exist(container)
    if not there["State"]["Running"]:
        raise _stopped(container, there)
    bindings = there["NetworkSettings"]["Ports"] or {}
    published = {port: where[0]["HostPort"] for port, where in bindings.items() if where}
    if not published:
        exposed = ", ".join(there["Config"].get("ExposedPorts") or {})
        raise NotThere(
            f"{container} publishes no port.",
            why=f"It exposes {exposed}, but was started without -P." if exposed else "Its image exposes none.",
            fix=("invoke run" if started_here(there) else f"docker rm -f {container}; then: invoke run")
            if exposed
            else "add EXPOSE and the port to the Dockerfile; then: invoke build, invoke run",
        )
    host = endpoint.host()
    return [(port, f"{host}:{outer}") for port, outer in published.items()]


def _stopped(container: str, there: dict[str, Any]) -> NotThere:
    """Say why a container has no ports, and how it comes back; one that ends by itself would only do so again."""
    state = there["State"]
    what = f"{container} is stopped, and a stopped container has no ports."
    if _lasted(state) < _AT_ONCE:
        why = f"It ended by itself, right after its start, with exit code {state['ExitCode']}."
        return NotThere(what, why=why, fix="invoke logs   (what it printed)")
    again = "invoke run    (start it again)" if started_here(there) else f"docker start {container}   (start it again)"
    why = f"It ended with exit code {state['ExitCode']}."
    return NotThere(what, why=why, fix=["invoke logs   (what it printed)", again])


def _lasted(state: dict[str, Any]) -> float:
    """Count the seconds that a container ran; one that was only created, or says no times, counts as long enough."""
    try:
        # Docker has nine digits behind the seconds, which Python takes only since 3.11
        began, ended = (datetime.fromisoformat(str(state[one])[:19]) for one in ("StartedAt", "FinishedAt"))
    except (KeyError, ValueError):
        return float(_AT_ONCE)
    lasted = (ended - began).total_seconds()
    return lasted if lasted >= 0 and began.year > 1 else float(_AT_ONCE)
