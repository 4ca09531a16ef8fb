"""A process that judges answers: a job a line on standard input, its verdict a line on standard output.

What an answer does to the judge (a check that hangs, memory that runs out) stays in this process, and the process can
be ended. It needs nothing from who starts it but the job.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from workshop import exercises
from workshop.engine import cleaning
from workshop.engine.limits import Limits
from workshop.judging import checking


def judge(job: dict[str, Any]) -> dict[str, Any]:
    """Judge the answer that a job names: its exercise, its folder, and the limits it is kept in."""
    limits = Limits(**job["limits"])
    return checking.judge(exercises.find(job["exercise"]), Path(job["folder"]), limits=limits).as_json()


def main() -> None:
    """Judge until there are no more jobs."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    cleaning.stay()
    os.dup2(2, 1)  # whatever else is printed must not look like a verdict
    try:
        for line in sys.stdin:
            out.write(json.dumps(judge(json.loads(line))) + "\n")
            out.flush()
    except (KeyboardInterrupt, BrokenPipeError):
        pass
    finally:
        cleaning.settle()


if __name__ == "__main__":
    main()
