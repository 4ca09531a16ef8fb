"""Answers judged side by side on this machine, as many at a time as are wanted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing

from workshop import places
from workshop.judging.verdict import Outcome, Verdict

from .workers import WITHIN, Job, Workers, unjudged

LOG = places.LOGS / "grade-workers.txt"
"""What workers say beside their verdicts."""


def run(
    jobs: Iterable[Job], count: int, *, go_on: Callable[[], bool] = lambda: True, within: float = WITHIN
) -> Generator[tuple[Job, Verdict], None, None]:
    """Judge the jobs, `count` at a time, and give each with its verdict as soon as it is known.

    `go_on` is asked after each verdict that is broken: it may wait until the machine can judge again; when it says no,
    the jobs that are left are given back as broken, unjudged.

    Closing the iterator, or an exception where it is used, stops the workers and has them clean up.
    """
    workers = Workers(LOG, within)
    over = threading.Event()

    def one(job: Job) -> Verdict:
        if over.is_set():
            return unjudged(job)
        judged = workers.judge(job)
        if judged.outcome is Outcome.BROKEN and not over.is_set() and not go_on():
            over.set()
        return judged

    with closing(workers), ThreadPoolExecutor(count) as pool:
        try:
            futures = {pool.submit(one, job): job for job in jobs}
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            over.set()
            pool.shutdown(wait=False, cancel_futures=True)
            workers.interrupt()
