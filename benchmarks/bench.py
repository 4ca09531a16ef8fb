"""What the workshop's commands cost, beside the docker command, the engine's own part, and the peers: one table.

Run it on a machine with nothing else to do:

    invoke bench [--repeat 15] [--svg docs/bench.svg]

A row's two sides run in turn, so that what else the machine does hits both; it gives the median of each, in
milliseconds, the fastest and slowest of ours, the most memory that one process had, and the ratio of the medians. What
is compared with what:

- the docker command that does the same step;
- the floor: the same calls of the engine's API from curl. "+ interpreter" adds the start of a Python that imports
  invoke, which no task can do without;
- the peers: exercise 1's checks in other tools, see `benchmarks/peers/`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks import others
from benchmarks.floor import Floor, curl
from benchmarks.measuring import INVOKE, MEGA, ROOT, Row, Work, compare, process
from workshop import exercises, report

EMPTY_TASKS = "from invoke import task\n\n\n@task\ndef nothing(c):\n    '''Nothing.'''\n"
IMAGE, CONTAINER = "docker-101-bench-image", "docker-101-bench-container"
SOLVED = ("exercise-1", "exercise-9", "exercise-14")


@contextlib.contextmanager
def place() -> Iterator[Path]:
    """Lend a copy of the repository, in which some exercises are solved, and clean up behind it."""
    with tempfile.TemporaryDirectory(prefix="docker-101-bench-") as scratch:
        copy = Path(scratch, "copy")
        left_out = shutil.ignore_patterns(".venv", ".git", ".workshop", "__pycache__")
        shutil.copytree(ROOT, copy, symlinks=True, ignore=left_out)
        for one in map(exercises.find, SOLVED):
            with one.context_of(one.key) as answer:
                shutil.copytree(answer, copy / "exercises" / one.name, symlinks=True, dirs_exist_ok=True)
        (Path(scratch) / "empty").mkdir()
        (Path(scratch) / "empty" / "tasks.py").write_text(EMPTY_TASKS)
        try:
            yield copy
        finally:
            process(*INVOKE, "cleanup", "--all", "--yes", cwd=copy)()


def rows(copy: Path, repeat: int) -> Iterator[Row]:
    """Measure everything."""
    names = ("--image", IMAGE), ("--container", CONTAINER)
    process(*INVOKE, "build", *names[0], cwd=copy)()
    process(*INVOKE, "run", *names[0], *names[1], cwd=copy)()
    listing = Work("invoke --list", process(*INVOKE, "--list", cwd=copy))
    empty = Work("of an empty tasks.py", process(*INVOKE, "--list", cwd=copy.parent / "empty"))
    yield from compare(listing, empty, repeat=repeat, goals=["≤ 1.5"])
    yield from steps(copy, repeat, names)
    yield from verification(copy, repeat)
    for name in SOLVED[1:]:
        yield from by_hand(copy, name, repeat)
    yield from saving(copy, repeat)


def steps(copy: Path, repeat: int, names: tuple[tuple[str, str], tuple[str, str]]) -> Iterator[Row]:
    """Measure the lesson's steps beside the docker command, and beside the API calls that they need.

    The goal is for those of which the engine's own part takes under 100 ms; `layers` reads the whole image.
    """
    base = Floor(copy, copy / "docker-101")
    asked = urllib.parse.urlencode({"filters": json.dumps({"name": [CONTAINER]})})
    history = ["docker", "history", IMAGE]
    for words, docker, floor, goal in (
        (["port", *names[1]], ["docker", "port", CONTAINER], [_asking(f"/containers/json?{asked}")], "≤ 350 ms"),
        (["images"], ["docker", "images"], [_asking("/images/json")], "≤ 400 ms"),
        (["build", *names[0]], ["docker", "build", "-t", IMAGE, "docker-101"], [base.build], "≤ 400 ms"),
        (["explain"], history, [], "≤ 400 ms"),
        (["layers", *names[0]], history, [_asking(f"/images/{IMAGE}/history", f"/images/{IMAGE}/get")], ""),
    ):
        task = Work(f"invoke {words[0]}", process(*INVOKE, *words, cwd=copy))
        peers = [Work(" ".join(docker[:2]), process(*docker, cwd=copy)), *(Work("floor", one) for one in floor)]
        yield from compare(task, *peers, repeat=repeat, goals=[goal])
    base.forget()


def _asking(*calls: str) -> Callable[[], None]:
    def run() -> None:
        for call in calls:
            curl("GET", call, "-o", os.devnull)

    return run


def verification(copy: Path, repeat: int) -> Iterator[Row]:
    """Measure `verify exercise-1` beside the engine's own part of it, and beside the peers."""
    folder = copy / "exercises" / "exercise-1"
    bare = Floor(copy, folder)
    interpreter = process(sys.executable, "-c", "import invoke")

    def from_python() -> None:
        interpreter()
        bare.run()

    words = "verify", "exercise-1"
    task = Work("invoke verify exercise-1", process(*INVOKE, *words, "--again", cwd=copy))
    floors = [Work("floor + interpreter", from_python), Work("floor", bare.run)]
    theirs = list(others.peers(folder))
    goals = ["≤ 1.25, < 1000 ms", "", *["≤ 0.5" for _ in theirs]]
    yield from compare(task, *floors, *theirs, repeat=repeat, goals=goals, tidy=bare.tidy)
    unchanged = Work("the same, nothing saved", process(*INVOKE, *words, cwd=copy))
    yield from compare(unchanged, Work("floor", bare.run), repeat=repeat, goals=["< 300 ms"], tidy=bare.tidy)
    bare.forget()
    subprocess.run(["docker", "image", "rm", "docker-101-bench-peer"], check=False, capture_output=True)


