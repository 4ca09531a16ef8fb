"""No traceback reaches anybody, whatever became of a task's input and output, and the exit code stays true."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import pytest

from workshop.engine import cleaning
from workshop.engine.containers import Container, Plan

if TYPE_CHECKING:
    from .conftest import Checkout

ROOT = Path(__file__).resolve().parent.parent
INVOKE = [sys.executable, str(Path(sys.executable).with_name("invoke"))]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its shell can't close a stream")
full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")


def _in_shell(line: str, *words: str, copy: Checkout | None = None) -> subprocess.CompletedProcess[str]:
    """Run invoke as "$@" in a line of shell; a pipe's exit code is that of its last command that failed."""
    root, env = (copy.root, copy.env) if copy else (ROOT, {})
    shell = ["bash", "-c", f"set -o pipefail; {line}", "-", *INVOKE, "--search-root", str(root), *words]
    everything = {**os.environ, **env}
    return subprocess.run(shell, capture_output=True, text=True, cwd=root, env=everything, timeout=120, check=False)


@pytest.mark.parametrize(
    ("line", "words", "code"),
    [
        ('"$@" | true', ["--list"], 0),
        ('"$@" | true', ["--help", "build"], 0),
        ('"$@" | true', ["exercises"], 0),
        ('"$@" >&-', ["--list"], 0),
        ('"$@" >&-', ["exercises"], 0),
        ('"$@" <&- >&- 2>&-', ["explain", "exercise-3"], 0),
        ('"$@" 2>&-', ["no-such-task"], 2),
        ('"$@" <&-', ["explain", "--error", "-"], 2),
        pytest.param('"$@" >/dev/full', ["--list"], 3, marks=full),
        pytest.param('"$@" >/dev/full', ["lesson"], 3, marks=full),
    ],
)
def test_closed_and_full_streams_are_nobodys_traceback(line: str, words: list[str], code: int) -> None:
    done = _in_shell(line, *words)
    assert (done.returncode, "Traceback" in done.stderr, "ignored" in done.stderr) == (code, False, False), done.stderr


def test_a_verdict_that_nobody_reads_is_no_pass(checkout: Checkout) -> None:
    report = checkout.root / "verdict.xml"
    done = _in_shell('"$@" | true', "verify", "exercise-1", "--junit", str(report), copy=checkout)
    assert (done.returncode, done.stderr) == (1, "")
    assert "<failure" in report.read_text("utf-8")


def test_a_build_that_nobody_reads_is_built_all_the_same(checkout: Checkout) -> None:
    """It prints more than a pipe holds: a builder that is not listened to would stand still."""
    (checkout.root / "docker-101" / "Dockerfile").write_text("FROM busybox\nRUN yes banana | head -c 300000\n")
    done = _in_shell('"$@" | head -n 1', "build", copy=checkout)
    assert (done.returncode, done.stderr) == (0, "")
    assert checkout.docker("images", "-q", checkout.env["INVOKE_WORKSHOP_IMAGE"]).strip()


@pytest.mark.parametrize("tries", range(4))
def test_ctrl_c_while_the_tasks_are_loaded_is_no_traceback(tries: int) -> None:
    """At four moments of a start, before and after the workshop's own code runs."""
    ready = "import _signal, os, runpy, sys; at = int(sys.argv.pop(1)); n = 0\ndef stop(event, args):\n global n\n"
    ready += " n += event == 'import'\n if n == at: n += 1; os.kill(os.getpid(), _signal.SIGINT)\n"
    launcher = (ROOT / "invoke").read_text("utf-8").split("-c '")[-1].split("' --search-root")[0]
    code = launcher.replace("import sys\n", f"import sys\n{ready}sys.addaudithook(stop)\n", 1)
    words = [sys.executable, "-c", code, str((3, 30, 60, 90)[tries]), "--search-root", str(ROOT), "--list"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode in (130, -signal.SIGINT), done.stderr.replace("\nStopped.\n", "")) == (True, "")


_AT_ONCE = """
import os, re, signal, sys
from invoke.main import program
from invoke.program import Program
def stop(*_): os.kill(os.getpid(), signal.SIGINT)
execute, parse = Program.execute, Program.parse_tasks
WHEN
sys.argv[0] = "invoke"
program.run()
"""
_MOMENTS = {
    "while the tasks are loaded": "sys.addaudithook(lambda event, args: (event, *args[:1]) == ('import', "
    "'machine_tasks') and stop())",
    "before a task begins": "Program.parse_tasks = stop",
    "after a task has ended": "Program.execute = lambda self: (execute(self), stop())",
    "twice while it is told": "from workshop import report; report.exercises = stop; "
    "from workshop import ending; told = ending.told; ending.told = lambda error: (stop(), told(error))",
}


@pytest.mark.parametrize("moment", _MOMENTS)
def test_invoke_makes_no_not_yet_of_ctrl_c(moment: str) -> None:
    """Invoke ends with exit code 1 on a KeyboardInterrupt that reaches it."""
    words = [sys.executable, "-c", _AT_ONCE.replace("WHEN", _MOMENTS[moment]), "--search-root", str(ROOT), "exercises"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (130, "\nStopped.\n")


def test_a_container_whose_making_was_stopped_halfway_goes(
    engine: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine makes it although nobody waits for its answer any more."""
    make = docker.APIClient.create_container_from_config

    def made_but_never_told(*args: object, **kwargs: object) -> None:
        make(*args, **kwargs)  # type: ignore[arg-type, no-untyped-call]
        raise KeyboardInterrupt

    name = f"docker-101-halfway-{os.getpid()}"
    monkeypatch.setattr(docker.APIClient, "create_container_from_config", made_but_never_told)
    with pytest.raises(KeyboardInterrupt):
        Container.create(Plan("busybox", name=name), [])
    cleaning.settle()
    assert not engine.api.containers(all=True, filters={"name": name})


def test_what_stops_the_loading_of_the_tasks_is_told_as_everywhere() -> None:
    stops = "import os, signal; from workshop import ending; ending.make_sure(); "
    for breaks, code in (("raise KeyboardInterrupt", 130), ("raise OSError(28, 'full')", 3), ("1 / 0", 4)):
        words = [sys.executable, "-c", stops + breaks]
        done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, env=os.environ, check=False)
        assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
