"""The board's server: learners in, the page out. One thread, one room, and nothing that a stranger may fill up."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream
from tornado.web import Application

from workshop import places

from . import keeping
from .handlers import Events, Instructor, Join, Key, Leave, Page, Part, Verdicts, Wrong
from .keeping import Class
from .limits import Buckets, Door
from .room import Room
from .showing import snapshot

LONGEST_BODY = 64 * 1024
"""Bytes of a request; 200 verdicts make some 25 kB."""
_HEADERS = 8 * 1024
"""Bytes of a request's head."""
_PATIENCE = 10
"""Seconds for a request's head, and for its body, to come."""
_TICK = 0.5
"""Seconds between two looks whether the page has to show something else."""
_GATHER = 0.1
"""Seconds in which changes are gathered before they are written down together."""
_FILES = 2048
"""Open files that the most connections need, with some to spare."""


class Board:
    """A class, and what its handlers share."""

    def __init__(self, kept: Class, room: Room, *, names: bool, long: int, say: Callable[[str], object]) -> None:
        self.kept = kept
        self.room = room
        self.names = names
        """Whether the instructor's page may show names at all."""
        self.long = long
        """Minutes after which a learner is stuck for long."""
        self.say = say
        self.invitation = ""
        """What learners type."""
        self.joins = Buckets(burst=600, rate=5)
        """By address: a class may be behind one."""
        self.tells = Buckets(burst=60, rate=1)
        """By learner."""
        self.watchers = 0
        self.shown: dict[bool, str] = {}
        """What pages with names (True), and those without, show now, as JSON."""
        self.changed = asyncio.Condition()
        self.ending = False
        self._writing: asyncio.Task[None] | None = None
        self._failed = False

    async def written(self) -> None:
        """Wait until all that happened so far is on the disk, so that nothing is acknowledged and then lost."""
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_soon())
        await asyncio.shield(self._writing)

    async def _write_soon(self) -> None:
        await asyncio.sleep(_GATHER)
        self._writing = None
        self.write()

    def write(self) -> None:
        """Write the class down; a disk that takes nothing is told of once, and the board goes on."""
        try:
            keeping.keep(self.kept, self.room.as_kept())
            self._failed = False
        except OSError as error:
            if not self._failed:
                self.say(f"The class can't be written down ({error.strerror}): it lasts as long as this board does.")
            self._failed = True

    async def show(self) -> None:
        """Keep what the pages show up to date, and tell those who wait for it."""
        while True:
            fresh = {
                names: json.dumps(snapshot(self.room, names=names, long=self.long), separators=(",", ":"))
                for names in (False, True)
            }
            if fresh != self.shown:
                self.shown = fresh
                async with self.changed:
                    self.changed.notify_all()
            await asyncio.sleep(_TICK)


class _Server(HTTPServer):
    """Lets in who may come in."""

    door: Door

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        """Begin to talk, or close a connection too many at once, which costs next to nothing."""
        if not self.door.enter(str(address[0])):
            stream.close()
            return
        super().handle_stream(stream, address)

    def on_close(self, server_conn: object) -> None:
        """Let another one in."""
        super().on_close(server_conn)
        address = getattr(getattr(server_conn, "context", None), "address", None)
        if address:
            self.door.leave(str(address[0]))


def application(board: Board) -> Application:
    """Give the board's paths; each handler gets the board."""
    shared: dict[str, Any] = {"board": board}
    paths: list[Any] = [
        (r"/", Page, shared),
        (r"/(board\.css|board\.js)", Part, shared),
        (r"/instructor", Instructor, shared),
        (r"/key/([A-Za-z0-9_-]{1,64})", Key, shared),
        (r"/events(/instructor)?", Events, shared),
        (r"/join", Join, shared),
        (r"/verdicts", Verdicts, shared),
        (r"/leave", Leave, shared),
    ]
    return Application(
        paths, default_handler_class=Wrong, default_handler_args=shared, log_function=lambda _: None, autoreload=False
    )


async def serve(board: Board, sockets: list[socket.socket], began: Callable[[], Awaitable[object] | object]) -> None:
    """Serve until cancelled; what happened is written down at the end, however that comes."""
    for name in ("tornado.access", "tornado.general", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # what strangers send is no news
    asyncio.get_running_loop().set_exception_handler(_keep)
    _allow_files()
    server = _Server(
        application(board),
        no_keep_alive=True,
        max_header_size=_HEADERS,
        max_body_size=LONGEST_BODY,
        max_buffer_size=2 * LONGEST_BODY,
        idle_connection_timeout=_PATIENCE,
        body_timeout=_PATIENCE,
    )
    server.door = Door()
    showing = asyncio.create_task(board.show())
    try:
        server.add_sockets(sockets)
        board.write()
        began()
        await showing
    finally:
        board.ending = True
        showing.cancel()
        server.stop()
        board.write()
        async with board.changed:
            board.changed.notify_all()
        with contextlib.suppress(asyncio.TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(server.close_all_connections(), 2)


def _keep(_: asyncio.AbstractEventLoop, told: dict[str, Any]) -> None:
    """Keep what nobody foresaw for those who mend it; the instructor's terminal is not the place for it."""
    error = told.get("exception")
    text = "".join(traceback.format_exception(error)) if isinstance(error, BaseException) else str(told.get("message"))
    places.keep_log("board.txt", text)


def _allow_files() -> None:
    """Let this process have as many connections as the door does; some systems give 256 files."""
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _FILES:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES if hard < 0 else min(_FILES, hard), hard))
