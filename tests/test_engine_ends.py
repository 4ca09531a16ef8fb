"""An engine that ends, comes back, or has no room left, under any task: the machine's trouble, and no verdict of it."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import docker
import pytest

from tests import machines
from tests.conftest import Checkout, copy_repository
from tests.second_engine import needs_root

pytestmark = needs_root
TIMES = int(os.environ.get("CHAOS", "1"))
TASKS = (
    ("verify", "exercise-1", "--path", "solutions/exercise-1"),
    ("verify", "exercise-6", "--path", "solutions/exercise-6"),
    ("build", "--image", "ends-image"),
    ("images",),
    ("verify", "exercise-14", "--path", "solutions/exercise-14"),
)
LATEST = 1.5
"""Seconds within which the engine ends under each of them."""
ROOM = "160m"
"""The small engine's disk: the base images, and some room."""
GOOD = ("verify", "exercise-1", "--path", "solutions/exercise-1")


@pytest.fixture(scope="module")
def small(engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[machines.Engine]:
    """Give an engine with a small disk of its own."""
    folder = tmp_path_factory.mktemp("ends") / "engine"
    disk = folder / "data"
    disk.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", disk], check=True)
    try:
        with closing(machines.Engine(folder)) as one:
            yield one
    finally:
        subprocess.run(["umount", "--lazy", disk], check=False)


@pytest.fixture
def checkout(small: machines.Engine, tmp_path: Path) -> Checkout:
    """Give a copy of the repository whose tasks go to that engine."""
    copy_repository(tmp_path / "copy")
    return Checkout(tmp_path / "copy", {"DOCKER_HOST": small.host})


def test_an_engine_that_ends_under_a_task_makes_no_verdict_and_the_next_run_is_as_ever(
    small: machines.Engine, checkout: Checkout, record_property: Callable[[str, object], None]
) -> None:
    seed = int.from_bytes(os.urandom(4), "big")
    record_property("seed", seed)
    chance = random.Random(seed)  # noqa: S311 - to be had again by its seed
    for words in chance.choices(TASKS, k=3 * TIMES):
        log = checkout.root / "said.txt"
        with log.open("wb") as output:
            process = checkout.start(*words, output=output)
        time.sleep(chance.uniform(0.2, LATEST))  # not a wait for anything: the moment is what chance decides
        small.kill()
        try:
            code, said = process.wait(60), log.read_text("utf-8")
        finally:
            small.start()
        assert code in (0, 3), (seed, words, said)
        assert "Traceback" not in said, (seed, said)
        done = checkout.invoke(*GOOD)
        assert done.returncode == 0, (seed, words, done.stdout + done.stderr)


def _fill(file: Path) -> None:
    """Write until the disk is full."""
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as stream:
        while stream.write(b"\0" * 4096):
            pass


def test_an_engine_without_room_is_the_machines_trouble(small: machines.Engine, checkout: Checkout) -> None:
    full = small.folder / "data" / "full"
    _fill(full)
    try:
        for words in (GOOD, TASKS[2], ("verify", "exercise-12", "--path", "solutions/exercise-12")):
            done = checkout.invoke(*words)
            said = done.stdout + done.stderr
            assert done.returncode == 3, said
            assert "disk is full" in said
    finally:
        full.unlink()
    done = checkout.invoke(*GOOD)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_full_disk_costs_the_learner_no_file_and_no_verdict(engine: docker.DockerClient, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", disk], check=True)
    try:
        copy_repository(disk / "copy")
        checkout = Checkout(disk / "copy")
        page = checkout.root / "exercises" / "exercise-1" / "index.html"
        page.write_text("<h1>Mine</h1>\n", "utf-8")
        _fill(disk / "full")
        for words, code in ((GOOD, 0), (("reset", "exercise-1", "--yes"), 3), (("exercises",), 0)):
            done = checkout.invoke(*words)
            assert done.returncode == code, (words, done.stdout + done.stderr)
            assert "Traceback" not in done.stdout + done.stderr
            assert page.read_text("utf-8") == "<h1>Mine</h1>\n"
        (disk / "full").unlink()
        assert checkout.invoke("reset", "exercise-1", "--yes").returncode == 0
        assert checkout.invoke("reset", "exercise-1", "--undo", "--yes").returncode == 0
        assert page.read_text("utf-8") == "<h1>Mine</h1>\n"
    finally:
        subprocess.run(["umount", "--lazy", disk], check=False)
        shutil.rmtree(disk, ignore_errors=True)
