"""`doctor --share` says what is wrong, and nothing of who and where somebody is."""

from __future__ import annotations

import platform
import socket
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import ROOT
from workshop.doctor import Finding
from workshop.doctor.sharing import Mask, block, of_this_machine

PEOPLE = [
    ("anna", "/home/anna", "annas-laptop"),
    ("Anna Müller", r"C:\Users\Anna Müller", "ANNA-PC.corp.example"),
    ("a+b(c", "/Users/a+b(c", "host[1]"),
    ("Müller", "/Users/Müller", "Müllers-MacBook-Pro.local"),
    ("u1", "/srv/Third Floor Lab/u1", "h9"),
    (r"DOMAIN\kim", r"D:\Profile\kim", "WS-0042"),
]
TEXTS = [
    "The socket {home}/.docker/run/docker.sock is closed to {user}.",
    "PermissionError: [Errno 13] Permission denied: '{home}/my confidential folder/config.json'",
    'The Docker context "{user}-lab" does not exist; {home}\\.docker\\config.json names it.',
    "The engine is on another machine: ssh://{user}@10.20.30.40:22 (the context “{host}”).",
    "No Docker engine answers at tcp://{host}:2375, [fe80::1%eth0]:2375 or 192.168.178.20.",
    "{user}@mail.example.org wrote it on {host}, in \\\\server42\\share\\{user}.",
    "It ran as {user} on {host}: file://{home}/x, ~/secretfiles/y, 00:1a:2b:3c:4d:5e, db42.internal:5000.",
    "Windows line ends in exercises/exercise-3/secretfiles.txt.",
]
NEVER = ("10.20.30.40", "192.168", "fe80", "server42", "secretfiles", "mail.example", "00:1a", "db42", "confidential")


def machine(monkeypatch: pytest.MonkeyPatch, user: str, home: str, host: str) -> Mask:
    for name in ("LOGNAME", "USERNAME", "SUDO_USER", "USERDOMAIN", "HOSTNAME", "COMPUTERNAME", "OneDrive"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("USER", user)
    monkeypatch.setenv("HOME", home)
    monkeypatch.setenv("USERPROFILE", home)
    monkeypatch.setattr(platform, "node", lambda: host)
    monkeypatch.setattr(socket, "gethostname", lambda: host)
    return of_this_machine("my-container")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(("user", "home", "host"), PEOPLE)
def test_no_name_address_or_path_gets_out(
    user: str, home: str, host: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask = machine(monkeypatch, user, home, host)
    said = [text.format(user=user, home=home, host=host) for text in TEXTS]
    said += [one.upper() for one in said] + [one.replace("/", "\\") for one in said]
    said = [unicodedata.normalize("NFD" if form == "NFD" else "NFC", one) for one in said]
    findings = [Finding(f"finding-{n}", ok=False, what=one, why=one) for n, one in enumerate(said)]
    findings += [Finding("fine", ok=True, what=said[0]), Finding("not-seen", ok=None, what=said[1])]
    shown = unicodedata.normalize("NFC", block(findings, mask)).lower()
    parts = {user, home, host, *host.split("."), *user.split(), "anna", "müller", "kim", "third", "floor"}
    for secret in (*NEVER, *parts):
        assert secret.lower() not in shown, shown
    assert "permission denied" in shown
    assert "no docker engine answers" in shown


def test_what_helps_is_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    mask = machine(monkeypatch, "anna", "/home/anna", "annas-laptop")
    for text in (
        "Docker Engine 28.2.2 answers (API 1.50, linux/amd64, rootless).",
        "Not here yet: nginx:mainline-alpine and busybox; 1.2 GB are free.",
        "See https://docs.docker.com/go/buildx/ for it.",
        "A bananna is not your laptop.",
    ):
        assert mask(text) == text
    assert mask("The container my-container is not anna's.") == "The container <name> is not <name>'s."


@settings(max_examples=60, deadline=None)
@given(st.text("abyzü._ +-", max_size=5), st.text("abyzü._ +-", max_size=5), st.sampled_from(TEXTS))
def test_whatever_somebody_is_called_it_does_not_get_out(before: str, after: str, text: str) -> None:
    name = f"{before}089{after}"
    mask = Mask([name], homes=[f"/home/{name}"])
    masked = mask(text.format(user=name, home=f"/home/{name}", host=name))
    assert name.strip() not in masked, masked


def test_the_task_prints_the_block_alone() -> None:
    task = [sys.executable, str(Path(sys.executable).with_name("invoke")), "--search-root", str(ROOT)]
    done = subprocess.run([*task, "doctor", "--share"], capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.stdout.startswith("docker-101 doctor: ")
    assert done.returncode in (0, 3)
    assert "Send the lines above" in done.stderr
    for secret in (str(ROOT), str(Path.home()), platform.node()):
        assert secret not in done.stdout
    for one in ("engine", "registry", "base-images", "disk"):
        assert one in done.stdout
