"""At the worst moment: nothing is lost, nothing stays, no stranger is touched, no verdict is wrong.

`CHAOS=50 pytest tests/test_chaos.py` does each 50 times as often.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docker
import pytest

from tests.conftest import Checkout, copy_repository
from workshop import exercises
from workshop.engine import labels, sweep
from workshop.judging import checking
from workshop.judging.running import until
from workshop.proof import proving

TIMES = int(os.environ.get("CHAOS", "1"))
KILLS = 14
"""Tasks that are killed in the short form."""
LATEST = 1.2
"""Seconds within which each of them is killed; most take less when nothing disturbs them."""
CLEAN_WITHIN = 60
"""Seconds until a run has removed the last of what they left; some builds were still going on."""
REMOVED_WITHIN = 10
"""Seconds that the removing may take, which goes on when the verdict is out."""
ROW = 12
"""Verifications in a row in the short form: enough to see what grows with each."""
WARM = 4
"""Of these, what the first ones load and keep."""
GROWS = 4_000_000
"""Bytes by which memory may differ between two looks at a process that does not grow; what a verification reads of the
answer's images, kept by mistake, would be more within `ROW`."""
TASKS = (
    ("build",),
    ("run",),
    ("stop",),
    ("layers",),
    ("verify", "exercise-1"),
    ("verify", "exercise-9"),
    ("reset", "exercise-2"),
    ("reset", "--undo", "exercise-2"),
    ("catchup", "exercise-3"),
    ("cleanup", "--yes"),
    ("grade", "exercises", "--jobs", "2"),
)
NOTES = "# notes that are nowhere else\n"


def _left(checkout: Checkout) -> list[str]:
    """List what verifications left on the engine whose process is gone."""
    mine = labels.checkout_id(checkout.root)
    lab = f'{{{{.ID}}}} {{{{.Label "{labels.LAB}"}}}}'
    started = ("--filter", f"label={labels.STARTED}={mine}", "--filter", f"label={labels.LAB}")
    containers = [line.split()[0] for line in checkout.docker("ps", "-a", *started, "--format", lab).splitlines()]
    built = ("--filter", f"reference={labels.LAB_IMAGES}", "--filter", f"label={labels.CHECKOUT}={mine}")
    tags = checkout.docker("images", *built, "--format", "{{.Tag}}").split()
    return containers + [tag for tag in tags if not sweep.alive(sweep.owner(tag))]


def _files(checkout: Checkout) -> Iterator[Path]:
    for folder in ("exercises", ".workshop"):
        yield from (path for path in (checkout.root / folder).rglob("*") if path.is_file())


def test_tasks_that_are_killed_lose_nothing_and_the_next_run_removes_what_they_left(
    checkout: Checkout, record_property: Callable[[str, object], None]
) -> None:
    seed = int.from_bytes(os.urandom(4), "big")
    record_property("seed", seed)
    chance = random.Random(seed)  # noqa: S311 - to be had again by its seed
    dockerfile = checkout.root / "exercises" / "exercise-2" / "Dockerfile"
    dockerfile.write_text(NOTES + dockerfile.read_text("utf-8"), "utf-8")
    for _ in range(KILLS * TIMES):
        process = checkout.start(*chance.choice(TASKS))
        time.sleep(chance.uniform(0, LATEST))  # not a wait for anything: the moment is what chance decides
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert any(path.read_bytes().startswith(NOTES.encode()) for path in _files(checkout)), seed

    def clean() -> bool:
        done = checkout.invoke("verify", "exercise-1", "--path", "solutions/exercise-1", "--json")
        assert (done.returncode, json.loads(done.stdout)["outcome"]) == (0, "passed"), (seed, done.stdout)
        return until(lambda: not _left(checkout) or None, REMOVED_WITHIN) is not None

    # builds that were under way end by themselves, and the run after that finds them
    assert until(lambda: clean() or None, CLEAN_WITHIN), (seed, _left(checkout))
    checkout.invoke("reset", "all", "--yes")
    again = json.loads(checkout.invoke("verify", "exercise-1", "--json").stdout)
    starter = checking.starter_reason(exercises.find("exercise-1"))
    assert starter in [one["reason"] for one in again["checks"]], seed


