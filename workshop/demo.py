"""The main job, start to end, on names of its own: what a learner does in their first ten minutes."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from . import exercises, places
from .engine import cleaning, whales
from .engine.api import Refused
from .judging import web
from .judging.running import until
from .learning import verifying
from .steps import containers, images, ports
from .trouble import MachineTrouble, NotThere

HEADING = "Banana Smith"
"""What the page of the demo says; it is the lesson's own index.html."""
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "microsoft-edge", "msedge")
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PAGE_WITHIN = 5.0
"""Seconds until the page must answer; nginx needs a tenth of one."""
BROWSER_WITHIN = 60
"""Seconds a browser may take for one page; a cold start on a slow disk takes several."""

Show = Callable[[str], None]
Command = Callable[[Sequence[str]], None]


def run(show: Show, command: Command) -> None:
    """Run the demo; whatever happens, what it made is gone afterwards.

    Raises:
        NotThere: a step did not come to what it should.

    """
    started = time.monotonic()
    mark = f"{os.getpid():x}"
    image, container = f"banana-smith-image-demo-{mark}", f"banana-smith-container-demo-{mark}"
    places.STATE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="demo-", dir=places.STATE) as scratch, _gone_afterwards(image, container):
        folder = Path(scratch, "docker-101")
        shutil.copytree(places.SOLUTIONS / "docker-101" / "starter", folder)
        _steps(folder, image, container, show, command)
    took = time.monotonic() - started
    show(f"\nThat was the main job, in {took:.0f} s. The engine holds what it held before.")


def _steps(folder: Path, image: str, container: str, show: Show, command: Command) -> None:
    from . import report

    show("\n1. Look at the images on this machine.")
    command(["docker", "images"])
    report.images(images.list_images())

    show("\n2. A Dockerfile with one line is enough for an image. This one has a second: your page.")
    dockerfile = folder / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text("utf-8") + "COPY index.html style.css /usr/share/nginx/html/\n", "utf-8")
    show(dockerfile.read_text("utf-8").rstrip())
    command(images.build_command(image, folder))
    show(images.build(image, folder))

    show("\n3. It is in the list now.")
    row = next((row for row in images.list_images() if row.name == f"{image}:latest"), None)
    if row is None:
        raise NotThere(f"{image} was built, and is not in the list.")
    report.images([row])

    show("\n4. Run it in the background, with its port published.")
    show(containers.run(image, container, show, command))

    show("\n5. On which port of this machine does it answer?")
    command(["docker", "port", container])
    port, address = ports.addresses(container)[0]
    show(f"{port} -> {address}")

    show("\n6. Fetch the page.")
    command(["curl", f"http://{address}/"])
    page = _fetch(address)
    if HEADING not in page:
        raise NotThere("The page that came back is not ours.", why=page[:200])
    show(next(line.strip() for line in page.splitlines() if "<h1>" in line))
    _in_a_browser(f"http://{address}/", show)

    show("\n7. The same for an exercise: is the model answer of exercise-1 right?")
    first = exercises.find("exercise-1")
    command(["invoke", "verify", first.name, "--path", places.as_typed(first.key)])
    if verifying.verify(first.name, verifying.Wanted(path=str(first.key))):
        raise NotThere("The model answer of exercise-1 was not accepted.")

    show("\n8. Clean up: only what this demo made.")
    command(["docker", "rm", "-f", container])
    command(["docker", "rmi", image])


def _fetch(address: str) -> str:
    host, _, port = address.rpartition(":")

    def ask() -> web.Response | None:
        with contextlib.suppress(web.NoAnswer):
            return web.get(host, int(port))
        return None

    answer = until(ask, PAGE_WITHIN)
    if answer is None:
        raise NotThere(f"http://{address}/ did not answer within {PAGE_WITHIN:g} seconds.")
    return answer.text


def _in_a_browser(url: str, show: Show) -> None:
    text = rendered(url)
    if text is None:
        show("(no Chromium on this machine, so no look at it in a browser)")
    elif HEADING not in text:
        raise NotThere("A browser opened the page and did not see its heading.", why=text[:200])
    else:
        show("A browser without a window opened the same page, and saw the same heading.")


def browser() -> str | None:
    """Find a Chromium on this machine."""
    return next((found for name in _BROWSERS if (found := shutil.which(name))), None)


def rendered(url: str, *, picture: Path | None = None) -> str | None:
    """Open `url` in a browser without a window and give the page as it became; None where there is no browser.

    With `picture`, a screenshot is written there, and the answer is empty.

    Raises:
        MachineTrouble: the browser did not come to an end.

    """
    program = browser()
    if program is None:
        return None
    want = f"--screenshot={picture}" if picture else "--dump-dom"
    # Chromium refuses its sandbox for root, as in CI and in containers; the page is our own.
    root = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    with tempfile.TemporaryDirectory(prefix="docker-101-browser-", ignore_cleanup_errors=True) as profile:
        words = [program, *_FLAGS, *root, f"--user-data-dir={profile}", "--window-size=900,600", want, url]
        try:
            done = subprocess.run(words, capture_output=True, timeout=BROWSER_WITHIN, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            what = "The browser on this machine did not open the page."
            raise MachineTrouble(what, kind="browser", why=str(error)) from error
    return done.stdout.decode("utf-8", "replace")


@contextlib.contextmanager
def _gone_afterwards(image: str, container: str) -> Iterator[None]:
    try:
        yield
    finally:
        with contextlib.suppress(Refused, MachineTrouble):
            whales.remove(container)
        with contextlib.suppress(Refused, MachineTrouble):
            whales.remove_image(image)
        cleaning.settle()
