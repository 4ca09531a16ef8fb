"""`invoke port`: where the container answers."""

from __future__ import annotations

from typing import Any

from workshop.engine import endpoint, glance
from workshop.trouble import NotThere


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
        raise NotThere(
            f"{container} is stopped, and a stopped container has no ports.",
            why=f"It ended with exit code {there['State']['ExitCode']}.",
            fix=["invoke logs   (what it printed)", "invoke run    (start it again)"],
        )
    bindings = there["NetworkSettings"]["Ports"] or {}
    published = {port: where[0]["HostPort"] for port, where in bindings.items() if where}
    if not published:
        exposed = ", ".join(there["Config"].get("ExposedPorts") or {})
        raise NotThere(
            f"{container} publishes no port.",
            why=f"It exposes {exposed}, but was started without -P." if exposed else "Its image exposes none.",
            fix="invoke run"
            if exposed
            else "add EXPOSE and the port to the Dockerfile; then: invoke build, invoke run",
        )
    host = endpoint.host()
    return [(port, f"{host}:{outer}") for port, outer in published.items()]
