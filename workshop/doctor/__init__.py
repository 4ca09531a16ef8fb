"""What is wrong with this machine for a Docker workshop, and the fix; data only, drawn elsewhere.

Works with half an installation: no engine, no docker command, no network, no git. Nothing is changed.
"""

from __future__ import annotations

import threading
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from workshop.trouble import Trouble

from . import engine, folder, machine
from .engine import BaseImage, Patient
from .finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["BaseImage", "Finding", "as_json", "diagnose", "share"]

EACH_WITHIN = 2.0
"""Seconds for one probe's own waiting."""
ROUND_WITHIN = 3.0
"""Seconds after which a round of probes goes on without those that are still out."""


def diagnose(
    root: Path,
    *,
    container: str = "banana-smith-container",
    bases: Callable[[], Sequence[BaseImage]] | None = None,
) -> list[Finding]:
    """Look at everything; at most two rounds of `ROUND_WITHIN` seconds, half a second where all is well.

    `root` is the checkout, `container` the name that `invoke run` wants, `bases` what knows the base images.
    """
    patient = Patient(root=root, container=container, bases=bases)
    first: dict[str, Callable[[], Finding]] = {
        "python": machine.python,
        "terminal": machine.terminal,
        "git-bash": machine.git_bash,
        "windows": machine.windows,
        "cli": machine.command,
        "context": machine.context,
        "builder": machine.builder,
        "engine": lambda: engine.answers(patient),
        "registry": machine.registry,
        "line-ends": lambda: folder.line_ends(root),
        "watching": lambda: folder.watching(root),
    }
    second: dict[str, Callable[[], Finding]] = {
        "permission": lambda: engine.permission(patient),
        "base-images": lambda: engine.base_images(patient),
        "platform": lambda: engine.platform(patient),
        "proxy": lambda: engine.proxy(patient),
        "disk": lambda: engine.disk(patient),
        "container-name": lambda: engine.container_name(patient),
        "leftovers": lambda: engine.leftovers(patient),
    }
    return [*_round(first), *_round(second)]


def _round(probes: dict[str, Callable[[], Finding]]) -> list[Finding]:
    """Run the probes side by side and give their findings in order, also for those that failed or are still out."""
    found: dict[str, Finding] = {}

    def run(name: str, probe: Callable[[], Finding]) -> None:
        try:
            found[name] = probe()
        except Trouble as trouble:
            found[name] = Finding(name, ok=None, what="This could not be looked at.", why=trouble.what)
        except Exception as error:  # noqa: BLE001  # one probe's bug on a strange machine must not hide the others
            found[name] = Finding(
                name, ok=None, what="This could not be looked at.", why=f"{type(error).__name__}: {error}"
            )

    # threads that may be left behind: a name server or a network drive can keep one for minutes
    threads = [threading.Thread(target=run, args=item, daemon=True) for item in probes.items()]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + ROUND_WITHIN
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    late = Finding("", ok=None, what=f"This took longer than {ROUND_WITHIN:.0f} seconds to look at.")
    return [found.get(name) or Finding(name, late.ok, late.what) for name in probes]


def share(findings: Sequence[Finding], container: str) -> str:
    """Give the block that `doctor --share` prints, to be sent to somebody who helps; `container` is a name, too."""
    from . import sharing  # only needed for this

    return sharing.block(findings, sharing.of_this_machine(container))


def as_json(findings: Sequence[Finding]) -> dict[str, object]:
    """Give the object that `doctor --json` prints."""
    rows = [asdict(one) for one in findings]
    return {"version": 1, "ok": all(one.ok is not False for one in findings), "findings": rows}
