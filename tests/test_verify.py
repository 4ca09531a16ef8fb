"""`invoke verify`: its outcomes, exit codes and forms, and what it leaves behind."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import docker
import pytest

from tests.conftest import Checkout
from tests.cutting_proxy import CuttingProxy
from workshop import Lab, exercises
from workshop.engine import labels
from workshop.engine.containers import Container, Plan
from workshop.judging import causes
from workshop.trouble import MachineTrouble

KEPT = "banana-smith-exercise-1"
"""The one image that stays: the learner's own, to look into."""
FIELDS = {
    "id",
    "title",
    "outcome",
    "reason",
    "seconds",
    "expected",
    "actual",
    "why",
    "try",
    "look",
    "waits_for",
    "where",
}


def _solve(checkout: Checkout) -> None:
    for name in ("Dockerfile", "index.html", "style.css"):
        shutil.copy(checkout.root / "solutions" / "exercise-1" / name, checkout.root / "exercises" / "exercise-1")


def test_the_starter_fails_with_its_reason_and_the_solution_passes(checkout: Checkout, builder: str) -> None:
    red = checkout.invoke("verify", "exercise-1")
    assert red.returncode == 1
    assert "attempt" not in red.stdout, "the starter as it was given is no attempt"
    assert "exercises/exercise-1/Dockerfile:1" in red.stdout
    assert "1 | FROM nginx:mainline-alpine" in red.stdout
    _solve(checkout)
    green = checkout.invoke("verify", "exercise-1")
    assert green.returncode == 0, green.stdout
    assert "attempt 1" in green.stdout
    assert "passed\n" in checkout.invoke("exercises").stdout
    (checkout.root / "exercises" / "exercise-1" / "Dockerfile").write_text("FROM nginx:mainline-alpine\n")
    assert "passed, changed since\n" in checkout.invoke("exercises").stdout


def test_the_commands_a_verdict_shows_do_show_the_evidence(checkout: Checkout) -> None:
    """The learner's own image is kept under its name, so that `look` works."""
    red = json.loads(checkout.invoke("verify", "exercise-1", "--json").stdout)
    look = next(check["look"] for check in red["checks"] if check["look"])
    assert "index.html" in checkout.docker(*look.split()[1:])


def test_who_looks_asks_as_the_task_of_exercise_2_does(checkout: Checkout, wait_until: Callable[..., None]) -> None:
    red = json.loads(checkout.invoke("verify", "exercise-2", "--json").stdout)
    look = next(check["look"] for check in red["checks"] if check["look"])
    mine = f"test-look-{os.getpid()}"
    start, ask, remove = ([mine if word == "look" else word for word in line.split()] for line in look.splitlines())
    assert " ".join(ask[3:]) in (checkout.root / "exercises" / "exercise-2" / "README.md").read_text("utf-8")
    subprocess.run(start, check=True, capture_output=True)
    try:
        wait_until(lambda: b"\nContent-Type: " in subprocess.run(ask, check=False, capture_output=True).stdout)
    finally:
        subprocess.run(remove, check=True, capture_output=True)


def test_json_is_one_object_and_nothing_else(checkout: Checkout) -> None:
    done = checkout.invoke("verify", "exercise-1", "--json")
    verdict = json.loads(done.stdout)
    assert done.returncode == 1
    assert (verdict["version"], verdict["exercise"], verdict["outcome"]) == (1, "exercise-1", "failed")
    assert all(check.keys() >= FIELDS for check in verdict["checks"])
    outcomes = [check["outcome"] for check in verdict["checks"]]
    assert outcomes.count("failed") == 1
    failed = verdict["checks"][outcomes.index("failed")]
    assert failed["reason"] == "welcome-page"
    assert failed["where"] == {
        "file": "exercises/exercise-1/Dockerfile",
        "line": 1,
        "text": "FROM nginx:mainline-alpine",
    }
    assert all(check["waits_for"] for check in verdict["checks"] if check["outcome"] == "skipped")


def test_junit_counts_what_failed_and_what_waited(checkout: Checkout, tmp_path: Path) -> None:
    file = tmp_path / "reports" / "verdict.xml"
    assert checkout.invoke("verify", "exercise-1", "--junit", str(file)).returncode == 1
    suite = ElementTree.parse(file).getroot()[0]  # noqa: S314 - written by the task a moment ago
    assert suite.get("failures") == "1"
    assert int(suite.get("skipped", "0")) == len(list(suite.iter("skipped")))
    assert next(suite.iter("failure")).get("type") == "welcome-page"


