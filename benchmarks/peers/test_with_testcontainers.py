"""Exercise 1's checks as its users write them for pytest with testcontainers. The folder comes from the environment."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
import requests
from testcontainers.core.container import DockerContainer
from testcontainers.core.image import DockerImage

FOLDER = Path(os.environ["ANSWER"])


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    with DockerImage(path=str(FOLDER), tag="docker-101-bench-peer", clean_up=False) as built:
        yield str(built)


@pytest.fixture(scope="module")
def container(image: str) -> Iterator[DockerContainer]:
    with DockerContainer(image).with_exposed_ports(80).with_kwargs(labels={"workshop.bench": "1"}) as started:
        yield started


@pytest.fixture(scope="module")
def address(container: DockerContainer) -> str:
    found = f"http://{container.get_container_host_ip()}:{container.get_exposed_port(80)}"
    for _ in range(100):
        try:
            requests.get(found, timeout=2)
        except requests.RequestException:
            time.sleep(0.05)
        else:
            break
    return found


def test_image_builds_on_the_base(image: str) -> None:
    client = docker.from_env()
    layers = client.images.get(image).attrs["RootFS"]["Layers"]
    base = client.images.get("nginx:mainline-alpine").attrs["RootFS"]["Layers"]
    assert layers[: len(base)] == base


def test_serves_your_page(address: str) -> None:
    assert requests.get(address, timeout=2).content == (FOLDER / "index.html").read_bytes()


def test_page_is_styled(address: str) -> None:
    answer = requests.get(f"{address}/style.css", timeout=2)
    assert answer.headers["Content-Type"] == "text/css"
    assert answer.content.strip()


def test_stays_up(container: DockerContainer, address: str) -> None:
    wrapped = container.get_wrapped_container()
    wrapped.reload()
    assert wrapped.status == "running"
