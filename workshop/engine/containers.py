"""One container, seen through the SDK: start it, ask it, read from it, stop it."""

from __future__ import annotations

import contextlib
import io
import math
import re
import tarfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from . import cleaning
from .api import Refused, talking
from .endpoint import LOCAL, host

if TYPE_CHECKING:
    from .limits import Limits

SECOND = 1_000_000_000
"""Nanoseconds: the API's unit for the times of a health check."""
EXEC_WITHIN = 20
"""Seconds that a program run in a container has; what checks run there takes milliseconds."""
PRINTED = 2_000_000
"""Bytes that are read of what it prints, and `READ` of a file or folder; what is larger is none of the workshop's."""
READ = 64 * 1024 * 1024
PORT_TRIES = 5
"""How often a container is started when the port that the engine chose is taken: it chooses the next one each time."""
_PORT_TAKEN = re.compile(r"address already in use|failed to bind host port|port is already allocated")
TOO_LONG = 124
"""Exit code for a program that was given up on, as of timeout(1)."""


@dataclass(frozen=True)
class Output:
    """What a program printed, and the exit code it ended with."""

    code: int
    stdout: str
    stderr: str = ""

    @property
    def text(self) -> str:
        """Both streams, as a terminal would show them one after the other."""
        return self.stdout + self.stderr


@dataclass(frozen=True)
class Stopped:
    """How a container ended: seconds from asking to the end, and the exit code (137: it had to be killed)."""

    seconds: float
    code: int


@dataclass(frozen=True)
class Plan:
    """How to start a container: the options of `docker run` that checks need."""

    image: str
    name: str = ""
    command: Sequence[str] | None = None
    entrypoint: Sequence[str] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    hostname: str | None = None
    user: str | None = None
    ports: Sequence[str] | None = None
    """Container ports to publish ("8080/tcp"); None publishes what the image exposes, as `-P` does."""
    health: Mapping[str, float] = field(default_factory=dict)
    """Only the timing, in seconds or (retries) times; the test itself stays the image's."""
    limits: Limits | None = None
    """What a stranger's container may take."""


