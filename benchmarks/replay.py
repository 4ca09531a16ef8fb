"""What a run made the engine do, written down call by call, and done again by a client that does nothing else.

That is the engine's own limit for the very same work: the same images built, containers created, started, waited for
and removed, as many beside each other as then, and the same files, layers, logs and processes read. What else only asks
(GET) is left out, and so are the bounds set on a step of a build (its container has another ID today) and all that
happened between the calls. For the classic builder: BuildKit's calls are a conversation, which can't be repeated.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import http.server
import re
import selectors
import socket
import socketserver
import struct
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measuring import Engine

_ID = re.compile(rb"[0-9a-f]{64}")
_READS = re.compile(r"/(?:archive|get|logs|top)(?:\?|$)")
"""Where calls end for which the engine reads files, layers, logs or processes: that is work, too."""
_PIECE = 65536
_AT_ONCE = 16
"""Calls of one judge that may be under way beside each other."""

_TRIES = 2
"""How often a call is made that ends otherwise: a build does where another has just removed a step they share."""


@dataclass(frozen=True)
class Call:
    """One call that changed something, or read files, layers, logs or processes."""

    judge: int
    """The number of the process that judged; 0 where nobody did."""
    begun: float
    ended: float
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int
    """As HTTP has it; 0 for a call that became a stream of bytes."""
    ids: list[bytes]
    """The long IDs in the answer, as they stand there."""


class Recorder(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """A socket that passes everything on to the engine, and writes down what changes something."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, folder: str) -> None:
        self.calls: list[Call] = []
        super().__init__(str(Path(folder, "engine.sock")), _Line)

    @property
    def address(self) -> str:
        """What to set DOCKER_HOST to."""
        return f"unix://{self.server_address!s}"


@contextlib.contextmanager
def recording() -> Iterator[Recorder]:
    """Lend a recorder."""
    with tempfile.TemporaryDirectory(prefix="docker-101-bench-") as folder, Recorder(folder) as recorder:
        threading.Thread(target=recorder.serve_forever, daemon=True).start()
        yield recorder
        recorder.shutdown()


class _Line(http.server.BaseHTTPRequestHandler):
    """One connection to the recorder."""

    protocol_version = "HTTP/1.1"
    server: Recorder

    def setup(self) -> None:
        """See who has connected, while they are sure to be there."""
        super().setup()
        size = struct.calcsize("3i")
        self._who = _judge(
            struct.unpack("3i", self.connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))[0]
        )

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Treat all methods alike."""
        if name.startswith("do_"):
            return self._pass_on
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""

    def handle(self) -> None:
        """Take calls until the other side has no more."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        pieces = []
        while size := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def _pass_on(self) -> None:
        begun, body = time.monotonic(), self._body()
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_A_LINE}
        with contextlib.closing(Engine()) as engine:
            engine.timeout = None
            if "Upgrade" in self.headers:
                status, found = 0, b""
                self._stream(engine, headers, body)
            else:
                engine.request(self.command, self.path, body, headers)
                status, found = self._answer(engine.getresponse())
        reads = self.command == "GET" and _READS.search(self.path)
        if reads or (self.command not in ("GET", "HEAD") and not self.path.endswith("/update")):
            ids, ended = ([] if reads else _ID.findall(found)), time.monotonic()
            one = Call(self._who, begun, ended, self.command, self.path, headers, body, status, ids)
            self.server.calls.append(one)

    def _answer(self, answer: http.client.HTTPResponse) -> tuple[int, bytes]:
        """Give the answer to whoever asked, as it comes."""
        seen = []
        with contextlib.suppress(ConnectionError):  # who asked has heard enough
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() != "connection":
                    self.send_header(name, value)
            self.end_headers()
            while piece := answer.read1(_PIECE):
                seen.append(piece)
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if answer.chunked else piece)
            if answer.chunked:
                self.wfile.write(b"0\r\n\r\n")
        return answer.status, b"".join(seen)

    def _stream(self, engine: Engine, headers: dict[str, str], body: bytes) -> None:
        """Pass bytes to and fro until one side has no more."""
        self.close_connection = True
        engine.request(self.command, self.path, body, {**headers, "Connection": "Upgrade", "Upgrade": "tcp"})
        sides = {self.connection: engine.sock, engine.sock: self.connection}
        with selectors.DefaultSelector() as ready:
            for one in sides:
                ready.register(one, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    side: Any = key.fileobj
                    if piece := side.recv(_PIECE):
                        sides[side].sendall(piece)
                    elif side is engine.sock:
                        return
                    else:
                        ready.unregister(side)
                        engine.sock.shutdown(socket.SHUT_WR)


_OF_A_LINE = {"connection", "upgrade", "content-length", "transfer-encoding", "host", "accept-encoding"}
"""Headers that are about one connection."""


def _judge(number: int) -> int:
    """Name the judge that a process works for; 0 for none."""
    with contextlib.suppress(OSError):
        while number > 1:
            if b"workshop.classroom.worker" in Path(f"/proc/{number}/cmdline").read_bytes():
                return number
            number = int(Path(f"/proc/{number}/stat").read_text("utf-8").rpartition(")")[2].split()[1])
    return 0


def again(calls: list[Call]) -> tuple[float, int]:
    """Make the calls again, all judges' at the same time, between those that came before the first and the others.

    A call waits for those of its judge that had ended when it began. Gives the seconds, and the number of calls that
    ended in another way than they did before.
    """
    judges = defaultdict(list)
    for one in sorted(calls, key=lambda one: one.begun):
        judges[one.judge].append(one)
    nobodys = judges.pop(0, [])
    first = min(one.begun for ones in judges.values() for one in ones)
    known: dict[bytes, bytes] = {}
    started = time.perf_counter()
    missed = [_one_judge([one for one in nobodys if one.begun < first], known)]
    with ThreadPoolExecutor(len(judges)) as pool:
        missed += pool.map(functools.partial(_one_judge, known=known), judges.values())
    missed.append(_one_judge([one for one in nobodys if one.begun >= first], known))
    return time.perf_counter() - started, sum(missed)


def _one_judge(calls: list[Call], known: dict[bytes, bytes]) -> int:
    under_way: list[tuple[Call, Future[bool]]] = []
    missed = 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for one in calls:
            before = [done for other, done in under_way if other.ended <= one.begun]
            wait(before)
            missed += sum(not done.result() for done in before)
            under_way = [(other, done) for other, done in under_way if other.ended > one.begun]
            under_way.append((one, pool.submit(_make, one, known)))
    return missed + sum(not done.result() for _, done in under_way)


_LINES = threading.local()


def _make(call: Call, known: dict[bytes, bytes]) -> bool:
    """Make a call with today's IDs, and learn those in its answer; say whether it ended as it did before."""
    if not hasattr(_LINES, "engine"):
        _LINES.engine = Engine()
    path = _now(call.path.encode(), known).decode()
    for _ in range(_TRIES):
        _LINES.engine.request(call.method, path, _now(call.body, known), call.headers)
        answer = _LINES.engine.getresponse()
        said = answer.read()
        found = [] if call.method == "GET" else _ID.findall(said)
        if len(found) == len(call.ids) and call.status in (0, answer.status):
            known.update(zip(call.ids, found, strict=True))
            return True
    return False


def _now(text: bytes, known: dict[bytes, bytes]) -> bytes:
    return _ID.sub(lambda found: known.get(found[0], found[0]), text)
