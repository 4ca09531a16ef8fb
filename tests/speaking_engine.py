"""Speaks the protocol of engines that can't run here: too old, too new, ill, silent, dying.

Never to claim that something works.
"""

from __future__ import annotations

import contextlib
import json
import socket
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VERSION: dict[str, Any] = {
    "Version": "25.0.0",
    "ApiVersion": "1.44",
    "MinAPIVersion": "1.24",
    "Os": "linux",
    "Arch": "amd64",
}
INFO: dict[str, Any] = {"OSType": "linux", "OperatingSystem": "Made up", "Name": "made-up", "Driver": "overlay2"}


def answer(body: object, status: str = "200 OK") -> bytes:
    """One HTTP answer with a JSON body, as an engine sends it."""
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\nApi-Version: 1.44\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode() + content


def healthy(path: str) -> bytes:
    """Answer as a healthy engine would, to the calls that a preflight makes."""
    if path.endswith("/version"):
        return answer(VERSION)
    return answer(INFO) if path.endswith("/info") else answer("OK")


@contextlib.contextmanager
def engine(reply: Callable[[str], bytes | None]) -> Iterator[str]:
    """Listen at the URL that is yielded; `reply` gets the path and gives the bytes to send, None to stay silent."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as door:
        path = Path(folder) / "docker.sock"
        door.bind(str(path))
        path.chmod(0o777)
        door.listen()
        held: list[socket.socket] = []
        threading.Thread(target=_serve, args=(door, reply, held), daemon=True).start()
        try:
            yield f"unix://{path}"
        finally:
            door.shutdown(socket.SHUT_RDWR)
            for line in held:
                line.close()


def _serve(door: socket.socket, reply: Callable[[str], bytes | None], held: list[socket.socket]) -> None:
    while True:
        try:
            line, _ = door.accept()
        except OSError:
            return  # the door was shut
        request = line.recv(65536).decode("latin-1")
        said = reply(request.split(" ")[1]) if request else b""
        if said is None:
            held.append(line)
            continue
        with contextlib.suppress(OSError), line:
            line.sendall(said)
