"""Where others in the room reach this machine."""

from __future__ import annotations

import contextlib
import ipaddress
import socket

_ELSEWHERE = ("192.0.2.1", "10.255.255.254", "172.31.255.254", "192.168.255.254")
"""An address of nobody (RFC 5737), and one in each private range (RFC 1918): to ask which of ours leads there."""


def addresses() -> list[str]:
    """List the IPv4 addresses by which others may reach this machine, the likeliest first; nothing is sent."""
    found: list[str] = []
    for place in _ELSEWHERE:
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.connect((place, 9))
            found.append(str(asking.getsockname()[0]))
    with contextlib.suppress(OSError):
        found += [str(one[4][0]) for one in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    return [one for one in dict.fromkeys(found) if _outside(one)]


def is_free(port: int) -> bool:
    """Tell whether a program could listen on that port now.

    Raises:
        PermissionError: this user may not have it.

    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trying:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows, where two programs could have one port else
            trying.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trying.bind(("", port))
            trying.listen()
        except PermissionError:
            raise
        except OSError:
            return False
    return True


def _outside(address: str) -> bool:
    it = ipaddress.IPv4Address(address)
    return not (it.is_loopback or it.is_link_local or it.is_unspecified)
