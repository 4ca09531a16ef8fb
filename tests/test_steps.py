"""The lesson's tasks, run as a learner runs them, on the real engine."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Checkout
from workshop import demo


def _image(checkout: Checkout) -> str:
    return checkout.env["INVOKE_WORKSHOP_IMAGE"]


def _container(checkout: Checkout) -> str:
    return checkout.env["INVOKE_WORKSHOP_CONTAINER"]


def _started(checkout: Checkout) -> str:
    """Build and run the lesson's image, and give the address of its page."""
    assert checkout.invoke("build").returncode == 0
    assert checkout.invoke("run").returncode == 0
    return checkout.invoke("port").stdout.strip()


def _page(address: str) -> str:
    with urllib.request.urlopen(f"http://{address}/", timeout=5) as answer:
        return str(answer.read().decode())


def test_the_lesson_from_build_to_the_page(checkout: Checkout, builder: str, wait_until: Callable[..., None]) -> None:
    name = _image(checkout)
    built = checkout.invoke("build")
    assert built.returncode == 0, built.stderr
    assert f"$ docker build -t {name} docker-101" in built.stdout
    assert f"+ image {name} " in built.stdout
    assert "all of them nginx:mainline-alpine's" in built.stdout
    assert ("Successfully built" in built.stdout) == (builder == "classic"), "the builder's own progress is shown"
    assert f"{name}:latest" in checkout.invoke("images").stdout
    ran = checkout.invoke("run")
    assert f"$ docker run -d -P --name {_container(checkout)} {name}" in ran.stdout
    address = checkout.invoke("port").stdout.strip()
    assert f"port 80 answers at http://{address}\n" in ran.stdout
    wait_until(lambda: "Welcome to nginx!" in _page(address))
    assert '"GET / ' in checkout.invoke("logs").stdout
    stopped = checkout.invoke("stop")
    assert "no longer runs (exit code 0)" in stopped.stdout


def test_what_is_shown_is_what_docker_does(checkout: Checkout) -> None:
    """Pasting the command that `build` shows builds the very same layers."""
    shown = checkout.invoke("--dry", "build").stdout.strip()
    assert shown == f"$ docker build -t {_image(checkout)} docker-101"
    checkout.docker(*shown.split()[2:])
    by_hand = json.loads(checkout.docker("image", "inspect", _image(checkout)))[0]["RootFS"]["Layers"]
    checkout.docker("rmi", _image(checkout))
    checkout.invoke("build")
    by_task = json.loads(checkout.docker("image", "inspect", _image(checkout)))[0]["RootFS"]["Layers"]
    assert by_task == by_hand


def test_dry_runs_change_nothing(checkout: Checkout) -> None:
    for task in ("images", "build", "run", "port", "open", "logs", "stop"):
        done = checkout.invoke("--dry", task)
        assert done.returncode == 0
        assert done.stdout.startswith("$ docker ")
        assert len(done.stdout.splitlines()) == 1
    assert not checkout.containers()
    assert not checkout.docker("images", "-q", _image(checkout))


def test_a_second_build_says_that_nothing_changed_and_a_changed_one_what_did(checkout: Checkout) -> None:
    checkout.invoke("build")
    assert "= image" in checkout.invoke("build").stdout
    page = checkout.root / "docker-101" / "Dockerfile"
    page.write_text(page.read_text() + "COPY index.html /usr/share/nginx/html/\n")
    changed = checkout.invoke("build").stdout
    assert "8 of them nginx:mainline-alpine's" in changed or "of them nginx:mainline-alpine's" in changed
    assert "of its own" in changed
    assert "before; containers made from that still run it" in changed


def test_run_leaves_a_container_of_this_image_and_replaces_one_of_an_older(checkout: Checkout) -> None:
    _started(checkout)
    assert "already runs this image" in checkout.invoke("run").stdout
    dockerfile = checkout.root / "docker-101" / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text() + "ENV NEW=1\n")
    checkout.invoke("build")
    replaced = checkout.invoke("run").stdout
    assert "(an older image)" in replaced
    checkout.invoke("stop")
    assert "has stopped" in checkout.invoke("run").stdout


