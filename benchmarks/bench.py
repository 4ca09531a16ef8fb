"""What the workshop's commands cost, beside what they can't do without: one table, from one run.

Run it on a machine with nothing else to do:

    .venv/bin/python -m benchmarks.bench [--repeat 15]

Each row alternates the command with its peer, so that what else the machine does hits both; it gives the median of
each and the ratio of the medians. The floor of a verification is the engine's own part: the same API calls (cached
build, create, start, first answer) from a plain HTTP client on the engine's socket, and the start of an interpreter
that imports invoke.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import io
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import INVOKE, ROOT, Engine, Row, Work, compare, process
from workshop.engine import labels

EMPTY_TASKS = "from invoke import task\n\n\n@task\ndef nothing(c):\n    '''Nothing.'''\n"


def floor(engine: Engine, context: bytes, made: list[str]) -> None:
    """Do what a verification of exercise-1 asks of the engine: cached build, create, start, first answer."""
    engine.call("POST", "/build?t=docker-101-bench&forcerm=1", context, "application/x-tar")
    plan = {
        "Image": "docker-101-bench",
        "ExposedPorts": {"80/tcp": {}},
        "HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1"}]}},
    }
    container = json.loads(engine.call("POST", "/containers/create", json.dumps(plan).encode()))["Id"]
    made.append(container)
    engine.call("POST", f"/containers/{container}/start")
    ports = json.loads(engine.call("GET", f"/containers/{container}/json"))["NetworkSettings"]["Ports"]
    port = int(ports["80/tcp"][0]["HostPort"])
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        page = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(page):
            page.request("GET", "/")
            if page.getresponse().status == 200:  # noqa: PLR2004 - HTTP
                return
    raise SystemExit("the floor's container never answered")


@contextlib.contextmanager
def place() -> Iterator[Path]:
    """Lend a copy of the repository, in which exercise-1 is solved, and clean up behind it."""
    with tempfile.TemporaryDirectory(prefix="docker-101-bench-") as scratch:
        copy = Path(scratch, "copy")
        left_out = shutil.ignore_patterns(".venv", ".git", ".workshop", "__pycache__")
        shutil.copytree(ROOT, copy, symlinks=True, ignore=left_out)
        for name in ("Dockerfile", "index.html", "style.css"):
            shutil.copy(copy / "solutions" / "exercise-1" / name, copy / "exercises" / "exercise-1")
        (Path(scratch) / "empty").mkdir()
        (Path(scratch) / "empty" / "tasks.py").write_text(EMPTY_TASKS)
        try:
            yield copy
        finally:
            process(*INVOKE, "cleanup", "--all", "--yes", cwd=copy)()


def rows(copy: Path, repeat: int) -> Iterator[Row]:
    """Measure everything."""
    names = ("--image", "docker-101-bench-image"), ("--container", "docker-101-bench-container")
    process(*INVOKE, "build", *names[0], cwd=copy)()
    process(*INVOKE, "run", *names[0], *names[1], cwd=copy)()
    empty = copy.parent / "empty"
    listing = Work("invoke --list", process(*INVOKE, "--list", cwd=copy))
    yield compare(listing, Work("of an empty tasks.py", process(*INVOKE, "--list", cwd=empty)), repeat, "≤ 1.5")
    for words, docker in (
        (["port", *names[1]], ["docker", "port", names[1][1]]),
        (["images"], ["docker", "images"]),
        (["build", *names[0]], ["docker", "build", "-t", names[0][1], "docker-101"]),
    ):
        task = Work(f"invoke {words[0]}", process(*INVOKE, *words, cwd=copy))
        alone = Work(" ".join(docker[:2]), process(*docker, cwd=copy))
        yield compare(task, alone, repeat, "≤ 350 ms" if words[0] == "port" else "")
    yield verification(copy, repeat)
    yield saving(copy, repeat)


class Floor:
    """The engine's own part of a verification of exercise-1, again and again."""

    def __init__(self, copy: Path, folder: Path) -> None:
        self._mine = [labels.LAB, f"{labels.STARTED}={labels.checkout_id(copy)}"]
        self._folder = folder
        self._engine = Engine()
        self._made: list[str] = []

    def run(self) -> None:
        """Do it once; the container stays until `tidy`."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as context:
            context.add(self._folder, arcname=".")
        floor(self._engine, archive.getvalue(), self._made)

    def tidy(self) -> None:
        """Let neither side run beside the other's removal, which no verdict waits for."""
        while self._made:
            self._engine.call("DELETE", f"/containers/{self._made.pop()}?force=1&v=1")
        filters = urllib.parse.quote(json.dumps({"label": self._mine}))
        deadline = time.monotonic() + 10
        while json.loads(self._engine.call("GET", f"/containers/json?all=1&filters={filters}")):
            if time.monotonic() > deadline:
                raise SystemExit("a verification's container was never removed")

    def forget(self) -> None:
        """Remove the image that the last run built, too; there may be none."""
        self.tidy()
        with contextlib.suppress(SystemExit):
            self._engine.call("DELETE", "/images/docker-101-bench")