def _claims(count: int) -> list[proving.Claim]:
    """Choose answers that are quickly judged, right and wrong ones in turn, of several exercises."""
    chosen: list[proving.Claim] = []
    for name in ("exercise-1", "exercise-4", "exercise-6", "exercise-8", "exercise-10"):
        claims = [one for one in proving.claims(exercises.find(name)) if one.builders == proving.BUILDERS]
        chosen += [next(one for one in claims if not one.reason), next(one for one in claims if one.reason)]
    return chosen[:count]


def test_ten_verifications_at_once_say_what_each_says_alone(checkout: Checkout, tmp_path: Path) -> None:
    def judged(claim: proving.Claim) -> tuple[str, list[str]]:
        with claim.exercise.context_of(claim.answer) as folder:
            done = checkout.invoke("verify", claim.exercise.name, "--path", str(folder), "--json")
        said = json.loads(done.stdout)
        return said["outcome"], [one["reason"] for one in said["checks"] if one["outcome"] == "failed"][:1]

    for _ in range(TIMES):
        claims = _claims(10)
        with ThreadPoolExecutor(len(claims)) as pool:
            for claim, (outcome, reasons) in zip(claims, pool.map(judged, claims), strict=True):
                assert outcome == ("failed" if claim.reason else "passed"), claim.name
                assert reasons == ([claim.reason] if claim.reason else []), claim.name


def test_two_learners_on_one_engine_do_not_meet(checkout: Checkout, tmp_path: Path) -> None:
    root = tmp_path / "the neighbour"
    copy_repository(root)
    neighbour = Checkout(root, {key: f"{name}-next-door" for key, name in checkout.env.items()})
    try:
        with ThreadPoolExecutor(2) as pool:
            for words in (("build",), ("run",), ("verify", "exercise-4")):
                both = list(pool.map(lambda one, words=words: one.invoke(*words).returncode, (checkout, neighbour)))
                assert both[0] == both[1] == (1 if "verify" in words else 0), words
        page = neighbour.invoke("port").stdout
        assert checkout.invoke("cleanup", "--all", "--yes").returncode == 0
        assert checkout.invoke("port").returncode != 0
        assert neighbour.invoke("port").stdout == page != ""
        assert neighbour.docker("images", "-q", neighbour.env["INVOKE_WORKSHOP_IMAGE"])
    finally:
        neighbour.invoke("cleanup", "--all", "--yes")


MANY = """
import gc, json, os, sys
from workshop import exercises
from workshop.judging import checking
from workshop.engine import cleaning
one = exercises.find("exercise-1")
looks = []
for turn in range(int(sys.argv[1])):
    answer = (one.key, one.starter)[turn % 2]
    with one.context_of(answer) as folder:
        assert checking.judge(one, folder).outcome.value == ("passed", "failed")[turn % 2], turn
    cleaning.settle()
    gc.collect()
    pages = int(open("/proc/self/statm").read().split()[1])
    looks.append((pages * os.sysconf("SC_PAGE_SIZE"), len(os.listdir("/proc/self/fd"))))
print(json.dumps(looks))
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_many_verifications_in_a_row_take_no_more_memory_and_files(engine: docker.DockerClient) -> None:
    many = ROW * TIMES
    done = subprocess.run([sys.executable, "-c", MANY, str(many)], capture_output=True, text=True, check=True)
    looks = json.loads(done.stdout)
    (memory, files), (memory_at_the_end, files_at_the_end) = looks[WARM], looks[-1]
    assert files_at_the_end <= files
    assert memory_at_the_end - memory < GROWS


JUMPS = """
import itertools, sys, time
real, jumps = time.time, itertools.cycle((0, 1e7, -1e7, 3600, -3600))
time.time = lambda: real() + next(jumps)
from workshop import exercises
from workshop.judging import checking
one = exercises.find(sys.argv[1])
for answer in (one.key, one.starter):
    with one.context_of(answer) as folder:
        print(checking.judge(one, folder).outcome.value)
"""


@pytest.mark.parametrize("name", ["exercise-4", "exercise-13"])
def test_a_clock_that_jumps_changes_no_verdict(name: str, engine: docker.DockerClient) -> None:
    done = subprocess.run([sys.executable, "-c", JUMPS, name], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["passed", "failed"]
