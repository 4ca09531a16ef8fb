"""A started answer: ask it for a page, run something in it, read its files, stop it."""

from __future__ import annotations

import ipaddress
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from workshop.engine import calling_off, endpoint

from . import web
from .checking import NotYet

if TYPE_CHECKING:
    from workshop.engine.containers import Container, Output, Stopped

    from .lab import Image, Lab

ANSWERS_WITHIN = 3.0
"""Seconds a server may take to its first answer: nginx and httpd need a tenth of one."""
SETTLED = 0.3
"""Seconds between two looks at where a server listens; it opens its ports within milliseconds of each other."""
POLL = 0.02
"""Seconds between two looks; an inspect takes 1 to 3 ms."""
_CHATTER = re.compile(r"/docker-entrypoint\.sh: (?!.*exec)|\d+-[\w-]+\.(?:env)?sh: info: ")
"""Lines that the official nginx image prints while it starts (docker-nginx, entrypoint/)."""
_HELP = re.compile(r"^BusyBox v.* multi-call binary\.\s+Usage: [\s\S]*", re.MULTILINE)
"""What BusyBox prints behind the one line that says what was wrong with a command (libbb, show_usage.c)."""
_LISTENING = "0A"
"""State of a listening socket in /proc/net/tcp (Linux, include/net/tcp_states.h)."""
_DOCKERS_OWN = "0B00007F"
"""127.0.0.11 in /proc/net/tcp: the name server that Docker puts into every container on a network of its own."""
_WHO_LISTENS = """
cat /proc/net/tcp /proc/net/tcp6
for process in /proc/[0-9]*; do
    while read -r key user rest; do [ "$key" = Uid: ] && echo "user $user"; done < "$process/status"
    for open in "$process"/fd/*; do echo "$open $(readlink "$open")"; done
done 2>/dev/null
"""
"""Sockets, users and open files of all processes, with what BusyBox and every other shell have."""

T = TypeVar("T")


@dataclass(frozen=True)
class Listener:
    """A TCP port on which something in the container listens."""

    port: int
    address: str

    @property
    def loopback(self) -> bool:
        """Whether only the container itself can reach it."""
        return ipaddress.ip_address(self.address).is_loopback

    @property
    def anywhere(self) -> bool:
        """Whether it is reached at every address that the container has."""
        return self.address in ("0.0.0.0", "::")  # noqa: S104 - looked for, not listened on


def until(look: Callable[[], T | None], within: float) -> T | None:
    """Look again and again until there is something, at most `within` seconds; None then."""
    deadline = time.monotonic() + within
    pause = POLL / 4
    while (seen := look()) is None:
        calling_off.check()
        if time.monotonic() >= deadline:
            return None
        time.sleep(pause)
        pause = min(pause * 2, POLL)
    return seen


