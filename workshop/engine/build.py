"""`docker build`, with the builder that the learner's own `docker build` uses, and with a deadline."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from . import calling_off, classic, cleaning

if TYPE_CHECKING:
    from .guard import Guard
    from .limits import Limits

KEEP = 64 * 1024
"""Bytes of a build's output kept from its start, and as many from its end."""

POLL = 0.1
"""Seconds between two looks whether the build was called off."""
TRIES = 4
"""How often a build is tried that loses a cached step; one in 40 does when two verifications run at a time."""
_CACHE_GONE = re.compile(
    r'(?:unable to find image|no such image:|failed to get digest|unknown parent image ID) "?sha256:[0-9a-f]{64}'
    r"|no such (?:image|container): [0-9a-f]{12}|layer does not exist"
    r"|/(?:overlay2|imagedb|layerdb)/\S*: no such file",
    re.IGNORECASE,
)
"""What the classic builder's last words speak of when a step it took out of its cache is removed a moment later."""
SILENT = 2.0
"""Seconds within which a step that failed without a word may have lost its words."""
_FAILED = re.compile(r'^#(\d+) ERROR: (?:executor failed running|process ")', re.MULTILINE)
_BEGINS = re.compile(rb"^(?:Step \d+/\d+ :|#\d+ \[)", re.MULTILINE)
"""How a step begins in the output of the classic builder, and of BuildKit."""
_CLASSIC_STEP = re.compile(rb"---> Running in ([0-9a-f]{12,64})")


@dataclass(frozen=True)
class Build:
    """What a build came to; `image_id` is empty where it failed or ran out of time."""

    image_id: str
    output: str
    seconds: float
    timed_out: bool = False
    tripped: str = ""
    """The limit for which it was stopped, in the words of `Guard.tripped`."""
    step_seconds: float = 0
    """How long its last step was at work when it ended."""
    tips: tuple[classic.Tip, ...] = ()
    """What the classic builder leaves without a name, beside the image."""

    @property
    def ok(self) -> bool:
        """Whether there is an image."""
        return bool(self.image_id)


def command(
    context: str,
    *,
    tags: Iterable[str] = (),
    args: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    cache: bool = True,
) -> list[str]:
    """Write the `docker build` of `context`, as one would type it."""
    words = ["docker", "build", *([] if cache else ["--no-cache"])]
    for tag in tags:
        words += ["-t", tag]
    for flag, values in (("--build-arg", args), ("--label", labels)):
        for key, value in (values or {}).items():
            words += [flag, f"{key}={value}"]
    return [*words, context]


class Output:
    """The head and the tail of a stream that may never end."""

    def __init__(self, keep: int = KEEP) -> None:
        self.head = bytearray()
        self.tail = bytearray()
        self.left_out = 0
        self._keep = keep

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes; what fits neither end is counted and dropped."""
        room = self._keep - len(self.head)
        self.head += chunk[:room]
        self.tail += chunk[max(room, 0) :]
        if (over := len(self.tail) - self._keep) > 0:
            del self.tail[:over]
            self.left_out += over

    def text(self) -> str:
        """Give what was kept, with a line that says how much was not."""
        middle = f"\n… {self.left_out} bytes left out …\n".encode() if self.left_out else b""
        return bytes(self.head + middle + self.tail).decode("utf-8", "replace")


class Clock:
    """Tells when the last step began, from the output as it comes."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes; a heading that comes in two pieces is missed, and the next one counts."""
        if _BEGINS.search(chunk):
            self.began = time.monotonic()


def build(  # noqa: PLR0913 - these are docker build's own options
    context: Path,
    *,
    tags: Iterable[str] = (),
    args: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    timeout: float = 60,
    show: Callable[[bytes], object] | None = None,
    meanwhile: Callable[[], object] = lambda: None,
    limits: Limits | None = None,
    cache: bool = True,
) -> Build:
    """Build the folder `context`, at most `timeout` seconds long; `show` gets the output as it comes.

    Again when the classic builder lost a cached step under its hands, because another process removed that image; and
    once when BuildKit may have lost what the step that failed printed, which nobody saw (without `show`).

    `meanwhile` is called while the builder works; what it raises stops the build.

    What a stopped build leaves (the classic builder's container of the step that hung) is removed. `limits` are for a
    stranger's Dockerfile. Without `cache` every step is done anew.

    Raises:
        MachineTrouble: there is no `docker` command.
        CalledOff: it was called off before there was an image.

    """
    words = command(str(context), tags=tags, args=args, labels=labels, cache=cache)
    # --force-rm: the classic builder else keeps the container of a step that failed.
    words[2:2] = ["--force-rm"]
    if limits:
        from .cli import builder
        from .limits import on_build

        words[2:2] = on_build(limits, builder())
    made = _run(words, timeout, show, meanwhile, limits)
    unheard = show is None
    for _ in range(1, TRIES):
        if made.ok or made.timed_out or made.tripped:
            break
        if unheard and made.step_seconds < SILENT and lost_its_words(made.output):
            unheard = False
        elif not lost_its_cache(made.output):
            break
        before, made = made.tips, _run(words, timeout, show, lambda: None, limits)
        made = replace(made, tips=(*before, *made.tips))
    return made


