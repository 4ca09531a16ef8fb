"""Record what the real engine and both builders say about each mistake: `python -m tests.record [CASE…]`.

The cases are those of `tests/mistakes.py`; what was said goes to `tests/recordings/CASE/`: `buildkit.txt` and
`classic.txt` for builds, `client.txt` and `old-client.txt` for the rest. Names that a machine gives (folders, ids,
times) are scrubbed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mistakes import CASES, NAME, Case

HERE = Path(__file__).parent / "recordings"
TIMEOUT = 90
"""Seconds that one command may take; the slowest waits for a registry's name to not resolve."""


def lay(case: Case, folder: Path) -> None:
    """Write the files of a case."""
    for name, content in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.mkdir()
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    for name, target in case.links.items():
        (folder / name).symlink_to(target)


def clients() -> dict[str, tuple[str, dict[str, str]]]:
    """Find the two clients of this machine, by what they are used for: the program and its environment."""
    new = shutil.which("docker") or "docker"
    old = "/usr/bin/docker" if Path("/usr/bin/docker").exists() else new
    return {
        "classic": (new, {"DOCKER_BUILDKIT": "0"}),
        "buildkit": (old, {"DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain"}),
        "client": (new, {"DOCKER_BUILDKIT": "0"}),
        "old-client": (old, {"DOCKER_BUILDKIT": "0"}),
    }


def say(words: str, folder: Path, client: tuple[str, dict[str, str]]) -> subprocess.CompletedProcess[str]:
    """Run `docker WORDS` in a folder."""
    import shlex

    program, environment = client
    if words.startswith("build "):
        words = f"build --force-rm {words[6:]}"  # the older builder leaves the container of a step that failed
    return subprocess.run(
        [program, *shlex.split(words)],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=TIMEOUT,
        check=False,
    )


def record(case: Case, kind: str) -> tuple[str, int]:
    """Provoke one mistake once; give what was said, scrubbed, and the exit code."""
    client = clients()[kind]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        lay(case, folder)
        try:
            for words in case.before:
                say(words, folder, client)
            done = say(case.command, folder, client)
        finally:
            say(f"rm -f {NAME}", folder, client)
            say(f"rmi -f {NAME}", folder, client)
        return scrub(done.stdout, folder), done.returncode


def scrub(text: str, folder: Path) -> str:
    """Take out what differs from machine to machine and from run to run."""
    text = text.replace("\0", "").replace(str(folder.resolve()), "/class").replace(str(folder), "/class")
    text = re.sub(r"(/var/lib/docker/tmp/[a-z-]+)\d+", r"\g<1>0", text)
    text = re.sub(r"\b[0-9a-f]{64}\b", "0" * 64, text)
    text = re.sub(r"\b(?=[0-9a-f]*[0-9])[0-9a-f]{12}\b", "0" * 12, text)
    text = re.sub(r"\b[a-z0-9]{25}\b", "ref", text)
    text = re.sub(r"(lookup \S+) on \S+:53", r"\1 on 192.0.2.53:53", text)
    text = re.sub(r"on \[?[0-9a-f.:]+\]?:53", "on 192.0.2.53:53", text)
    text = re.sub(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d", "2026/01/01 00:00:00", text)
    return re.sub(r"\b\d+\.\d+s\b|(?m:^(#\d+) \d+\.\d+ )", lambda m: f"{m[1]} 0.1 " if m[1] else "0.1s", text)


def main(wanted: list[str]) -> None:
    """Record the wanted cases, or all."""
    for case in CASES:
        if wanted and not {case.name, case.reason} & set(wanted):
            continue
        for kind in ("buildkit", "classic") if case.builds else ("client", "old-client"):
            text, code = record(case, kind)
            silent = kind in case.silent
            note = "" if (code != 0) != silent else f"  <- exit {code}, though silent={case.silent}"
            print(f"{case.name}/{kind}: {len(text)} characters{note}", flush=True)
            target = HERE / case.name / f"{kind}.txt"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