def test_run_refuses_a_strangers_name_and_leaves_it_alone(checkout: Checkout) -> None:
    checkout.invoke("build")
    name = _container(checkout)
    made = checkout.docker("create", "--name", name, "busybox", "true").strip()
    try:
        refused = checkout.invoke("run")
        assert refused.returncode == 2
        assert "busybox" in refused.stderr
        assert "stopped" in refused.stderr
        assert f"docker rm -f {name}" in refused.stderr
        assert "--container" in refused.stderr
        assert checkout.docker("ps", "-aq", "--no-trunc", "-f", f"name=^{name}$").strip() == made
    finally:
        checkout.docker("rm", "-f", name)


def test_port_says_what_is_missing_each_in_its_own_sentence(checkout: Checkout) -> None:
    nothing = checkout.invoke("port")
    assert nothing.returncode == 1
    assert "There is no container" in nothing.stderr
    _started(checkout)
    checkout.invoke("stop")
    stopped = checkout.invoke("port")
    assert stopped.returncode == 1
    assert "is stopped" in stopped.stderr
    name = _container(checkout)
    checkout.docker("rm", "-f", name)
    checkout.docker("run", "-d", "--init", "--name", name, "busybox", "sleep", "60")
    try:
        exposes_nothing = checkout.invoke("port")
        assert exposes_nothing.returncode == 1
        assert "publishes no port" in exposes_nothing.stderr
    finally:
        checkout.docker("rm", "-f", name)


def test_a_stopped_container_comes_back_by_what_is_recommended(checkout: Checkout) -> None:
    name = _container(checkout)
    by_hand = ["run", "-d", "-P", "--init", "--name", name]
    checkout.invoke("build")
    try:
        checkout.docker(*by_hand, _image(checkout))
        time.sleep(2.1)  # one that was up for less counts as one that ended by itself
        checkout.invoke("stop")
        stopped = checkout.invoke("open")
        assert "invoke run" not in stopped.stderr
        assert f"docker start {name} " in stopped.stderr
        checkout.docker("start", name)
        assert checkout.invoke("port").returncode == 0
        checkout.docker("rm", "-f", name)
        checkout.docker(*by_hand, "busybox", "false")
        checkout.docker("wait", name)
        ended = checkout.invoke("open")
        assert "It ended by itself, right after its start, with exit code 1." in ended.stderr
        assert [line for line in ended.stderr.splitlines() if line.startswith(("try", "or"))] == [
            "try  invoke logs   (what it printed)"
        ]
    finally:
        checkout.docker("rm", "-f", name)


def test_port_gives_only_the_address_when_piped(checkout: Checkout) -> None:
    address = _started(checkout)
    host, _, port = address.partition(":")
    assert host == "127.0.0.1"
    assert port.isdigit()


def test_a_log_comes_out_as_it_was_written(checkout: Checkout, wait_until: Callable[..., None]) -> None:
    pytest.importorskip("termios", reason="needs a terminal of the Unix kind")
    from tests.terminal import Terminal

    address = _started(checkout)
    wait_until(lambda: "Welcome to nginx!" in _page(address))
    log = next(line for line in checkout.docker("logs", _container(checkout)).splitlines() if '"GET / ' in line)
    words = [sys.executable, str(Path(sys.executable).with_name("invoke")), "--search-root", str(checkout.root), "logs"]
    with Terminal(words, columns=40, cwd=checkout.root, env=checkout.env) as terminal:
        code, shown = terminal.all()
    assert code == 0
    assert f"\n{log}\n" in shown


def test_the_browser_sees_the_learners_heading(checkout: Checkout) -> None:
    if demo.browser() is None:
        pytest.skip("no Chromium on this machine")
    lesson = checkout.root / "docker-101"
    page = lesson / "index.html"
    page.write_text(page.read_text("utf-8").replace("<h1>Banana Smith</h1>", "<h1>Grace Smith was here</h1>"))
    (lesson / "Dockerfile").write_text("FROM nginx:mainline-alpine\nCOPY index.html style.css /usr/share/nginx/html/\n")
    seen = demo.rendered(f"http://{_started(checkout)}/")
    assert seen is not None
    assert "Grace Smith was here" in seen


