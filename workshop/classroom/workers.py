"""Child processes that judge, one answer at a time each; one that dies or takes too long is replaced."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from workshop import places
from workshop.engine.limits import Limits
from workshop.judging.verdict import Finding, Outcome, Verdict, from_json

from .intake import verdict

WITHIN = 600.0
"""Seconds for one answer. Every wait of a check is bounded and an honest answer takes under 30, so what takes this long
has broken the judge, not the exercise."""
_UNJUDGED = Finding("not-judged", "The machine could not go on, so this was not judged.")
SETTLES_WITHIN = 20
"""Seconds a worker has to remove what it made when it is told to stop."""


@dataclass(frozen=True)
class Job:
    """One answer to judge; all that a worker must know, here or elsewhere."""

    fingerprint: str
    exercise: str
    folder: Path
    limits: Limits

    def line(self) -> str:
        """Write it as a worker reads it."""
        return json.dumps({"exercise": self.exercise, "folder": str(self.folder), "limits": asdict(self.limits)}) + "\n"


class Worker:
    """One child process that judges."""

    def __init__(self, log: Path) -> None:
        paths = [str(places.ROOT), *([before] if (before := os.environ.get("PYTHONPATH")) else [])]
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "workshop.classroom.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                start_new_session=True,  # Ctrl-C is for us; we pass it on when the verdicts so far are safe
                text=True,
                encoding="utf-8",
            )

    def judge(self, job: Job, within: float) -> Verdict:
        """Have an answer judged; broken when that takes longer than `within` seconds or kills the worker."""
        late = threading.Event()

        def give_up() -> None:
            late.set()
            self.kill()

        deadline = threading.Timer(within, give_up)
        deadline.daemon = True
        deadline.start()
        try:
            assert self._process.stdin and self._process.stdout  # noqa: S101, PT018 - opened as pipes above
            self._process.stdin.write(job.line())
            self._process.stdin.flush()
            return from_json(json.loads(self._process.stdout.readline()))
        except (OSError, ValueError):
            code = self._end()
        finally:
            deadline.cancel()
        what = f"took more than {within:g} seconds" if late.is_set() else f"ended with code {code}"
        why = "The judge itself did not come to an end with this answer; look at it by hand."
        finding = Finding("judge-gone", why, actual=f"the process that judged it {what}")
        return verdict(job.exercise, finding, Outcome.BROKEN)

    def close_input(self) -> None:
        """Tell it that no more jobs come."""
        with suppress(OSError):
            if self._process.stdin:
                self._process.stdin.close()

    def stop(self) -> None:
        """Let it end by itself; it has no job."""
        self.close_input()
        with suppress(OSError):
            if self._process.stdout:
                self._process.stdout.close()
        self._end()

    def interrupt(self) -> None:
        """Have it drop its job and clean up, as Ctrl-C would."""
        with suppress(OSError):
            if sys.platform != "win32":
                os.killpg(self._process.pid, signal.SIGINT)

    def kill(self) -> None:
        """End it, and what it started, at once."""
        with suppress(OSError):
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _end(self) -> int:
        """Give it time to clean up, end it if it does not, and give its exit code."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(SETTLES_WITHIN)
        self.kill()
        return self._process.wait()


class Workers:
    """Workers that are lent for one answer each: as many as answers are judged at a time."""

    def __init__(self, log: Path, within: float = WITHIN) -> None:
        """Have workers write what goes wrong into `log`, and give each answer `within` seconds."""
        self._log = log
        self._within = within
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._called_off = False

    def judge(self, job: Job) -> Verdict:
        """Have an answer judged by a worker that is free, or by a new one."""
        with self._lock:
            if self._called_off:
                return unjudged(job)
            worker = self._idle.pop() if self._idle else Worker(self._log)
            self._busy.add(worker)
        judged = worker.judge(job, self._within)
        with self._lock:
            self._busy.remove(worker)
            fit = judged.outcome is not Outcome.BROKEN  # else its connection to the engine may be broken, too
            if fit:
                self._idle.append(worker)
        if not fit:
            worker.stop()
        return judged

    def interrupt(self) -> None:
        """Have those that judge drop their answer, as Ctrl-C would, and judge no more."""
        with self._lock:
            self._called_off = True
            for one in self._busy:
                one.interrupt()

    def close(self) -> None:
        """End those that are idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for one in idle:
            one.close_input()
        for one in idle:
            one.stop()


def unjudged(job: Job) -> Verdict:
    """Give back a job that nobody could judge."""
    return verdict(job.exercise, _UNJUDGED, Outcome.BROKEN)
