"""`./invoke` prepares what it needs by itself, from any folder, and hands everything over as it was typed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TASKS = """
from invoke import Exit, task

@task
def repeat(c, words, code="0"):
    print(ascii(words))
    raise Exit(code=int(code))
"""

on_unix = pytest.mark.skipif(sys.platform == "win32", reason="the launcher for sh")


def copy_to(folder: Path) -> Path:
    """Lay out a small copy of the repository: the real launcher, with fewer packages to fetch."""
    (folder / "workshop").mkdir(parents=True)
    shutil.copy2(ROOT / "invoke", folder)
    shutil.copy2(ROOT / "constraints.txt", folder)
    shutil.copy2(ROOT / "workshop" / "__init__.py", folder / "workshop")
    recipe = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    invoke = next(line for line in recipe.splitlines() if line.strip().startswith('"invoke>='))
    start, end = recipe.index("dependencies = ["), recipe.index("]\n", recipe.index("dependencies = ["))
    (folder / "pyproject.toml").write_text(
        f"{recipe[:start]}dependencies = [\n{invoke}\n{recipe[end:]}", encoding="utf-8"
    )
    shutil.copy2(ROOT / "LICENSE", folder)
    (folder / "tasks.py").write_text(TASKS, encoding="utf-8")
    return folder


def launch(copy: Path, *words: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [copy / "invoke", *words],
        capture_output=True,
        text=True,
        cwd=cwd or copy,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepare a copy whose path has spaces and whose first run was interrupted."""
    folder = copy_to(tmp_path_factory.mktemp("some learner's folder") / "docker 101")
    first = subprocess.Popen(
        [folder / "invoke", "--version"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not (folder / ".venv" / "bin").exists() and time.monotonic() < deadline and first.poll() is None:
        time.sleep(0.01)  # between two looks, under a deadline
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert (folder / ".venv").exists()
    done = launch(folder, "--version")
    if (
        done.returncode
        and "CI" not in os.environ
        and re.search(r"No matching distribution|resolution|Connection", done.stderr)
    ):
        pytest.skip("no package index in reach")
    assert "Preparing .venv" in done.stderr, "what an interrupted run left is made again"
    assert done.stdout.startswith("Invoke "), done.stderr
    return folder


@on_unix
def test_words_and_exit_codes_go_through_untouched_from_any_folder(copy: Path, tmp_path: Path) -> None:
    words = "two  spaces, * and ? and $HOME, 'single', \"double\", back\\slash, `date`, ü, ;&|"
    elsewhere = tmp_path / "an other place"
    elsewhere.mkdir()
    done = launch(copy, "repeat", "--words", words, "--code", "7", cwd=elsewhere)
    assert done.stdout.strip() == ascii(words)
    assert done.stderr == ""
    assert done.returncode == 7
    assert launch(copy, "no-such-task").returncode != 0


@on_unix
def test_ctrl_c_in_pythons_first_instants_is_no_exit_code_of_ours(copy: Path, tmp_path: Path) -> None:
    """Python itself would end with 1 there, "not yet": it can't be asked yet to do otherwise."""
    (tmp_path / "sitecustomize.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    done = launch(copy, "repeat", "--words", "x", PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")


@on_unix
def test_what_is_ready_is_not_prepared_again_until_its_recipe_changes(copy: Path) -> None:
    assert launch(copy, "--version").stderr == ""
    (copy / "constraints.txt").touch()
    done = launch(copy, "--version")
    assert "Preparing" in done.stderr
    assert done.stdout.startswith("Invoke ")
    assert launch(copy, "--version").stderr == ""


@on_unix
def test_a_changed_recipe_without_a_network_goes_on_with_what_was_there(copy: Path) -> None:
    before = (copy / "pyproject.toml").stat().st_mtime
    (copy / "pyproject.toml").touch()
    done = launch(copy, "--version", PIP_NO_INDEX="1")
    assert "Going on with the .venv that was there." in done.stderr
    assert done.stdout.startswith("Invoke ")
    os.utime(copy / "pyproject.toml", (before, before))


@on_unix
def test_a_copy_made_with_its_venv_does_not_run_the_first_ones_code(copy: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(copy, tmp_path / "moved", symlinks=True)
    done = launch(moved, "--version", PIP_NO_INDEX="1")
    assert "Preparing" in done.stderr
    assert done.returncode == 3, "its packages lead to the other copy, and without a network there are no others"


@on_unix
@pytest.mark.parametrize(
    ("refuses", "sentence"),
    [("version_info", "Python 3.10 or newer"), ("ensurepip", "apt-get install python3-venv")],
    ids=["too old", "no venv module"],
)
def test_an_unfit_python_is_named_in_one_sentence(tmp_path: Path, refuses: str, sentence: str) -> None:
    folder = copy_to(tmp_path / "copy")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "dirname", "env"):
        (programs / name).symlink_to(shutil.which(name) or "")
    script = f'#!/bin/sh\ncase "$*" in *{refuses}*) exit 1;; esac\nexec {shlex.quote(sys.executable)} "$@"\n'
    (programs / "python3").write_text(script)
    (programs / "python3").chmod(0o755)
    done = launch(folder, "--version", PATH=str(programs))
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 3
    assert not (folder / ".venv").exists()


def test_the_windows_launcher_is_the_sh_ones_twin() -> None:
    windows = (ROOT / "invoke.cmd").read_bytes()
    assert windows.count(b"\r\n") == windows.count(b"\n"), "cmd.exe loses its labels in files with Unix line ends"
    there, here = windows.decode("ascii"), (ROOT / "invoke").read_text(encoding="ascii")
    for shared in ("pyproject.toml", "constraints.txt", ".venv", "ready", "--search-root", "(3, 10)"):
        assert shared in there
        assert shared in here
    for option in re.findall(r"pip install (.*)--constraint", here):
        assert f"pip install {option}--constraint" in there
    assert "invoke.cmd text eol=crlf" in (ROOT / ".gitattributes").read_text(encoding="utf-8")