def test_a_shell_looks_into_the_image_and_leaves_nothing(checkout: Checkout) -> None:
    checkout.invoke("build")
    looked = checkout.invoke("shell", typed="ls /usr/share/nginx/html\nexit 7\n")
    assert looked.returncode == 0, looked.stderr
    assert "docker run -i --rm" in looked.stdout
    assert "index.html" in looked.stdout
    assert not checkout.containers()
    identifier = checkout.docker("images", "-q", "busybox").strip()[:6]
    assert "in busybox" in checkout.invoke("shell", "--image", identifier, typed="echo in busybox\n").stdout


def test_cleanup_removes_the_workshops_things_and_only_those(checkout: Checkout) -> None:
    _started(checkout)
    name = _container(checkout)
    asked = checkout.invoke("cleanup")
    assert name in asked.stdout
    assert "Add --yes" in asked.stdout
    assert checkout.docker("ps", "-aq", "-f", f"name=^{name}$"), "without --yes and a terminal nothing goes"
    assert f"- container {name}" in checkout.invoke("cleanup", "--yes").stdout
    assert not checkout.docker("ps", "-aq", "-f", f"name=^{name}$")
    assert checkout.docker("images", "-q", _image(checkout)), "the image stays without --all"
    assert "has no containers. Its image: invoke cleanup --all\n" in checkout.invoke("cleanup").stdout
    assert f"- image {_image(checkout)}" in checkout.invoke("cleanup", "--all", "--yes").stdout
    assert not checkout.docker("images", "-q", _image(checkout))
    assert "Nothing to clean up" in checkout.invoke("cleanup", "--all", "--yes").stdout


def test_a_container_that_ends_at_once_is_told_as_such(checkout: Checkout) -> None:
    (checkout.root / "docker-101" / "Dockerfile").write_text('FROM nginx:mainline-alpine\nCMD ["nginx"]\n')
    checkout.invoke("build")
    ran = checkout.invoke("run")
    assert ran.returncode in (0, 1)
    later = checkout.invoke("port")
    assert later.returncode == 1
    assert "stopped" in later.stderr


def test_a_build_that_fails_is_explained_with_its_line(checkout: Checkout, builder: str) -> None:
    (checkout.root / "docker-101" / "Dockerfile").write_text("FROM nginx:mainline-alpine\nCOPY indx.html /srv/\n")
    failed = checkout.invoke("build")
    assert failed.returncode == 1
    assert "docker-101/Dockerfile:2" in failed.stderr
    assert "index.html" in failed.stderr, "the file it was probably meant to be"


def test_a_dockerfile_by_its_second_name_is_taken_by_all_with_a_note(
    checkout: Checkout, builder: str, tmp_path: Path
) -> None:
    folder = tmp_path / "second name"
    shutil.copytree(checkout.root / "solutions" / "exercise-1" / "starter", folder)
    (folder / "Dockerfile").rename(folder / "dockerfile")
    built = checkout.invoke("build", "--path", str(folder))
    assert built.returncode == 0, built.stderr
    explained = checkout.invoke("explain", str(folder))
    for done in (built, explained):
        assert "note  this file is called dockerfile." in done.stdout, done.stdout
    judged = checkout.invoke("verify", "exercise-1", "--path", str(folder))
    assert f"where     {os.path.relpath(folder, checkout.root)}/dockerfile:1\n" in judged.stdout, judged.stdout


def test_tasks_work_from_any_folder(checkout: Checkout, tmp_path: Path) -> None:
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    built = checkout.invoke("build", cwd=elsewhere)
    assert built.returncode == 0
    assert "docker build -t" in built.stdout
    assert "'../a copy/docker-101'" in built.stdout
