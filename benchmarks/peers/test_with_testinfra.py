"""Exercise 1's checks as its users write them for pytest-testinfra. The folder comes from the environment."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import testinfra

FOLDER = Path(os.environ["ANSWER"])
IMAGE = "docker-101-bench-peer"


def docker(*words: str) -> str:
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True).stdout.strip()


def layers(name: str) -> list[str]:
    found: list[str] = json.loads(docker("image", "inspect", "-f", "{{json .RootFS.Layers}}", name))
    return found


@pytest.fixture(scope="module")
def container() -> Iterator[str]:
    docker("build", "-q", "-t", IMAGE, str(FOLDER))
    started = docker("run", "-d", "-p", "127.0.0.1::80", "--label", "workshop.bench=1", IMAGE)
    yield started
    docker("rm", "-f", started)


@pytest.fixture(scope="module")
def address(container: str) -> str:
    found = "http://" + docker("port", container, "80")
    for _ in range(100):
        try:
            requests.get(found, timeout=2)
        except requests.RequestException:
            time.sleep(0.05)
        else:
            break
    return found


@pytest.fixture(scope="module")
def host(container: str) -> testinfra.host.Host:
    return testinfra.get_host(f"docker://{container}")


def test_image_builds_on_the_base(container: str) -> None:
    base = layers("nginx:mainline-alpine")
    assert layers(IMAGE)[: len(base)] == base


def test_serves_your_page(address: str, host: testinfra.host.Host) -> None:
    assert host.file("/usr/share/nginx/html/index.html").content == (FOLDER / "index.html").read_bytes()
    assert requests.get(address, timeout=2).content == (FOLDER / "index.html").read_bytes()


def test_page_is_styled(address: str) -> None:
    answer = requests.get(f"{address}/style.css", timeout=2)
    assert answer.headers["Content-Type"] == "text/css"
    assert answer.content.strip()


def test_stays_up(container: str, address: str) -> None:
    assert docker("inspect", "-f", "{{.State.Running}}", container) == "true"
