"""Exercise 1's checks as its users write them for check50: each check in a process and a copy of the folder."""

import json
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import check50

IMAGE = "docker-101-bench-peer"
NAME = "docker-101-bench-check50"


def docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], check=False, capture_output=True, text=True)
    if done.returncode:
        raise check50.Failure(done.stderr.strip())
    return done.stdout.strip()


def layers(name: str) -> list[str]:
    found: list[str] = json.loads(docker("image", "inspect", "-f", "{{json .RootFS.Layers}}", name))
    return found


def address() -> str:
    return "http://" + docker("port", NAME, "80")


def fetch(url: str) -> tuple[str, bytes]:
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return answer.headers["Content-Type"], answer.read()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    raise check50.Failure("nobody answers")


@check50.check()
def builds() -> None:
    """the Dockerfile builds, on top of nginx:mainline-alpine"""
    docker("build", "-q", "-t", IMAGE, ".")
    base = layers("nginx:mainline-alpine")
    if layers(IMAGE)[: len(base)] != base:
        raise check50.Failure("the image is not made FROM nginx:mainline-alpine")
    docker("run", "-d", "-p", "127.0.0.1::80", "--label", "workshop.bench=1", "--name", NAME, IMAGE)


@check50.check(builds)
def serves() -> None:
    """the page on the published port is yours"""
    if fetch(address())[1] != Path("index.html").read_bytes():
        raise check50.Failure("the page is not yours")


@check50.check(serves)
def styled() -> None:
    """your page arrives with its style"""
    kind, body = fetch(f"{address()}/style.css")
    if kind != "text/css" or not body.strip():
        raise check50.Failure("the style is missing")


@check50.check(styled)
def stays_up() -> None:
    """the container is still running"""
    if docker("inspect", "-f", "{{.State.Running}}", NAME) != "true":
        raise check50.Failure("the container has ended")
