"""The doctor finds what is wrong with a machine and says the fix, on half an installation as well, and soon."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import speaking_engine as fake
from workshop import doctor
from workshop.doctor import engine, folder, machine
from workshop.engine import api, cli, endpoint, labels, preflight
from workshop.engine.machine import Machine, System

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
on_unix = pytest.mark.skipif(sys.platform == "win32", reason="speaks over Unix sockets")


@dataclass(frozen=True)
class Image:
    """A base image as the doctor is told of it."""

    name: str = "busybox"
    present: bool = True
    is_standin: bool = False
    architecture: str = "amd64"


@pytest.fixture(autouse=True)
def _no_memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is remembered from one test to the next, and nothing waits for the world outside."""
    monkeypatch.setattr(machine, "REGISTRY", "http://127.0.0.1:9/v2/")
    api.connect.cache_clear()
    cli.forget()
    yield
    api.connect.cache_clear()
    cli.forget()


@pytest.fixture(scope="module")
def real() -> preflight.Engine:
    return preflight.look()


@pytest.fixture
def patient(real: preflight.Engine, tmp_path: Path) -> engine.Patient:
    return engine.Patient(root=tmp_path, container=f"doctor-{os.getpid()}", engine=real)


def by_id(findings: list[doctor.Finding]) -> dict[str, doctor.Finding]:
    return {finding.id: finding for finding in findings}


# --- all of it ------------------------------------------------------------------------------------------------------


def test_a_working_machine_has_an_engine_a_command_and_permission() -> None:
    found = by_id(doctor.diagnose(ROOT, bases=lambda: [Image()]))
    for name in ("python", "cli", "engine", "permission", "builder", "context"):
        assert found[name].ok, found[name]


def test_what_is_not_in_order_always_has_a_fix_and_every_finding_a_sentence() -> None:
    for finding in doctor.diagnose(ROOT, bases=lambda: [Image(present=False)]):
        assert finding.what
        assert finding.fix or finding.ok is not False


@on_unix
def test_half_an_installation_is_looked_at_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No docker command, no engine, no git, no network, an unreadable configuration."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    (tmp_path / "config.json").write_text("{ half")
    found = by_id(doctor.diagnose(tmp_path))
    assert found["cli"].ok is False
    assert found["engine"].ok is False
    assert found["builder"].ok is None
    assert found["line-ends"].ok is None
    assert found["registry"].ok is None
    assert {found[name].ok for name in ("permission", "base-images", "disk", "container-name")} == {None}


@on_unix
def test_an_engine_that_hangs_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "ANSWER_WITHIN", 1)
    with fake.engine(lambda _: None) as url:
        monkeypatch.setenv("DOCKER_HOST", url)
        begun = time.monotonic()
        found = by_id(doctor.diagnose(ROOT))
    assert time.monotonic() - begun < 2 * doctor.ROUND_WITHIN + 2
    assert found["engine"].what == "The engine takes the call and never answers."


def test_one_probe_that_breaks_or_never_ends_does_not_hide_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ROUND_WITHIN", 0.5)
    never = threading.Event()

    def breaks() -> doctor.Finding:
        raise ZeroDivisionError

    def hangs() -> doctor.Finding:
        never.wait()
        return doctor.Finding("hangs", ok=True, what="?")

    found = doctor._round({"breaks": breaks, "hangs": hangs, "fine": lambda: doctor.Finding("fine", ok=True, what="!")})
    never.set()
    assert [(finding.id, finding.ok) for finding in found] == [("breaks", None), ("hangs", None), ("fine", True)]


# --- the engine -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("whose", ["ours", "a stranger's"])
def test_a_strangers_container_in_the_way_is_found_also_when_it_is_stopped(patient: engine.Patient, whose: str) -> None:
    assert engine.container_name(patient).ok
    marks = labels.on_container(patient.root) if whose == "ours" else {"workshop": "another"}
    client = api.connect()
    image = _tiny_image()
    container = client.containers.create(image, ["/none"], name=patient.container, labels=marks)
    try:
        finding = engine.container_name(patient)
    finally:
        container.remove(force=True)
        client.images.remove(image, force=True)
    assert finding.ok is (whose == "ours")
    assert any("docker rename" in step for step in finding.fix) is (whose != "ours")


