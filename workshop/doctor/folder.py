"""Looks at the checkout: line ends that break scripts in images, and folders in which saving is not noticed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from workshop.engine.machine import this_machine

from .finding import Finding

GIT_WITHIN = 2
"""Seconds for git."""
GOES_INTO_IMAGES = ("docker-101", "exercises", "solutions")
"""The folders whose files end up in images."""
SHOWN = 3
"""Names that are listed before "and so on"."""

BLIND = {"9p", "drvfs", "v9fs", "cifs", "smb3", "smbfs", "nfs", "nfs4", "vboxsf", "vmhgfs", "prl_fs", "afpfs", "webdav"}
"""File systems that don't tell when the other side changes a file; all FUSE ones count too (see `is_blind`)."""


def line_ends(root: Path) -> Finding:
    r"""Look for files that have Windows line ends here and Unix ones in the repository.

    Compared with what git has, so that an exercise about line ends may keep its own.
    """
    name = "line-ends"
    if shutil.which("git") is None or not (root / ".git").exists():
        return Finding(name, ok=None, what="Not a git checkout, or no git here; line ends were not compared.")
    setting = _git(root, "config", "core.autocrlf").strip()
    rows = [line.split("\t", 1) for line in _git(root, "ls-files", "--eol", *GOES_INTO_IMAGES).splitlines()]
    wrong = [path for marks, path in rows if marks.startswith("i/lf") and ("w/crlf" in marks or "w/mixed" in marks)]
    if not wrong:
        note = "core.autocrlf is true; .gitattributes keeps it from doing harm." if setting == "true" else ""
        return Finding(name, ok=True, what="Line ends are as they should be.", why=note)
    shown = ", ".join(wrong[:SHOWN]) + (" and so on" if len(wrong) > SHOWN else "")
    return Finding(
        name,
        ok=False,
        what=f"Windows line ends in {shown}.",
        why='A script that starts with "#!/bin/sh\\r" fails in a container with "no such file or directory". '
        + (f"core.autocrlf is {setting}." if setting else "An editor may have written them."),
        fix=["git config core.autocrlf input", "In your editor, switch the file's line ends from CRLF to LF and save."],
    )


def watching(root: Path) -> Finding:
    """Look whether this folder tells when a file in it is saved, or one must look again and again."""
    kind = file_system(root)
    if kind is None:
        return Finding("watching", ok=None, what="Nobody could tell what kind of drive this folder is on.")
    if not is_blind(kind):
        return Finding("watching", ok=True, what=f"Saving a file is noticed at once ({kind}).")
    if this_machine().system == "wsl":
        move = "Clone the repository inside WSL, such as under ~, and open it from there."
        why = "This folder is on the Windows side; WSL hears nothing of changes there, and builds from it are slow."
    else:
        move = "Clone the repository to a local drive."
        why = f"This folder is on a {kind} drive, which does not tell when files change."
    return Finding(
        "watching", ok=False, what="`invoke watch` must look at the files again and again here.", why=why, fix=[move]
    )


def _git(root: Path, *words: str) -> str:
    try:
        return subprocess.run(
            ["git", "-C", str(root), *words],
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=GIT_WITHIN,
            check=False,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def is_blind(kind: str) -> bool:
    """Whether a file system of this kind may not tell when a file changes."""
    return kind in BLIND or (kind.startswith("fuse") and kind != "fuseblk")


def file_system(root: Path) -> str | None:
    """Name the file system of a folder; None where it can't be told."""
    if sys.platform == "win32":
        return _windows_drive(root)
    if sys.platform == "darwin":
        mounts = subprocess.run(["/sbin/mount"], capture_output=True, text=True, timeout=GIT_WITHIN, check=False).stdout
        found = [line.split(" on ", 1)[1].rsplit(" (", 1) for line in mounts.splitlines() if " on " in line]
        return _longest(root, [(place, marks.split(",")[0].strip(")")) for place, marks in found])
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    fields = [line.split() for line in lines]
    return _longest(root, [(row[1].replace("\\040", " "), row[2]) for row in fields if len(row) > 2])  # noqa: PLR2004  # device, place, kind


def _longest(root: Path, mounts: list[tuple[str, str]]) -> str | None:
    """Choose the kind of the mount that is nearest above the folder; of two at one place, the later."""
    best: tuple[int, str] | None = None
    for place, kind in mounts:
        if root.resolve().is_relative_to(place) and (best is None or len(place) >= best[0]):
            best = (len(place), kind)
    return best[1] if best else None


def _windows_drive(root: Path) -> str | None:
    if sys.platform != "win32":
        return None
    drive = root.resolve().drive
    if drive.startswith("\\\\"):
        return "9p" if "wsl" in drive.lower() else "cifs"
    import ctypes

    remote = 4  # DRIVE_REMOTE of GetDriveTypeW
    return "cifs" if ctypes.windll.kernel32.GetDriveTypeW(f"{drive}\\") == remote else "local drive"