def lost_its_cache(output: str) -> bool:
    """Whether a build with this output failed only because another process removed an image that it took as cached."""
    return bool(_CACHE_GONE.search(output[-500:]))


def lost_its_words(output: str) -> bool:
    """Whether a step of BuildKit's failed without a word: under load the engine 20.10 at times drops the last ones."""
    failed = _FAILED.search(output)
    return failed is not None and not re.search(rf"^#{failed[1]} \d+\.\d+ ", output, re.MULTILINE)


def _run(
    words: list[str],
    timeout: float,
    show: Callable[[bytes], object] | None,
    meanwhile: Callable[[], object],
    limits: Limits | None,
) -> Build:
    with tempfile.TemporaryDirectory(prefix="docker-101-") as scratch:
        id_file = Path(scratch, "image-id")
        words = [*words[:2], "--iidfile", str(id_file), *words[2:]]
        # Without attestations an image is one plain manifest in the containerd image store, too.
        surroundings = {**os.environ, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1", "BUILDKIT_PROGRESS": "plain"}
        started = time.monotonic()
        try:
            process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=surroundings)
        except OSError as error:
            from . import preflight

            raise preflight.explain(error) from error
        output, clock, tips = Output(), Clock(), classic.Tips()
        guard = _guard(limits, process) if limits else None
        takers = [output.feed, clock.feed, tips.feed, *([show] if show else []), *([guard.feed] if guard else [])]
        reader = threading.Thread(target=_drain, args=(process, takers), daemon=True)
        reader.start()
        timed_out = False
        try:
            meanwhile()
            _wait(process, reader, started + timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
        finally:
            if process.poll() is None or (guard and guard.tripped):
                _stop(process, output)
            if guard:
                guard.close()
        reader.join(timeout=5)
        tripped = guard.tripped if guard else ""
        built = process.returncode == 0 and not timed_out and not tripped
        image_id = id_file.read_text().strip() if built and id_file.exists() else ""
        now = time.monotonic()
    return Build(image_id, output.text(), now - started, timed_out, tripped, now - clock.began, tips.all())


def _wait(process: subprocess.Popen[bytes], reader: threading.Thread, deadline: float) -> None:
    """Wait for its end, which the end of its output tells at once; `process.wait` with a timeout sleeps up to 50 ms."""
    while process.poll() is None:
        calling_off.check()
        if (left := deadline - time.monotonic()) <= 0:
            raise subprocess.TimeoutExpired(process.args, 0)
        if reader.is_alive():
            reader.join(min(left, POLL))
        else:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(min(left, POLL))


def _guard(limits: Limits, process: subprocess.Popen[bytes]) -> Guard:
    from .guard import Guard  # only a class's grading needs it

    return Guard(limits, process.terminate)


def _drain(process: subprocess.Popen[bytes], takers: list[Callable[[bytes], object]]) -> None:
    stream = process.stdout
    assert stream is not None  # noqa: S101 - opened as a pipe above
    while chunk := os.read(stream.fileno(), 65536):
        for take in tuple(takers):
            try:
                take(chunk)
            except OSError:  # nobody reads any more; the build goes on, and must not wait for us
                takers.remove(take)
    stream.close()


def _stop(process: subprocess.Popen[bytes], output: Output) -> None:
    """End the client, which makes the engine give the build up; then remove the step it was in."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for container in _CLASSIC_STEP.findall(bytes(output.head + output.tail))[-1:]:
        with contextlib.suppress(Exception):  # the engine may have removed it by itself
            cleaning.remove_container(container.decode())


def to_terminal(chunk: bytes) -> None:
    """Pass a builder's output on as it comes."""
    sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()