class Container:
    """A container that exists; made by `create`, gone after `remove`."""

    def __init__(self, container_id: str, name: str) -> None:
        self.id = container_id
        self.name = name

    @classmethod
    def create(cls, plan: Plan, exposed: Sequence[str]) -> Container:
        """Create, but don't start, a container; its ports answer on this machine only.

        Raises:
            Refused: the engine would not have it, such as an image without a command.

        """
        ports = list(exposed if plan.ports is None else plan.ports)
        with talking() as api:
            bind = (LOCAL,) if host() == LOCAL else None
            config = api.create_container_config(
                plan.image,
                command=list(plan.command) if plan.command is not None else None,  # type: ignore[arg-type]  # the stub lacks None
                # As the CLI does for --entrypoint "": an empty list would leave the image's own in place.
                entrypoint=(list(plan.entrypoint) or [""]) if plan.entrypoint is not None else None,
                environment=dict(plan.env),
                hostname=plan.hostname,
                user=plan.user,
                labels=dict(plan.labels),
                ports=[tuple(port.split("/")) for port in ports],
                healthcheck={  # type: ignore[arg-type]  # the stub wants a class; the SDK makes one of it
                    key: int(value if key == "retries" else value * SECOND) for key, value in plan.health.items()
                }
                or None,
                host_config=api.create_host_config(port_bindings=dict.fromkeys(ports, bind), **_bounds(plan)),
            )
            try:
                made = api.create_container_from_config(config, name=plan.name or None)
            except KeyboardInterrupt:  # the engine makes it all the same, and nobody else knows of it yet
                cleaning.remove_later([plan.name] if plan.name else [])
                raise
        return cls(made["Id"], plan.name or made["Id"][:12])

    def start(self) -> None:
        """Start it; where another engine on this machine has the port that this one chose, with another port.

        Raises:
            Refused: its program can't be started; the text is the engine's.

        """
        for left in reversed(range(PORT_TRIES)):
            try:
                with talking() as api:
                    api.start(self.id)
            except Refused as refused:
                if not left or not _PORT_TAKEN.search(str(refused)):
                    raise
            else:
                return

    def inspect(self) -> dict[str, Any]:
        """Read everything the engine knows of it now."""
        with talking() as api:
            return dict(api.inspect_container(self.id))

    def state(self) -> dict[str, Any]:
        """Read its `State`: Running, ExitCode, OOMKilled, Health …."""
        return dict(self.inspect()["State"])

    def logs(self, lines: int | Literal["all"] = 200) -> str:
        """Read the last `lines` that it printed on both streams, at most 64 kB of them."""
        with talking() as api:
            raw = api.logs(self.id, tail=lines)
        return bytes(raw)[-65536:].decode("utf-8", "replace")

    def output(self, code: int) -> Output:
        """Read what it printed, each stream for itself; `code` is the exit code it ended with."""
        with talking() as api:
            out, err = (bytes(api.logs(self.id, stdout=one, stderr=not one, tail=2000)) for one in (True, False))
        return Output(code, out[-65536:].decode("utf-8", "replace"), err[-65536:].decode("utf-8", "replace"))

    def published(self) -> dict[str, int]:
        """Map each published container port ("80/tcp") to its port on the engine's machine."""
        bindings = self.inspect()["NetworkSettings"]["Ports"] or {}
        return {port: int(where[0]["HostPort"]) for port, where in bindings.items() if where}

    def exec(self, *command: str, user: str = "", env: Mapping[str, str] | None = None) -> Output:
        """Run a program inside it, as `docker exec` does; exit code 126 or 127 where it can't be started.

        The container is killed, and the exit code is 124, when the program prints or takes too much.
        """
        said = bytearray(), bytearray()
        given_up = threading.Event()

        def give_up() -> None:
            given_up.set()
            self.kill()  # nothing but the container's end stops what was started in it

        deadline = threading.Timer(EXEC_WITHIN, give_up)
        try:
            with talking() as api, contextlib.ExitStack() as stack:
                made = api.exec_create(self.id, list(command), user=user, environment=dict(env or {}))
                deadline.start()
                stack.callback(deadline.cancel)
                printing = api.exec_start(made["Id"], stream=True, demux=True)
                stack.callback(printing._response.close)  # type: ignore[attr-defined]  # the SDK's own close() leaves the socket open
                for parts in printing:
                    for number, part in enumerate(parts):
                        said[number].extend(part or b"")
                    if sum(map(len, said)) > PRINTED:
                        break
                code = int(api.exec_inspect(made["Id"])["ExitCode"] or 0)
        except Refused as refused:
            return Output(127, "", str(refused))
        if sum(map(len, said)) > PRINTED:
            give_up()  # only now: the engine does not end it while somebody holds its stream
        return Output(TOO_LONG if given_up.is_set() else code, *(bytes(one).decode("utf-8", "replace") for one in said))

    def kill(self) -> None:
        """End it at once; nothing happens when it has ended."""
        with contextlib.suppress(Refused), talking() as api:
            api.kill(self.id)

    def read(self, path: str) -> bytes | None:
        """Read one file from its file system, running or not; None where there is no such file, or one beyond size.

        Symbolic links are followed, as a program in the container would.
        """
        try:
            with talking() as api:
                chunks, about = api.get_archive(self.id, path)
                data = _joined(chunks)
        except Refused:
            return None
        target = (about or {}).get("linkTarget") or path  # where all links lead in the end
        if target != path:
            return self.read(target)
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            first = archive.next()
            content = archive.extractfile(first) if first and first.isfile() else None
            return content.read() if content else None

    def read_folder(self, path: str) -> dict[str, bytes]:
        """Read all files of one folder and those below it, by their path within it; empty where there is none."""
        try:
            with talking() as api:
                chunks, _ = api.get_archive(self.id, path.rstrip("/") + "/.")
                data = _joined(chunks)
        except Refused:
            return {}
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            files = ((member.name, archive.extractfile(member)) for member in archive if member.isfile())
            return {name.removeprefix("./"): content.read() for name, content in files if content}

    def processes(self) -> list[str]:
        """List the command lines of its processes, process 1 first; empty when it has ended."""
        try:
            with talking() as api:
                top = api.top(self.id, ps_args="-o pid,args")
                first = str(api.inspect_container(self.id)["State"]["Pid"])
        except Refused:
            return []
        # Podman puts the whole line into one column, and numbers processes as the container does.
        rows = [" ".join(row).strip().partition(" ") for row in top["Processes"] or []]
        return [args.strip() for _, _, args in sorted(rows, key=lambda row: (row[0] != first, int(row[0])))]

    def process_count(self) -> int:
        """Count its processes and threads; 0 when it does not run."""
        with talking() as api:
            return int(api.stats(self.id, stream=False, one_shot=True).get("pids_stats", {}).get("current") or 0)

    def wait(self, timeout: float) -> int | None:
        """Wait for its end and give its exit code; None where it still runs after `timeout` seconds."""
        from requests import exceptions

        try:
            with talking() as api:
                try:
                    return int(api.wait(self.id, timeout=math.ceil(timeout))["StatusCode"])
                except (exceptions.ReadTimeout, exceptions.ConnectionError):
                    api.ping()  # the engine is there, so it was the container that took its time
                    return None
        except Refused:
            return None

    def stop(self, timeout: int) -> Stopped:
        """Ask it to stop as `docker stop` does; after `timeout` seconds the engine kills it."""
        started = time.monotonic()
        with talking() as api:
            api.stop(self.id, timeout=timeout)
        return Stopped(time.monotonic() - started, int(self.state()["ExitCode"]))


def _bounds(plan: Plan) -> dict[str, Any]:
    if plan.limits is None:
        return {}
    from .limits import on_container

    return on_container(plan.limits)


def _joined(chunks: Iterable[bytes]) -> bytes:
    """Join the pieces of an archive.

    Raises:
        Refused: it is larger than anything that a check would look into.

    """
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > READ:
            raise Refused("too large to be read")
    return bytes(data)