def _tiny_image() -> str:
    """Make an image that needs no base image."""
    built = subprocess.run(
        ["docker", "build", "--quiet", "--label", f"doctor={os.getpid()}", "-"],
        input='FROM scratch\nCMD ["/none"]\n',
        capture_output=True,
        text=True,
        check=True,
    )
    return built.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("images", "ok", "part"),
    [
        ([Image()], True, "All here"),
        ([Image(), Image("nginx:mainline-alpine", present=False, architecture="")], False, "nginx:mainline-alpine"),
        ([Image(architecture="s390x")], False, "made for s390x"),
        ([Image(is_standin=True)], True, "stand-ins: busybox"),
    ],
    ids=["here", "missing", "foreign", "stand-in"],
)
def test_base_images_are_judged_for_this_engines_processor(
    patient: engine.Patient, images: list[Image], *, ok: bool, part: str
) -> None:
    assert patient.engine
    arch = patient.engine.arch
    patient.bases = lambda: [replace(one, architecture=arch) if one.architecture == "amd64" else one for one in images]
    finding = engine.base_images(patient)
    assert (finding.ok, part in finding.what) == (ok, True)


def test_a_default_platform_of_another_processor_is_found(
    patient: engine.Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert patient.engine
    for value, ok in (("", True), (patient.engine.platform, True), ("linux/s390x", False)):
        monkeypatch.setenv("DOCKER_DEFAULT_PLATFORM", value)
        assert engine.platform(patient).ok is ok


def test_a_proxy_that_only_the_terminal_knows_is_found(
    patient: engine.Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in engine._PROXIES:
        monkeypatch.delenv(name, raising=False)
    assert engine.proxy(patient).ok
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@proxy.example:3128")
    finding = engine.proxy(patient)
    assert finding.ok is False
    assert "secret" not in str(finding), "a proxy's address may hold a password"
    patient.engine = replace(patient.engine, proxy="http://proxy.example:3128") if patient.engine else None
    assert engine.proxy(patient).ok


def test_too_little_room_is_found(patient: engine.Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine.disk(patient).ok is not None
    monkeypatch.setattr(engine, "ROOM_NEEDED", 10**18)
    finding = engine.disk(patient)
    assert finding.ok is False
    assert not any("prune" in step for step in finding.fix)


# --- the machine ----------------------------------------------------------------------------------------------------


def test_git_bash_is_told_from_other_shells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MSYSTEM", raising=False)
    assert machine.git_bash().ok
    monkeypatch.setenv("MSYSTEM", "MINGW64")
    assert machine.git_bash().ok is False
    monkeypatch.setenv("MSYS_NO_PATHCONV", "1")
    assert machine.git_bash().ok


def test_an_old_python_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.python().ok
    monkeypatch.setattr(machine, "OLDEST", (99, 0))
    assert machine.python().ok is False


def test_a_far_engine_and_a_missing_context_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", "tcp://192.0.2.7:2375")
    assert machine.context().ok is False
    monkeypatch.delenv("DOCKER_HOST")
    monkeypatch.setenv("DOCKER_CONTEXT", "gone")
    assert '"gone"' in machine.context().what
    monkeypatch.setenv("DOCKER_HOST", endpoint.default_url())
    assert "wins over the context gone" in machine.context().why


def test_a_builder_that_keeps_images_to_itself_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("DOCKER_BUILDKIT", "1")
    monkeypatch.setenv("BUILDX_BUILDER", "room")
    (tmp_path / "cli-plugins").mkdir()
    plugin = tmp_path / "cli-plugins" / ("docker-buildx.exe" if sys.platform == "win32" else "docker-buildx")
    plugin.touch(mode=0o755)
    (tmp_path / "buildx" / "instances").mkdir(parents=True)
    (tmp_path / "buildx" / "instances" / "room").write_text('{"Name": "room", "Driver": "docker-container"}')
    finding = machine.builder()
    assert finding.ok is False
    assert finding.fix == ["docker buildx use default"]


@pytest.mark.parametrize(("status", "ok"), [(401, True), (429, True), (502, None), (200, None)])
def test_docker_hub_is_told_from_what_answers_in_its_place(
    monkeypatch: pytest.MonkeyPatch, status: int, *, ok: bool | None
) -> None:
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:  # noqa: ANN401  # the base class's signature
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(machine, "REGISTRY", f"http://127.0.0.1:{server.server_port}/v2/")
        assert machine.registry().ok is ok
        server.shutdown()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate with openssl")
def test_a_certificate_that_is_not_docker_hubs_is_found_and_nobody_is_told_to_ignore_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=localhost",
            "-days",
            "1",
            "-keyout",
            tmp_path / "key.pem",
            "-out",
            tmp_path / "cert.pem",
        ],
        capture_output=True,
        check=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    monkeypatch.setattr(http.server.HTTPServer, "handle_error", lambda *_: None)  # the client hangs up on it
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(machine, "REGISTRY", f"https://localhost:{server.server_port}/v2/")
        finding = machine.registry()
        server.shutdown()
    assert finding.ok is False
    assert "certificate" in finding.what
    assert "insecure" not in str(finding).lower()


def test_no_network_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def unplugged(*_: Any, **__: Any) -> None:  # noqa: ANN401  # stands for any call
        raise urllib.error.URLError(OSError("Network is unreachable"))

    monkeypatch.setattr(urllib.request, "urlopen", unplugged)
    assert machine.registry().ok is None


# --- the folder -----------------------------------------------------------------------------------------------------


def test_line_ends_that_git_has_otherwise_are_found_and_those_on_purpose_are_not(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", "-C", tmp_path, *words], capture_output=True, check=True)

    git("init", "--quiet")
    git("config", "core.autocrlf", "false")
    lesson = tmp_path / "docker-101"
    lesson.mkdir()
    (lesson / "start.sh").write_bytes(b"#!/bin/sh\n")
    (lesson / "on-purpose.sh").write_bytes(b"#!/bin/sh\r\n")
    git("add", ".")
    assert folder.line_ends(tmp_path).ok
    (lesson / "start.sh").write_bytes(b"#!/bin/sh\r\necho\r\n")
    finding = folder.line_ends(tmp_path)
    assert finding.ok is False
    assert "docker-101/start.sh" in finding.what
    assert "on-purpose" not in finding.what


@pytest.mark.parametrize(
    ("kind", "system", "ok", "part"),
    [
        ("ext4", "linux", True, ""),
        ("fuseblk", "linux", True, ""),
        ("9p", "wsl", False, "inside WSL"),
        ("cifs", "windows", False, "local drive"),
        ("nfs4", "linux", False, "local drive"),
        ("fuse.sshfs", "linux", False, "local drive"),
        (None, "macos", None, ""),
    ],
)
def test_drives_that_do_not_tell_of_changes_are_found(
    monkeypatch: pytest.MonkeyPatch,
    kind: str | None,
    system: System,
    *,
    ok: bool | None,
    part: str,
) -> None:
    monkeypatch.setattr(folder, "file_system", lambda _: kind)
    monkeypatch.setattr(folder, "this_machine", lambda: Machine(system))
    finding = folder.watching(Path())
    assert finding.ok is ok
    assert part in " ".join(finding.fix)


def test_the_nearest_mount_decides() -> None:
    mounts = [("/", "ext4"), ("/mnt/c", "9p"), ("/mnt/c/local", "ext4")]
    assert folder._longest(Path("/mnt/c/Users"), mounts) == "9p"
    assert folder._longest(Path("/mnt/cc"), mounts) == "ext4"
    assert folder._longest(Path("/mnt/c/local/x"), mounts) == "ext4"


@on_unix
def test_a_context_of_a_product_is_named_with_the_product(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONTEXT", "colima")
    meta = tmp_path / "contexts" / "meta" / hashlib.sha256(b"colima").hexdigest()
    meta.mkdir(parents=True)
    host = {"Host": f"unix://{tmp_path}/.colima/docker.sock"}
    (meta / "meta.json").write_text(json.dumps({"Name": "colima", "Endpoints": {"docker": host}}))
    assert "Colima" in machine.context().what
