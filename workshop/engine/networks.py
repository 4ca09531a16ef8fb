"""A network from which a container's ports answer, and nothing outside can be reached: for strangers' containers."""

from __future__ import annotations

import os
from pathlib import Path

from . import labels, sweep
from .api import Refused, talking

_BRIDGE = "com.docker.network.bridge"


def make(root: Path) -> str:
    """Make a network whose containers reach neither the outside nor each other, and give its name.

    They may send, but no address of the machine's is lent to them, so that no answer finds the way back.

    Raises:
        Refused: the engine would not, such as when all its address ranges are in use.

    """
    name = f"docker-101-grade-{labels.checkout_id(root)}-{os.getpid()}"
    options = {f"{_BRIDGE}.enable_ip_masquerade": "false", f"{_BRIDGE}.enable_icc": "false"}
    with talking() as api:
        api.create_network(name, driver="bridge", options=options, labels=labels.of_lab(root))
    return name


def remove(name: str) -> bool:
    """Remove the network; False where it is gone, or a container still uses it."""
    try:
        with talking() as api:
            api.remove_network(name)
    except Refused:
        return False
    return True


def leftovers(root: Path) -> list[str]:
    """List the networks of runs that were killed: their process is no longer there."""
    with talking() as api:
        found = api.networks(filters={"label": [f"{key}={value}" for key, value in labels.on_container(root).items()]})
    return [one["Name"] for one in found if not sweep.alive(one["Labels"].get(labels.LAB, ""))]