def test_another_folder_is_judged_and_counts_no_attempt(checkout: Checkout, tmp_path: Path) -> None:
    answer = tmp_path / "an answer"
    shutil.copytree(checkout.root / "solutions" / "exercise-1" / "starter", answer)
    shutil.copy(checkout.root / "solutions" / "exercise-1" / "Dockerfile", answer)
    done = checkout.invoke("verify", "exercise-1", "--path", str(answer))
    assert done.returncode == 0, done.stdout
    assert "attempt" not in done.stdout
    assert "not begun" in checkout.invoke("exercises").stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["exercise-99"], "There is no exercise called 'exercise-99'"),
        (["docker-101"], "'docker-101'.\ndocker-101 is the lesson; nothing judges it. The exercises are exercise-1"),
        (["excersise-1"], "Did you mean exercise-1?"),
        (["exercise-1", "--path", "no/such/folder"], "is not there"),
        (["exercise-1", "--path", "no/such/folder"], "try  --path FOLDER; without it, your own folder is judged"),
        (["exercise-1", "--path", "tasks.py"], "is a file"),
        (["exercise-1", "--path", "docker-101/Dockerfile"], "try  --path docker-101"),
        (["all", "--path", "docker-101"], "--path goes with one exercise"),
    ],
)
def test_wrong_words_are_answered_with_the_right_ones(checkout: Checkout, words: list[str], says: str) -> None:
    done = checkout.invoke("verify", *words)
    assert done.returncode == 2
    assert says in done.stderr
    assert not done.stdout


def test_a_folder_without_a_dockerfile_is_not_there_yet(checkout: Checkout, tmp_path: Path) -> None:
    done = checkout.invoke("verify", "exercise-1", "--path", str(tmp_path), "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["checks"][0]["reason"] == "dockerfile-missing"


def test_nothing_is_left_behind(checkout: Checkout, wait_until: Callable[..., None]) -> None:
    checkout.invoke("verify", "exercise-1")
    wait_until(lambda: not checkout.containers())
    mine = f"label={labels.CHECKOUT}={labels.checkout_id(checkout.root)}"
    wait_until(lambda: checkout.docker("images", "-f", mine, "--format", "{{.Repository}}").split() == [KEPT])


def test_a_check_that_raises_is_our_bug_and_not_the_learners(checkout: Checkout) -> None:
    check = checkout.root / "solutions" / "exercise-1" / "check.py"
    check.write_text(check.read_text().replace("    image = lab.build()\n", "    image = lab.biuld()\n"))
    done = checkout.invoke("verify", "exercise-1")
    assert done.returncode == 4
    assert "bug of ours" in done.stdout
    assert "not begun" in checkout.invoke("exercises").stdout, "it does not count as an attempt"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("STARTER = 'x'\n", "has no checks"),
        ("def check_x(lab):\n    pass\n", "has no docstring"),
        ('def check_x(lab):\n    """It is fine."""\n', "asks nothing"),
        ("import no_such_module\n", "can't be loaded"),
    ],
)
def test_a_check_file_that_would_pass_everything_is_broken(checkout: Checkout, source: str, says: str) -> None:
    (checkout.root / "solutions" / "exercise-1" / "check.py").write_text(source)
    done = checkout.invoke("verify", "exercise-1")
    assert done.returncode == 4
    assert says in done.stdout + done.stderr


def test_an_incomplete_exercise_is_named_with_what_it_lacks(checkout: Checkout) -> None:
    (checkout.root / "solutions" / "exercise-1" / "hints.md").unlink()
    done = checkout.invoke("verify", "exercise-1")
    assert done.returncode == 4
    assert "solutions/exercise-1/hints.md" in done.stderr


def test_no_engine_is_the_machines_trouble(checkout: Checkout) -> None:
    checkout.env["DOCKER_HOST"] = "unix:///no/such/engine.sock"
    done = checkout.invoke("verify", "exercise-1")
    assert done.returncode == 3
    assert "BROKEN" in done.stdout
    del checkout.env["DOCKER_HOST"]
    assert "not begun" in checkout.invoke("exercises").stdout


