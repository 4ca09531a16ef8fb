"""What the board answers. Learners' requests are JSON; pages come from this folder; the names are for one alone."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import secrets
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler

from workshop import places

from . import keeping, limits
from .room import Full

if TYPE_CHECKING:
    from types import TracebackType

    from .learners import Learner
    from .serving import Board

VERSION = 1
"""Of what learners' machines and the board say to each other."""
VERDICTS = 200
"""In one request; a learner's machine keeps no more."""
WATCHERS = 120
"""Pages open at a time, on other machines."""
_COOKIE = "board"
_ALIVE = 10
"""Seconds after which a page that has nothing new to show hears that the board is there."""
_PARTS = {"board.css": "text/css; charset=utf-8", "board.js": "text/javascript; charset=utf-8"}
_PAGE = Path(__file__).with_name("page")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class _Handler(RequestHandler):
    """What all have: harmless headers, short words for what went wrong, and no traceback."""

    board: Board

    def initialize(self, board: Board) -> None:
        self.board = board

    def set_default_headers(self) -> None:
        self.set_header("Server", "docker-101")
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Security-Policy", _POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")

    def write_error(self, status_code: int, **_: object) -> None:
        """Say what is wrong in words that the learner's side shows; never what went on in here."""
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps({"error": self._reason if status_code < 500 else "the board has a bug"}))  # noqa: PLR2004

    def log_exception(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keep what nobody foresaw for those who mend it."""
        if error is not None and not isinstance(error, HTTPError):
            places.keep_log("board.txt", "".join(traceback.format_exception(kind, error, trace)))

    def answer(self, said: dict[str, Any]) -> None:
        """Give JSON."""
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps({"version": VERSION, **said}))

    @property
    def is_here(self) -> bool:
        """Whether a browser on this machine asks, and by no name that somebody else gave it (DNS rebinding)."""
        host = self.request.host_name.strip("[]")
        try:
            named = host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False
        return named and limits.is_here(self.request.remote_ip or "")

    def must_be_instructor(self) -> None:
        """Go on for who opened the instructor's link, on this machine; for others there is no such page."""
        cookie = self.get_cookie(_COOKIE) or ""
        if not self.is_here or not secrets.compare_digest(cookie.encode(), self.board.kept.key.encode()):
            raise HTTPError(404, reason="there is no such page")


class Wrong(_Handler):
    """Any other path."""

    def prepare(self) -> None:
        """Say that it leads nowhere."""
        raise HTTPError(404, reason="there is no such page")


# Pages ------------------------------------------------------------------------------------------------------


class Page(_Handler):
    """The page without names: for the projector, and for anybody in the room."""

    def get(self) -> None:
        """Give it."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish((_PAGE / "board.html").read_bytes())


class Instructor(Page):
    """The same page; its script asks for more."""

    def get(self) -> None:
        """Give it to the instructor."""
        self.must_be_instructor()
        super().get()


class Part(_Handler):
    """What the page is made of."""

    def get(self, name: str) -> None:
        """Give it."""
        self.set_header("Content-Type", _PARTS[name])
        self.finish((_PAGE / name).read_bytes())


class Key(_Handler):
    """The instructor's link: leaves a cookie, so that the address that a projector shows opens nothing."""

    def get(self, key: str) -> None:
        """Know the instructor from now on, and lead on."""
        if not self.is_here or not secrets.compare_digest(key.encode(), self.board.kept.key.encode()):
            raise HTTPError(404, reason="there is no such page")
        self.set_cookie(_COOKIE, self.board.kept.key, httponly=True, samesite="Strict", path="/")
        # Not a redirect: a browser that came from another place would leave a strict cookie out on its way.
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Refresh", "0; url=/instructor")
        self.finish('<!doctype html><html lang="en"><title>Class board</title><a href="/instructor">Class board</a>')


class Events(_Handler):
    """What a page shows, again each time it changes (server-sent events)."""

    async def get(self, instructor: str | None) -> None:
        """Tell it until the page is closed."""
        if instructor:
            self.must_be_instructor()
        names = bool(instructor) and self.board.names and self.get_query_argument("names", "") == "yes"
        outside = not self.is_here
        if outside and self.board.watchers >= WATCHERS:
            raise HTTPError(503, reason="so many look at this board that it takes no more")
        self.set_header("Content-Type", "text/event-stream; charset=utf-8")
        self.board.watchers += outside
        before = ""
        try:
            self.write("retry: 2000\n\n")
            about = {"names": bool(instructor) and self.board.names, "join": "" if outside else self.board.invitation}
            self.write(f"event: about\ndata: {json.dumps(about)}\n\n")
            while not self.board.ending:
                now = self.board.shown.get(names, "")
                self.write(f"data: {now}\n\n" if now and now != before else "event: alive\ndata:\n\n")
                before = now
                await self.flush()
                async with self.board.changed:
                    if self.board.shown.get(names, "") == now:
                        try:
                            await asyncio.wait_for(self.board.changed.wait(), _ALIVE)
                        except asyncio.TimeoutError:
                            continue
        except (StreamClosedError, asyncio.CancelledError):
            pass  # the page was closed, or the board ends
        finally:
            self.board.watchers -= outside


# Learners ---------------------------------------------------------------------------------------------------


class _FromLearner(_Handler):
    """A request with a JSON object in it."""

    sent: dict[str, Any]

    def prepare(self) -> None:
        if self.request.method != "POST":
            raise HTTPError(405, reason="learners' machines ask here, with POST")
        if self.request.headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
            raise HTTPError(415, reason="this takes JSON")  # a form on some other page can't send that
        try:
            sent = json.loads(self.request.body)
        except (ValueError, RecursionError):
            sent = None
        if not isinstance(sent, dict):
            raise HTTPError(400, reason="this is no JSON object")
        if sent.get("version") != VERSION:
            raise HTTPError(400, reason="this copy of the workshop and the board's are not of the same age")
        self.sent = sent

    def learner(self) -> Learner:
        """Give who sends this."""
        known = self.board.room.known(self.sent.get("token"))
        if known is None:
            raise HTTPError(401, reason="the board does not know this learner")
        return known


class Join(_FromLearner):
    """A learner with the class's code gets a place, or gets theirs again."""

    async def post(self) -> None:
        """Give the nickname under which they stand there, and the token to prove themselves with."""
        if not self.board.joins.admits(limits.subscriber(self.request.remote_ip or "")):
            raise HTTPError(429, reason="too many ask from this address; wait a little")
        if not keeping.same_code(str(self.sent.get("code", "")), self.board.kept.code):
            raise HTTPError(403, reason="the code is wrong")
        try:
            learner, token = self.board.room.join(self.sent.get("name"), self.sent.get("token"))
        except Full:
            raise HTTPError(503, reason="the board is full") from None
        await self.board.written()
        self.answer({"name": learner.name, "token": token})


class Verdicts(_FromLearner):
    """A learner's machine tells of verdicts."""

    async def post(self) -> None:
        """Say how many were new."""
        learner = self.learner()
        if not self.board.tells.admits(learner.id):
            raise HTTPError(429, reason="too many verdicts; wait a little")
        sent = self.sent.get("verdicts")
        taken = self.board.room.tell(learner, sent[:VERDICTS] if isinstance(sent, list) else [])
        await self.board.written()
        self.answer({"taken": taken})


class Leave(_FromLearner):
    """A learner takes their place off the board."""

    async def post(self) -> None:
        """Forget them."""
        self.board.room.leave(self.learner())
        await self.board.written()
        self.answer({})