def by_hand(copy: Path, name: str, repeat: int) -> Iterator[Row]:
    """Measure a verification beside what one would type to see the answer run: build, run, remove."""
    folder = copy / "exercises" / name
    container = f"{CONTAINER}-by-hand"
    build = f"docker build -q -t {IMAGE}-by-hand ."
    # again where what a verification removes behind itself is a step that the classic builder has just chosen
    words = f"({build} || {build}) && docker run -d -P --name {container} {IMAGE}-by-hand"
    peer = process("sh", "-c", f"{words} && docker rm -f {container}", cwd=folder)
    task = process(*INVOKE, "verify", name, "--again", cwd=copy)
    bare = Floor(copy, folder)
    yield from compare(
        Work(f"invoke verify {name}", task), Work("docker build, run, rm", peer), repeat=repeat, tidy=bare.tidy
    )
    subprocess.run(["docker", "image", "rm", f"{IMAGE}-by-hand"], check=False, capture_output=True)


def saving(copy: Path, repeat: int) -> Iterator[Row]:
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
        works = Work("a save, while watched", ours), Work("floor", peer)
        yield from compare(*works, repeat=repeat, goals=["< 1000 ms"], tidy=bare.forget)
        assert watching.stdin  # noqa: S101 - opened as a pipe above
        watching.stdin.close()


def heading(repeat: int) -> str:
    """Name the machine and the versions, which the numbers hold for."""
    asked = ["docker", "version", "-f", "docker command {{.Client.Version}}, engine {{.Server.Version}}"]
    versions = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors"
    return f"{machine}, Python {platform.python_version()}, {versions}; medians of {repeat} runs"


def table(measured: list[Row], title: str) -> Table:
    """Make the table of all rows."""
    shown = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("command", "ms", "spread", "MB", "beside", "ms", "ratio", "goal"):
        shown.add_column(name, justify="left" if name in ("command", "beside", "goal") else "right")
    before = ""
    for row in measured:
        ours = row.ours
        first = ours.name != before
        spread = f"{min(ours.times):.0f}-{max(ours.times):.0f}"
        memory = f"{ours.memory / MEGA:.0f}" if ours.memory else ""
        mine = (ours.name, f"{ours.median:.0f}", spread, memory) if first else ("", "", "", "")
        shown.add_row(*mine, row.peer.name, f"{row.peer.median:.0f}", f"{row.ratio:.2f}", row.goal)
        before = ours.name
    return shown


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--repeat", type=int, default=15, help="runs of each (15)")
    options.add_argument("--svg", type=Path, help="draw the table into this file, too")
    said = options.parse_args()
    others.ready()
    measured = []
    with place() as copy:
        for row in rows(copy, said.repeat):
            measured.append(row)
            print(f"{row.ours.name} / {row.peer.name}: {row.ratio:.2f}", file=sys.stderr)
    console = Console(record=True, width=120, highlight=False)
    console.print(table(measured, heading(said.repeat)))
    if said.svg:
        said.svg.write_text(report.window(console, "invoke bench", "bench"), "utf-8")


if __name__ == "__main__":
    main()