def verification(copy: Path, repeat: int) -> Row:
    """Measure `verify exercise-1` beside the engine's own part of it."""
    bare = Floor(copy, copy / "exercises" / "exercise-1")
    interpreter = process(sys.executable, "-c", "import invoke")

    def peer() -> None:
        interpreter()
        bare.run()

    task = process(*INVOKE, "verify", "exercise-1", cwd=copy)
    mine, theirs = Work("invoke verify exercise-1", task), Work("engine's floor + interpreter", peer)
    row = compare(mine, theirs, repeat, "≤ 1.3, < 1000 ms", tidy=bare.tidy)
    bare.forget()
    return row


def saving(copy: Path, repeat: int) -> Row:
    """Measure the time from a save to its verdict in `watch exercise-1` beside the engine's own part of that.

    Each save is of a page that no build has seen, so nothing of it comes from a cache.
    """
    folder, another = copy / "exercises" / "exercise-1", copy.parent / "another"
    shutil.copytree(folder, another)
    bare, given = Floor(copy, another), (folder / "index.html").read_text("utf-8")
    watching = subprocess.Popen(
        [*INVOKE, "watch", "exercise-1"], cwd=copy, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )

    def save(into: Path) -> None:
        (into / "index.html").write_text(f"{given}<!-- {time.time_ns()} -->\n", "utf-8")

    def verdict() -> None:
        assert watching.stdout  # noqa: S101 - opened as a pipe above
        if not any(line.startswith("Done:") for line in watching.stdout):
            raise SystemExit("the watcher ended, or the solution does not pass")

    def ours() -> None:
        save(folder)
        verdict()

    def peer() -> None:
        save(another)
        bare.run()

    with watching:
        verdict()
        row = compare(
            Work("a save, while watched", ours), Work("engine's floor", peer), repeat, "< 1 s", tidy=bare.forget
        )
        assert watching.stdin  # noqa: S101 - opened as a pipe above
        watching.stdin.close()
    return row


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--repeat", type=int, default=15, help="runs of each (15)")
    repeat = options.parse_args().repeat
    version = subprocess.run(
        ["docker", "version", "-f", "{{.Client.Version}} / {{.Server.Version}}"],
        capture_output=True,
        text=True,
        check=True,
    )
    print(f"{platform.platform()}, {os.cpu_count()} processors, Python {platform.python_version()}")
    print(f"docker command / engine {version.stdout.strip()}; medians of {repeat} runs, milliseconds")
    print(f"{'command':26} {'ms':>6} {'spread':>13}  {'peer':30} {'ms':>6}  {'ratio':>5}  goal")
    with place() as copy:
        for row in rows(copy, repeat):
            spread = f"{min(row.ours):.0f}-{max(row.ours):.0f}"
            ours, peer = statistics.median(row.ours), statistics.median(row.peer)
            print(
                f"{row.name:26} {ours:6.0f} {spread:>13}  {row.peer_name:30} {peer:6.0f}  {row.ratio:5.2f}  {row.goal}",
                flush=True,
            )


if __name__ == "__main__":
    main()
