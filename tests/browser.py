"""A real browser without a window: opens pages, runs scripts in them, takes pictures of them."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import shutil
import subprocess
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from workshop.judging.running import until

WITHIN = 60
"""Seconds until what is waited for must be there, on a loaded machine."""
_LARGEST = 64 * 2**20


def program() -> str:
    """Find a browser; without one the test is skipped, or in CI fails."""
    found = next((one for one in ("chromium", "chromium-browser", "google-chrome") if shutil.which(one)), "")
    if not found:
        said = "there is no browser here"
        if os.environ.get("CI"):
            pytest.fail(said, pytrace=False)
        pytest.skip(said)
    return found


class Browser:
    """A browser with one page open, spoken to by its DevTools protocol."""

    def __init__(self, folder: Path) -> None:
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-port=0"]
        self._process = subprocess.Popen(
            [program(), *flags, f"--user-data-dir={folder}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._loop = asyncio.new_event_loop()
        self._number = 0
        told = folder / "DevToolsActivePort"
        assert until(lambda: (told.exists() and "\n" in told.read_text("utf-8")) or None, WITHIN), "no browser"
        port = told.read_text("utf-8").split()[0]
        pages = f"http://127.0.0.1:{port}/json/list"
        with urllib.request.urlopen(pages, timeout=WITHIN) as answer:
            page = next(one for one in json.load(answer) if one["type"] == "page")
        self._line: WebSocketClientConnection = self._loop.run_until_complete(self._connect(page))

    @staticmethod
    async def _connect(page: dict[str, Any]) -> WebSocketClientConnection:
        return await websocket_connect(page["webSocketDebuggerUrl"], max_message_size=_LARGEST)

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(Exception):
            self.ask("Browser.close")
        self._line.close()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def ask(self, method: str, **words: Any) -> dict[str, Any]:  # noqa: ANN401 - the protocol's own
        """Send one command, and give its result."""
        return self._loop.run_until_complete(asyncio.wait_for(self._ask(method, words), WITHIN))

    async def _ask(self, method: str, words: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        mine = self._number
        await self._line.write_message(json.dumps({"id": mine, "method": method, "params": words}))
        while True:
            heard = await self._line.read_message()
            assert heard is not None, "the browser went away"
            told = json.loads(heard)
            if told.get("id") == mine:
                assert "error" not in told, told
                return dict(told["result"])

    def open(self, url: str) -> None:
        """Go to a page."""
        self.ask("Page.navigate", url=url)

    def run(self, script: str) -> Any:  # noqa: ANN401 - whatever the script gives
        """Run a script in the page, and give its value."""
        told = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def becomes(self, script: str) -> None:
        """Wait until a script gives something true in the page."""
        assert until(lambda: self.run(script) or None, WITHIN), f"{script} in:\n{self.text}"

    @property
    def text(self) -> str:
        """What is to be read on the page."""
        return str(self.run("document.body ? document.body.innerText : ''"))

    @property
    def html(self) -> str:
        """The page as it is now."""
        return str(self.run("document.documentElement.outerHTML"))

    def look(self, file: Path, *, width: int = 1280, height: int = 720, dark: bool = False) -> None:
        """Take a picture of what a window of that size shows."""
        self.resize(width, height, dark=dark)
        shot = self.ask("Page.captureScreenshot", format="png")
        file.write_bytes(base64.b64decode(shot["data"]))

    def resize(self, width: int, height: int, *, dark: bool = False) -> None:
        """Give the window a size in CSS pixels, and the reader a liking."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
