"""A judge that can't be fooled, worn down or blamed: answers that lie, flood, hang or bring their own checks."""

from __future__ import annotations

import json
import shutil
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

import docker
import pytest

from workshop import exercises, report
from workshop.engine import cleaning
from workshop.judging import checking, lab
from workshop.judging.verdict import Outcome, Verdict

FIRST = exercises.find("exercise-1")
GOOD = "FROM nginx:mainline-alpine\nCOPY index.html style.css /usr/share/nginx/html/\n"


@pytest.fixture
def answer(tmp_path: Path, engine: docker.DockerClient, strangers: None) -> Path:
    """Give a copy of exercise-1's starter."""
    folder = tmp_path / "answer"
    shutil.copytree(FIRST.starter, folder)
    return folder


def _judged(folder: Path, dockerfile: str) -> Verdict:
    (folder / "Dockerfile").write_text(dockerfile)
    verdict = checking.judge(FIRST, folder)
    cleaning.settle()
    return verdict


def _reason(verdict: Verdict) -> str:
    finding = verdict.failed[0].finding
    assert finding
    return finding.reason


def test_checks_that_a_submission_brings_are_not_used(answer: Path) -> None:
    for name in ("check.py", "conftest.py", "workshop.py", "sitecustomize.py"):
        (answer / name).write_text('def check_all(lab):\n    """All is well."""\n    lab.note("yes")\n')
    assert _reason(_judged(answer, "FROM nginx:mainline-alpine\n")) == "welcome-page"


def test_a_flood_of_output_is_cut_and_still_explained(answer: Path) -> None:
    verdict = _judged(answer, 'FROM nginx:mainline-alpine\nCMD ["sh", "-c", "yes banana | head -c 10000000; exit 3"]\n')
    assert verdict.outcome is Outcome.FAILED
    assert _reason(verdict) in ("crashed", "nobody-listens-there")  # the log may still be on its way at the deadline
    assert len(json.dumps(verdict.as_json())) < 20_000


def test_a_flood_in_the_build_is_cut_too(answer: Path, builder: str) -> None:
    verdict = _judged(answer, "FROM busybox\nRUN yes banana | head -c 10000000; exit 3\n")
    assert _reason(verdict) == "run-step-failed"
    assert len(json.dumps(verdict.as_json())) < 20_000


def test_escapes_and_markup_in_output_are_only_text(answer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nasty = r"printf '\033[2J\033]0;owned\007[red]bold[/red] [/app]\r\n'; exit 4"
    verdict = _judged(answer, f"FROM busybox\nRUN {nasty}\n")
    report.console.cache_clear()
    report.verdict(verdict)
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "[red]bold[/red]" in shown


def test_a_container_that_answers_once_and_dies_does_not_pass(answer: Path) -> None:
    once = "head -c 1 /dev/null; nc -l -p 80 < /usr/share/nginx/answer"
    page = r"printf 'HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n' > /usr/share/nginx/answer"
    dockerfile = f"{GOOD}RUN {page} && cat /usr/share/nginx/html/index.html >> /usr/share/nginx/answer\nCMD {once}\n"
    assert _judged(answer, dockerfile).outcome is Outcome.FAILED


def test_names_with_markup_escapes_and_blanks_do_no_harm(answer: Path, tmp_path: Path) -> None:
    odd = tmp_path / "[bold]odd  näme \x1b[31m"
    shutil.move(answer, odd)
    (odd / "[red] 🍌.html").write_text("x")
    assert _judged(odd, GOOD).outcome is Outcome.PASSED


def test_a_link_out_of_the_folder_is_not_followed(answer: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.html"
    secret.write_text("<h1>secret</h1>")
    (answer / "index.html").unlink()
    (answer / "index.html").symlink_to(secret)
    verdict = _judged(answer, 'FROM nginx:mainline-alpine\nRUN echo "<h1>x</h1>" > /usr/share/nginx/html/index.html\n')
    assert verdict.outcome is Outcome.FAILED
    assert "secret" not in json.dumps([check.finding.actual for check in verdict.failed if check.finding]).replace(
        str(secret), ""
    )


def test_a_build_whose_time_goes_by_between_steps_is_no_fault_of_the_answer(
    answer: Path, builder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab, "BUILD_WITHIN", 6)
    never_cached = uuid.uuid4().hex  # what an earlier run built of it would go by at once
    steps = "".join(f"RUN sleep 1.{number} # {never_cached}\n" for number in range(8))
    verdict = _judged(answer, f"FROM busybox\n{steps}")
    assert verdict.outcome is Outcome.BROKEN
    assert verdict.exit_code == 3


def test_a_build_that_hangs_is_stopped_and_leaves_nothing(
    answer: Path,
    builder: str,
    monkeypatch: pytest.MonkeyPatch,
    wait_until: Callable[..., None],
    engine: docker.DockerClient,
) -> None:
    monkeypatch.setattr(lab, "BUILD_WITHIN", 5)
    verdict = _judged(answer, "FROM busybox\nRUN true\nRUN sleep 4343\nRUN true\n")
    assert _reason(verdict) == "build-never-ends"
    assert [one.finding.where.line for one in verdict.failed if one.finding and one.finding.where] == [3]

    def gone() -> bool:
        processes = subprocess.run(["pgrep", "-f", "^sleep 4343"], capture_output=True, check=False)
        left = [one for one in engine.api.containers(all=True) if "sleep 4343" in one["Command"]]
        return processes.returncode != 0 and not left

    wait_until(gone)


def test_a_server_that_never_answers_is_given_up_on(answer: Path) -> None:
    verdict = _judged(answer, 'FROM nginx:mainline-alpine\nENTRYPOINT []\nCMD ["sleep", "60"]\n')
    assert _reason(verdict) == "nobody-listens-there"


def test_a_learners_folder_is_only_read(answer: Path) -> None:
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in answer.iterdir()}
    (answer / "Dockerfile").write_text(GOOD)
    del before["Dockerfile"]
    checking.judge(FIRST, answer)
    cleaning.settle()
    after = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in answer.iterdir()}
    del after["Dockerfile"]
    assert after == before


def test_two_verifications_at_once_do_not_meet(answer: Path, tmp_path: Path) -> None:
    """Each has its own names, and neither takes the other's image or container away."""
    import threading

    other = tmp_path / "other"
    shutil.copytree(answer, other)
    for folder in (answer, other):
        (folder / "Dockerfile").write_text(GOOD)
    verdicts: list[Verdict] = []
    threads = [
        threading.Thread(target=lambda folder=folder: verdicts.append(checking.judge(FIRST, folder)))
        for folder in (answer, other, answer, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cleaning.settle()
    assert [verdict.outcome for verdict in verdicts] == [Outcome.PASSED] * 4, [
        verdict.as_json() for verdict in verdicts
    ]


def test_a_full_disk_is_the_machines_trouble_and_not_the_answers() -> None:
    from workshop import diagnosis
    from workshop.judging import causes

    said = "failed to solve: failed to copy files: write /data/junk: no space left on device"
    found = diagnosis.diagnose(said)
    assert found
    trouble = causes.of_this_machine(found)
    assert trouble
    assert trouble.exit_code == 3