@pytest.mark.parametrize("when", ["/build", "/start"])
def test_an_engine_that_dies_in_the_middle_is_the_machines_trouble(
    checkout: Checkout, tmp_path: Path, when: str
) -> None:
    with CuttingProxy(tmp_path / "engine.sock", cut_at=when.encode()) as proxy:
        checkout.env["DOCKER_HOST"] = proxy.url
        done = checkout.invoke("verify", "exercise-1")
        del checkout.env["DOCKER_HOST"]
    assert proxy.was_cut
    assert done.returncode == 3, done.stdout
    assert "FAIL" not in done.stdout


@pytest.mark.parametrize("task", [("build",), ("verify", "exercise-1")])
def test_ctrl_c_stops_a_build_that_hangs_and_leaves_nothing(
    checkout: Checkout, task: tuple[str, ...], builder: str, wait_until: Callable[..., None]
) -> None:
    mark = f"sleep 31{os.getpid() % 1000:03}"
    for folder in ("docker-101", "exercises/exercise-1"):
        (checkout.root / folder / "Dockerfile").write_text(f"FROM busybox\nRUN {mark}\n")
    process = subprocess.Popen(
        [sys.executable, Path(sys.executable).with_name("invoke"), "--search-root", checkout.root, *task],
        cwd=checkout.root,
        env={**os.environ, **checkout.env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )

    def hangs() -> bool:
        return subprocess.run(["pgrep", "-f", f"^{mark}"], capture_output=True, check=False).returncode == 0

    try:
        wait_until(hangs)
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130, said
    assert "Traceback" not in said[1]
    assert ("Stopped: nothing was judged.\n" in said[1]) == (task[0] == "verify")
    wait_until(lambda: not hangs())
    assert not checkout.containers()


def test_the_leftovers_of_a_killed_run_go_at_the_next(checkout: Checkout, wait_until: Callable[..., None]) -> None:
    """Those of a run that still goes on stay."""
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    here = labels.checkout_id(checkout.root)
    built = f"--label={labels.CHECKOUT}={here}"
    tags = []
    for process in (gone.stdout.strip(), str(os.getpid())):
        tags.append(f"{labels.LAB_IMAGES}:exercise-1-{here}_{process}-0")
        checkout.docker(
            "create", "--label", f"{labels.STARTED}={here}", "--label", f"{labels.LAB}={process}", "busybox"
        )
        context = checkout.root / process
        context.mkdir()
        (context / "Dockerfile").write_text(f"FROM busybox\nCMD {process}\n")
        checkout.docker("build", "-q", built, "-t", tags[-1], str(context))

    def left(tag: str) -> bool:
        return checkout.docker("images", "-q", tag) != ""

    checkout.invoke("verify", "exercise-1")
    wait_until(lambda: len(checkout.containers()) == 1 and not left(tags[0]))
    assert left(tags[1])
    checkout.docker("rm", *checkout.containers())
    checkout.docker("rmi", tags[1])


def test_a_container_takes_another_port_where_another_program_has_the_one_that_the_engine_chose(
    engine: docker.DockerClient,
) -> None:
    first, second = (Container.create(Plan("busybox", command=["sleep", "60"]), ["80/tcp"]) for _ in "12")
    taken = []
    try:
        first.start()
        port = first.published()["80/tcp"]
        for other in range(port + 1, port + 15):  # an engine tries ten of them by itself
            with contextlib.suppress(OSError):
                taken.append(socket.create_server(("127.0.0.1", other)))
        second.start()
        assert second.published()["80/tcp"] not in [one.getsockname()[1] for one in taken]
    finally:
        for one in taken:
            one.close()
        for container in (first, second):
            engine.containers.get(container.id).remove(force=True)


@pytest.mark.parametrize(
    "says",
    [
        "driver failed programming external connectivity on endpoint x (0a): (iptables failed: no chain)",
        "failed to set up container networking: no free address",
        "driver failed programming external connectivity on endpoint x (0a): Bind for 127.0.0.1:48123 failed: "
        "port is already allocated",
    ],
)
def test_a_network_that_the_engine_can_not_set_up_is_no_fault_of_the_answer(says: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM busybox\n", "utf-8")
    lab = Lab(exercises.find("exercise-1"), tmp_path)
    with pytest.raises(MachineTrouble):
        causes.not_started(lab, lab.image("busybox"), says)