class Running:
    """A container of the answer."""

    def __init__(self, lab: Lab, image: Image, container: Container) -> None:
        self.lab = lab
        self.image = image
        self.container = container
        self.port: int | None = None
        """The container's port that gave the last answer."""
        self._unchecked = False
        """Known to run no health checks by itself."""

    # Its pages ----------------------------------------------------------------------------------------------

    def fetch(
        self, path: str = "/", *, port: int | None = None, headers: Mapping[str, str] | None = None
    ) -> web.Response:
        """Ask this container for `path` on container port `port`; on the first published one that answers, without.

        Not there yet, with the cause, when nothing answers within `ANSWERS_WITHIN` seconds.
        """
        published = {_number(one): outer for one, outer in self.container.published().items() if one.endswith("/tcp")}
        ports = [port] if port else sorted(published)
        if not ports or not published.keys() >= set(ports):
            from . import causes  # it knows Docker's error table: 80 ms that only failures pay

            raise NotYet(causes.not_published(self, port))
        address = endpoint.host()
        failures: dict[int, str] = {}
        settled = self._settled_elsewhere(ports)

        def ask() -> web.Response | bool | None:
            for one in ports:
                try:
                    answer = web.get(address, published[one], path, headers=headers)
                except web.NoAnswer as failure:
                    failures[one] = failure.how
                else:
                    self.port = one
                    return answer
            return False if next(settled) or not self.is_up() else None

        answer = until(ask, ANSWERS_WITHIN)
        if not isinstance(answer, web.Response):
            from . import causes

            raise NotYet(causes.no_answer(self, failures))
        return answer

    def _settled_elsewhere(self, ports: Sequence[int]) -> Iterator[bool]:
        """Say at each asking whether its server is done starting and none of `ports` can ever answer.

        So when two looks find the same listeners, and none of them where requests arrive. nginx may have none at all.
        """
        before: object = None
        due = time.monotonic() + SETTLED
        while True:
            if time.monotonic() < due:
                yield False
                continue
            found = self.listeners()
            started = bool(found) or any(line.startswith("nginx: worker") for line in self.processes())
            now = None if any(one.port in ports and not one.loopback for one in found) or not started else found
            yield now is not None and now == before
            before, due = now, time.monotonic() + SETTLED

    # Its processes ------------------------------------------------------------------------------------------

    def is_up(self) -> bool:
        """Whether it runs now."""
        return bool(self.container.state()["Running"])

    def must_stay_up(self, seconds: float = 0) -> None:
        """Not there yet, with the cause, when the container has ended, or does within so many seconds."""
        if until(lambda: None if self.is_up() else True, seconds):
            from . import causes

            raise NotYet(causes.ended(self))

    def exec(self, *command: str, user: str = "") -> Output:
        """Run a program inside it, as `docker exec` does."""
        return self.container.exec(*command, user=user)

    def process_one(self) -> str:
        """Read the command line of process 1; empty when it can't be read."""
        return self.exec("cat", "/proc/1/cmdline").stdout.replace("\0", " ").strip()

    def processes(self) -> list[str]:
        """List the command lines of all its processes, process 1 first; needs nothing in the image."""
        return self.container.processes()

    def listeners(self) -> list[Listener]:
        """List the TCP ports that something inside listens on; empty when that can't be read."""
        lines = self.exec("cat", "/proc/net/tcp", "/proc/net/tcp6").stdout.splitlines()
        found = {}
        for fields in (line.split() for line in lines):
            if len(fields) > 3 and fields[3] == _LISTENING:  # noqa: PLR2004 - the fourth column is the state
                address, _, _ = fields[1].rpartition(":")
                if address != _DOCKERS_OWN:
                    found[fields[1]] = Listener(_port(fields[1]), _written(address))
        return sorted(found.values(), key=lambda one: one.port)

    def opened(self) -> list[Listener]:
        """Wait for its first listeners; empty when it ends first, when none come in time, or they can't be read."""
        return until(lambda: self.listeners() or (None if self.is_up() else []), ANSWERS_WITHIN) or []

    def servers(self, port: int | None = None) -> list[int]:
        """List the numbers (inside the container) of the processes that hold a listening TCP socket (on `port`).

        Empty when that can't be read: the image has no shell, or the server changed its user.
        """
        seen = self.exec("sh", "-c", _WHO_LISTENS)
        users = set(re.findall(r"^user (\d+)$", seen.stdout, re.MULTILINE))
        # Another user's open files can't be read, not even by root: containers lack CAP_SYS_PTRACE.
        more = [self.exec("sh", "-c", _WHO_LISTENS, user=user).stdout for user in users] if len(users) > 1 else []
        everything = "\n".join([seen.stdout, *more])
        listening = {
            fields[9]
            for fields in (line.split() for line in everything.splitlines())
            if len(fields) > 9 and fields[3] == _LISTENING and port in (None, _port(fields[1]))  # noqa: PLR2004 - columns
        }
        held = re.findall(r"^/proc/(\d+)/fd/\d+ socket:\[(\d+)\]$", everything, re.MULTILINE)
        return sorted({int(process) for process, socket in held if socket in listening})

    # Its end ------------------------------------------------------------------------------------------------

    def stop(self, timeout: int = 4) -> Stopped:
        """Ask it to stop, as `docker stop -t` does, and say how long that took and with which exit code it ended."""
        return self.container.stop(timeout)

    def health(self, wanted: str, within: float) -> dict[str, Any] | None:
        """Wait until Docker calls it `wanted` ("healthy", "unhealthy"); None when it did not in time.

        Where the engine runs no check, the check is run here, and its exit code says which it is.
        """

        def look() -> dict[str, Any] | None:
            health = self.container.state().get("Health")
            return dict(health) if health and health["Status"] == wanted else None

        found = until(look, 0 if self._unchecked else within)
        if found or not self.is_unchecked():
            return found
        from . import health

        said = health.run_once(self)
        return {"Status": wanted, "Log": []} if (wanted == "healthy") == (said.code == 0) else None

    def is_unchecked(self) -> bool:
        """Whether the engine ran no health check so far: Podman leaves it to systemd, at the image's own times."""
        self._unchecked = not (self.container.state().get("Health") or {}).get("Log")
        return self._unchecked

    # What it says -------------------------------------------------------------------------------------------

    def last_words(self, lines: int = 6) -> str:
        """Give the last lines it printed, without what nginx's entrypoint tells at every start, and without help texts.

        The engine keeps two streams, and their lines may change places: an error need not be the very last line.
        """
        said = _HELP.sub("", self.container.logs().strip()).splitlines()
        return "\n".join([line for line in said if not _CHATTER.match(line)][-lines:])


def _number(port: str) -> int:
    return int(port.partition("/")[0])


def _port(place: str) -> int:
    """Read the port of an address and port of /proc/net/tcp."""
    return int(place.rpartition(":")[2], 16)


def _written(address: str) -> str:
    """Write an address of /proc/net/tcp{,6} as people do: each four bytes of it stand in host byte order."""
    words = [bytes.fromhex(address[at : at + 8])[:: -1 if sys.byteorder == "little" else 1] for at in (0, 8, 16, 24)]
    return str(ipaddress.ip_address(b"".join(words))).removeprefix("::ffff:")
