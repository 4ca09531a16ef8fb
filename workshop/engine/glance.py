"""One look at the engine through the `docker` command: a tenth of a second less than the SDK's import alone."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workshop.trouble import MachineTrouble

WITHIN = 10
"""Seconds the command may take; it needs about 0.02."""


def container(name: str) -> dict[str, Any] | None:
    """Read everything the engine knows of a container now; None where there is none of that name.

    Raises:
        MachineTrouble: there is no command, or no engine answers; says why, and the fix on this operating system.

    """
    asked = _ask("container", "inspect", name)
    if asked.returncode == 0:
        return dict(json.loads(asked.stdout)[0])
    if re.search("no such container", asked.stderr, re.IGNORECASE):
        return None
    raise _unanswered(asked)


def image_ids(*names: str) -> list[str]:
    """Read the IDs of images, in the order of their names; those that are not there are left out.

    Raises:
        MachineTrouble: there is no command, or no engine answers; says why, and the fix on this operating system.

    """
    asked = _ask("image", "inspect", "--format", "{{.Id}}", *names)
    if asked.returncode and not re.search("no such image", asked.stderr, re.IGNORECASE):
        raise _unanswered(asked)
    return asked.stdout.split()


def _ask(*words: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["docker", *words], capture_output=True, encoding="utf-8", errors="replace", timeout=WITHIN, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        from . import preflight

        raise preflight.explain(error) from error


def _unanswered(asked: subprocess.CompletedProcess[str]) -> MachineTrouble:
    from . import preflight

    return preflight.explain(asked.stderr or asked.stdout)
