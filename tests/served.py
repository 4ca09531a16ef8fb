"""A class board that is really served by `invoke board`, and learners who really ask it."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from workshop import lan
from workshop.joining import asking
from workshop.judging.running import until

WITHIN = 60
"""Seconds until what is waited for must be there, on a loaded machine."""


class Served:
    """`invoke board` in a copy of the repository, from its start to its end."""

    def __init__(self, root: Path, *flags: str, port: int = 0) -> None:
        program = Path(sys.executable).with_name("invoke")
        words: list[str | Path] = [sys.executable, program, "--search-root", root, "board", "--port", str(port)]
        words += flags
        self.process = subprocess.Popen(
            words, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True
        )
        self.said = ""
        threading.Thread(target=self._read, daemon=True).start()
        try:
            self.shows("this machine only" if "--no-names" not in flags else "--no-names")
        except AssertionError:
            self.__exit__(None, None, None)
            raise
        self.port = int(re.findall(r"127\.0\.0\.1:(\d+)", self.said)[0])
        self.code = re.findall(r"invoke join \S+ (\S+)", self.said)[0]
        self.key = re.findall(r"/key/(\S+)", self.said)[0]

    def __enter__(self) -> Served:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()
        assert "Traceback" not in self.said, self.said

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line

    def shows(self, words: str) -> None:
        """Wait until it said these words."""
        assert until(lambda: words in self.said or None, WITHIN), f"no {words!r} in:\n{self.said}"

    def stop(self) -> int:
        """Press Ctrl-C; give the exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(WITHIN)
        self.shows("Stopped.")
        return code

    @property
    def url(self) -> str:
        """The page for the projector."""
        return f"http://127.0.0.1:{self.port}/"

    def join(self, name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a learner sends
        """Join as a learner."""
        return self.ask("/join", {"code": self.code, "name": name, **more})

    def tell(self, token: str, *verdicts: dict[str, Any]) -> int:
        """Tell of verdicts; give how many were new."""
        return int(self.ask("/verdicts", {"token": token, "verdicts": list(verdicts)})["taken"])

    def ask(self, path: str, said: dict[str, Any]) -> dict[str, Any]:
        """Ask as a learner's machine does."""
        return asking.ask("127.0.0.1", self.port, path, said, seconds=WITHIN)

    def status(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        host: str = "127.0.0.1",
        headers: dict[str, str] | None = None,
    ) -> int:
        """Ask for anything; give HTTP's status, or 0 where the board hung up."""
        line = http.client.HTTPConnection(host, self.port, timeout=WITHIN)
        try:
            line.request(method, path, body, headers or {})
            return line.getresponse().status
        except (http.client.HTTPException, ConnectionError):
            return 0
        finally:
            line.close()

    def shown(self, *, names: bool = False, host: str = "127.0.0.1") -> dict[str, Any]:
        """Give what a page is told now; `names` asks as the instructor's page does."""
        line = http.client.HTTPConnection(host, self.port, timeout=WITHIN)
        path, headers = "/events", {}
        if names:
            path, headers = "/events/instructor?names=yes", {"Cookie": f"board={self.key}"}
        try:
            line.request("GET", path, headers=headers)
            answer = line.getresponse()
            assert answer.status == 200
            while True:
                text = answer.readline().decode()
                if text.startswith("data: {") and '"units"' in text:
                    return dict(json.loads(text[6:]))
        finally:
            line.close()

    def comes_to_show(self, **facts: int) -> dict[str, Any]:
        """Wait until the page without names is told these numbers; give all of it."""
        so = until(lambda: facts.items() <= self.shown().items() or None, WITHIN)
        told = self.shown()
        assert so, told
        return told


def outside() -> str:
    """Give an address of this machine that is not the loopback's, by which it is its own neighbour."""
    return next(iter(lan.addresses()), "")


def passed(number: int, exercise: str) -> dict[str, Any]:
    """Give what is told of a pass."""
    return {"number": number, "exercise": exercise, "outcome": "passed", "check": None}


def failed(number: int, exercise: str, check: str, ago: float = 0) -> dict[str, Any]:
    """Give what is told of a failed check."""
    return {"number": number, "exercise": exercise, "outcome": "failed", "check": check, "ago": ago}
