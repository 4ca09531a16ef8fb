"""When no engine answers, the workshop says which of the known troubles it is, and the fix for this system."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import speaking_engine as fake
from workshop.engine import api, cli, endpoint, preflight, symptoms
from workshop.engine.machine import Machine
from workshop.trouble import MachineTrouble

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="speaks over Unix sockets")


@pytest.fixture(autouse=True)
def _no_memory() -> Iterator[None]:
    """Nothing is remembered from one test to the next."""
    api.connect.cache_clear()
    cli.forget()
    yield
    api.connect.cache_clear()
    cli.forget()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the docker command a configuration folder of this test; nobody chooses an engine."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_API_VERSION", "DOCKER_BUILDKIT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def add_context(folder: Path, name: str, url: str) -> None:
    meta = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": url}}}))


def add_command(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a docker command on PATH that says what commands say that can't run here."""
    place = folder / "bin"
    place.mkdir()
    (place / "docker").write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && {{ echo "Docker version 29.1.0"; exit; }}\n{script}\n'
    )
    (place / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{place}:{os.environ['PATH']}")


def trouble_of_connecting() -> MachineTrouble:
    with pytest.raises(MachineTrouble) as caught:
        api.connect()
    return caught.value


def trouble_of_looking() -> MachineTrouble:
    with pytest.raises(MachineTrouble) as caught:
        preflight.look()
    return caught.value


# --- the real engine ------------------------------------------------------------------------------------------------


def test_looking_at_the_real_engine_gives_its_facts() -> None:
    engine = preflight.look()
    shown = subprocess.run(
        ["docker", "version", "--format", "{{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert f"{engine.version} {engine.platform}" == shown
    assert engine.api
    assert engine.storage
    assert engine.builder in ("buildkit", "classic")


def test_the_first_answer_is_awaited_for_seconds_and_later_ones_for_a_minute() -> None:
    assert api.connect().api.timeout == api.ANSWER_WITHIN
    assert api.FIRST_ANSWER_WITHIN <= 5


def test_a_chosen_context_leads_to_its_engine(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_context(folder, "mine", endpoint.default_url())
    monkeypatch.setenv("DOCKER_CONTEXT", "mine")  # without config.json, where the SDK's own search finds no context
    assert preflight.look().endpoint.context == "mine"


# --- nothing listens ------------------------------------------------------------------------------------------------


def test_a_host_where_nothing_listens_is_named_with_the_way_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{folder}/none.sock")
    trouble = trouble_of_connecting()
    assert trouble.kind == "wrong-context"
    assert f"unix://{folder}/none.sock" in trouble.what
    assert "DOCKER_HOST" in trouble.why
    assert "unset DOCKER_HOST" in trouble.fix[0]
    assert any(endpoint.default_url() in step for step in trouble.fix), "the engine that does answer is named"


def test_a_context_that_is_gone_is_named_with_who_chose_it(folder: Path) -> None:
    (folder / "config.json").write_text('{"currentContext": "gone"}')
    trouble = trouble_of_connecting()
    assert trouble.kind == "wrong-context"
    assert '"gone"' in trouble.what
    assert str(folder / "config.json") in trouble.why
    assert any("docker context use default" in step for step in trouble.fix)


@pytest.mark.parametrize("missing", ["socket", "listener"])
def test_a_desktop_product_that_is_off_is_told_from_a_wrong_address(
    folder: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    place = folder / ".colima"
    place.mkdir()
    if missing == "listener":
        with socket.socket(socket.AF_UNIX) as left_behind:
            left_behind.bind(str(place / "docker.sock"))
    add_context(folder, "colima", f"unix://{place}/docker.sock")
    monkeypatch.setenv("DOCKER_CONTEXT", "colima")
    monkeypatch.setattr(endpoint, "default_url", lambda: f"unix://{folder}/none.sock")  # no other engine answers
    trouble = trouble_of_connecting()
    assert (trouble.kind, trouble.what, trouble.fix) == ("not-running", "Colima is not running.", ["colima start"])


@pytest.mark.parametrize(
    ("machine", "first_step"),
    [
        (Machine("linux", systemd=True, apt=True, dockerd=True), "sudo systemctl start docker"),
        (Machine("linux", apt=True, dockerd=True), "./invoke setup"),
        (Machine("linux", dockerd=True), "sudo service docker start"),
        (Machine("linux", apt=True), "./invoke setup"),
        (Machine("linux"), "Install Docker Engine"),
        (Machine("linux", products=("Docker Desktop",)), "systemctl --user start docker-desktop"),
        (Machine("wsl", products=("Docker Desktop",)), "Start Docker Desktop on Windows"),
        (Machine("macos", products=("Docker Desktop",)), "open -a Docker"),
        (Machine("macos", products=("Colima",)), "colima start"),
        (Machine("macos", products=("OrbStack",)), "open -a OrbStack"),
        (Machine("macos"), "Install Docker Desktop"),
        (Machine("windows", products=("Docker Desktop",)), "Start Docker Desktop from the Start menu"),
        (Machine("windows", products=("Rancher Desktop",)), "Start Rancher Desktop"),
        (Machine("windows"), "Install Docker Desktop"),
    ],
    ids=lambda value: f"{value.system}-{'-'.join(value.products)}" if isinstance(value, Machine) else "",
)
def test_an_engine_that_is_off_is_started_the_way_of_the_system(
    folder: Path, monkeypatch: pytest.MonkeyPatch, machine: Machine, first_step: str
) -> None:
    monkeypatch.setattr(endpoint, "default_url", lambda: f"unix://{folder}/none.sock")
    trouble = preflight.trouble("not-running", on=machine)
    assert trouble.kind == "not-running"
    assert trouble.fix[0].startswith(first_step)


def test_a_machine_without_the_docker_command_is_told_to_install_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    assert trouble_of_looking().kind == "no-cli"
    monkeypatch.setattr(endpoint, "default_url", lambda: f"unix://{folder}/none.sock")
    assert preflight.trouble("not-running", on=Machine("macos")).kind == "no-cli"


def test_a_machine_whose_host_has_no_name_server_entry_is_told_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://docker.invalid:2375")
    assert folder
    assert trouble_of_connecting().kind == "wrong-context"


# --- it listens, but ------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Drop root's rights for a moment: to root every socket is open."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_socket_that_may_not_be_opened_is_told_from_one_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with fake.engine(fake.healthy) as url:
        monkeypatch.setenv("DOCKER_HOST", url)
        api.fresh(5)  # all that is needed is imported, and the engine answers who may ask
        file = url.removeprefix("unix://")
        os.chmod(os.path.dirname(file), 0o755)  # noqa: PTH101, PTH120, S103  # the socket itself must be what refuses
        os.chmod(file, 0o000)  # noqa: PTH101
        with as_nobody():
            trouble = trouble_of_connecting()
    assert trouble.kind == "no-permission"
    assert not any(re.search(r"sudo docker|chmod", step) for step in trouble.fix)


@pytest.mark.parametrize(("member", "steps"), [(False, ["usermod", "Log out"]), (True, ["Log out"])])
def test_permission_comes_from_the_group_and_a_new_login(
    monkeypatch: pytest.MonkeyPatch, *, member: bool, steps: list[str]
) -> None:
    monkeypatch.setattr(preflight, "_docker_group", lambda _: (member, True))
    fix = preflight.trouble("no-permission", on=Machine("linux", user="ada")).fix
    assert [word for word in steps if any(word in step for step in fix)] == steps
    assert any("usermod -aG docker ada" in step for step in fix) is not member


def test_an_engine_that_never_answers_is_not_awaited_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "FIRST_ANSWER_WITHIN", 1)
    with fake.engine(lambda _: None) as url:
        monkeypatch.setenv("DOCKER_HOST", url)
        begun = time.monotonic()
        assert trouble_of_connecting().kind == "engine-hangs"
    assert time.monotonic() - begun < 5, "gave up long before the minute of later calls"


@pytest.mark.parametrize("last_words", [b"", b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"Version"'])
def test_an_engine_that_hangs_up_in_the_middle_is_said_to_have_died(
    monkeypatch: pytest.MonkeyPatch, last_words: bytes
) -> None:
    with fake.engine(lambda _: last_words) as url:
        monkeypatch.setenv("DOCKER_HOST", url)
        assert trouble_of_connecting().kind == "engine-died"


def test_an_engine_older_than_the_sdk_speaks_to_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    with fake.engine(lambda _: fake.answer({**fake.VERSION, "ApiVersion": "1.12"})) as url:
        monkeypatch.setenv("DOCKER_HOST", url)
        assert trouble_of_connecting().kind == "api-too-old"


def test_an_engine_that_refuses_the_api_of_an_old_client_is_too_new(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = "client version 1.41 is too old. Minimum supported API version is 1.44, please upgrade your client"
    with fake.engine(lambda _: fake.answer({"message": refusal}, "400 Bad Request")) as url:
        monkeypatch.setenv("DOCKER_HOST", url)
        trouble = trouble_of_connecting()
    assert trouble.kind == "api-too-new"
    assert "1.44" in trouble.why


def test_an_engine_that_answers_with_errors_is_told_from_one_that_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    with fake.engine(
        lambda _: fake.answer({"message": "Docker Desktop is starting"}, "503 Service Unavailable")
    ) as url:
        monkeypatch.setenv("DOCKER_HOST", url)
        trouble = trouble_of_connecting()
    assert trouble.kind == "server-errors"
    assert "Docker Desktop is starting" in trouble.why


def test_errors_that_come_with_the_engines_facts_are_not_overlooked(monkeypatch: pytest.MonkeyPatch) -> None:
    def ill(path: str) -> bytes:
        return fake.answer({"ServerErrors": ["out of inodes"]}) if path.endswith("/info") else fake.healthy(path)

    with fake.engine(ill) as url:
        monkeypatch.setenv("DOCKER_HOST", url)
        trouble = trouble_of_looking()
    assert (trouble.kind, trouble.why) == ("server-errors", "out of inodes")


def test_windows_containers_are_told_from_linux_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    def windows(path: str) -> bytes:
        return fake.answer({**fake.INFO, "OSType": "windows"}) if path.endswith("/info") else fake.healthy(path)

    with fake.engine(windows) as url:
        monkeypatch.setenv("DOCKER_HOST", url)
        assert trouble_of_looking().kind == "windows-containers"


def test_a_docker_command_that_refuses_the_engine_is_heard(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_command(
        folder,
        monkeypatch,
        'echo "Error response from daemon: client version 1.52 is too new. Maximum supported API version is 1.41" >&2\n'
        "exit 1",
    )
    assert trouble_of_looking().kind == "api-too-old"


def test_a_pinned_api_version_is_named_as_the_cause(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert folder
    monkeypatch.setenv("DOCKER_API_VERSION", "1.99")
    trouble = trouble_of_looking()
    assert trouble.kind == "api-too-old"
    assert "DOCKER_API_VERSION=1.99" in trouble.why
    assert trouble.fix == ["unset DOCKER_API_VERSION"]


# --- what others raise and print ------------------------------------------------------------------------------------


PRINTED = [
    line.split(" | ", 1)
    for line in (Path(__file__).parent / "recorded" / "no_engine.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("kind", "text"), PRINTED)
def test_what_docker_prints_is_understood(kind: str, text: str) -> None:
    assert symptoms.kind_of(text) == kind


def test_a_missing_command_a_late_one_and_a_failed_one_are_understood(folder: Path) -> None:
    assert folder
    with pytest.raises(FileNotFoundError) as missing:
        subprocess.run(["docker"], env={"PATH": str(folder)}, check=True, executable=str(folder / "docker"))
    assert symptoms.kind_of(missing.value) == "no-cli"
    assert symptoms.kind_of(subprocess.TimeoutExpired(["docker", "info"], 5)) == "engine-hangs"
    failed = subprocess.run(
        ["docker", "--host", f"unix://{folder}/none.sock", "ps"], capture_output=True, text=True, check=False
    )
    error = subprocess.CalledProcessError(1, ["docker", "ps"], failed.stdout, failed.stderr)
    assert symptoms.kind_of(error) == "not-running"


def test_what_python_on_whales_raises_is_understood(folder: Path) -> None:
    import python_on_whales

    client = python_on_whales.DockerClient(host=f"unix://{folder}/none.sock")
    with pytest.raises(python_on_whales.exceptions.DockerException) as caught:
        client.ps()
    assert symptoms.kind_of(caught.value) == "not-running"
    assert symptoms.own_words(caught.value).startswith("Cannot connect to the Docker daemon")


def test_an_unknown_trouble_shows_what_was_said() -> None:
    trouble = preflight.explain(ValueError("the moon is full"))
    assert (trouble.kind, trouble.why) == ("unknown", "the moon is full")


@pytest.mark.parametrize("system", ["linux", "wsl", "macos", "windows"])
@pytest.mark.parametrize("kind", symptoms.Kind.__args__)  # type: ignore[attr-defined]  # the members of a Literal
def test_every_kind_has_a_sentence_and_a_fix_on_every_system(kind: symptoms.Kind, system: str) -> None:
    trouble = preflight.trouble(kind, on=Machine(system))  # type: ignore[arg-type]  # parametrized
    assert trouble.what.endswith(".")
    assert trouble.fix
    assert all(step.strip() for step in trouble.fix)
