"""`invoke pack` and `invoke load`: what goes out of one engine comes into another as it was; no half file is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.conftest import Checkout
from tests.cutting_proxy import CuttingProxy
from tests.kit.conftest import Cut
from tests.kit.making import Tiny, write
from workshop import bases, places
from workshop.classroom import packing
from workshop.judging.running import until
from workshop.supplies import platforms
from workshop.supplies.platforms import Platform
from workshop.trouble import Usage

NGINX = "nginx:mainline-alpine"
WITHIN = 60
"""Seconds for a step of packing on a loaded machine."""


class Holding(CuttingProxy):
    """Does not pass on the request at which it would cut, so that who asked waits."""

    held = True

    def __exit__(self, *ending: Any) -> None:  # noqa: ANN401 - passed on
        self.held = False
        super().__exit__(*ending)

    def _cut(self) -> None:
        if not self.held:
            super()._cut()


@pytest.fixture
def here(engine: docker.DockerClient) -> Checkout:
    return Checkout(places.ROOT)


def listing(file: Path) -> list[dict[str, object]]:
    """Read what a bundle says of itself."""
    with tarfile.open(file) as archive:
        content = archive.extractfile("docker-101.json")
        assert content
        return list(json.loads(content.read())["images"])


@contextmanager
def started(here: Checkout, *words: str | Path) -> Iterator[subprocess.Popen[str]]:
    """Run a task beside the test; it ends with the block at the latest."""
    program = Path(sys.executable).with_name("invoke")
    process = subprocess.Popen(
        [sys.executable, program, "--search-root", here.root, *words],
        cwd=here.root,
        env=os.environ | {"PYTHONUTF8": "1"} | here.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_what_was_packed_comes_into_an_empty_engine_as_it_was(here: Checkout, cut: Cut, tmp_path: Path) -> None:
    file = tmp_path / "base-images.tar"
    packed = here.invoke("pack", str(tmp_path))
    assert packed.returncode == 0, packed.stderr
    assert list(tmp_path.iterdir()) == [file]
    mine = {one.name: one for one in bases.status()}
    for entry in listing(file):
        one = mine[str(entry["name"])]
        assert entry["stand-in"] == one.is_standin
        assert f"image    {one.name} for linux/" in packed.stdout
        assert one.is_standin <= ("a stand-in made on this machine" in packed.stdout)

    first = cut.invoke("load", file)
    assert first.returncode == 0, first.stdout + first.stderr
    names = {name if ":" in name else f"{name}:latest": one.image_id for name, one in mine.items()}
    assert cut.images() == names
    assert first.stdout.count("new      ") == len(names)
    again = cut.invoke("load", file)
    assert again.stdout.count("same     ") == len(names)

    cut.clear()
    cut.docker("load", "-i", file)
    assert cut.images() == names
    anew = tmp_path / "anew.tar"
    assert cut.invoke("pack", anew).returncode == 0
    with anew.open("rb") as one_file, file.open("rb") as other:
        if all(one.is_standin for one in mine.values()):  # a digest is known to the engine that pulled alone
            assert one_file.read() == other.read(), "the same images make the same file"


def test_stand_ins_give_way_and_the_real_ones_stay(cut: Cut, tmp_path: Path) -> None:
    real = write(tmp_path / "real.tar", [Tiny("busybox"), Tiny(NGINX)])
    other = write(tmp_path / "other.tar", [Tiny("busybox", salt="newer"), Tiny(NGINX)])
    standin = write(tmp_path / "standin.tar", [Tiny("busybox", standin=True), Tiny(NGINX)])
    cut.invoke("load", standin)
    changed = cut.invoke("load", real).stdout
    assert "it was a stand-in and is the real one now" in changed
    assert cut.docker("images", "-q", "--no-trunc", "-f", "dangling=true") == "", "the stand-in is gone"
    kept = cut.invoke("load", standin)
    assert kept.returncode == 0
    assert "kept     busybox: the real one is here" in kept.stdout
    assert cut.images()["busybox:latest"] == Tiny("busybox").id
    newer = cut.invoke("load", other).stdout
    assert f"the one before is still there as {Tiny('busybox').id[7:19]}" in newer
    assert cut.docker("images", "-q", "--no-trunc", "-f", "dangling=true").split() == [Tiny("busybox").id]


def test_packing_says_what_can_not_be_fetched_and_leaves_no_file(cut: Cut, tmp_path: Path) -> None:
    cut.invoke("load", write(tmp_path / "two.tar", [Tiny("busybox"), Tiny(NGINX)]))
    (tmp_path / "out").mkdir()
    done = cut.invoke("pack", tmp_path / "out" / "x.tar", "--platform", "arm64,amd64")
    assert done.returncode == 3
    assert f"{NGINX} for linux/arm64 is not on this engine and could not be fetched; nothing was packed." in done.stderr
    assert "Docker Hub: " in done.stderr
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_pack_leaves_the_file_as_it_was(here: Checkout, tmp_path: Path, ending: signal.Signals) -> None:
    file = write(tmp_path / "base-images.tar", [Tiny("busybox")])
    before = file.read_bytes()
    part = tmp_path / ".base-images.tar.part"
    with Holding(tmp_path / "engine.sock", cut_at=b"/get") as proxy:
        here.env["DOCKER_HOST"] = proxy.url
        with started(here, "pack", file) as process:
            assert until(lambda: proxy.was_cut or None, WITHIN)
            assert part.exists()
            process.send_signal(ending)
            said = process.communicate(timeout=WITHIN)
    assert "Traceback" not in said[1]
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}[ending]
    assert file.read_bytes() == before
    if ending is not signal.SIGKILL:
        assert not part.exists()
    del here.env["DOCKER_HOST"]
    assert here.invoke("pack", str(file)).returncode == 0
    assert not part.exists(), "what a killed one left goes at the next"
    assert len(listing(file)) == len(bases.BASE_IMAGES)


def test_an_engine_that_goes_away_leaves_no_file(here: Checkout, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with CuttingProxy(tmp_path / "engine.sock", cut_at=b"/get") as proxy:
        here.env["DOCKER_HOST"] = proxy.url
        done = here.invoke("pack", str(tmp_path / "out" / "x.tar"))
        assert proxy.was_cut
    assert done.returncode == 3, done.stdout + done.stderr
    assert not list((tmp_path / "out").iterdir())


def test_somebodys_text_is_not_written_over(tmp_path: Path, engine: docker.DockerClient) -> None:
    text = tmp_path / "README.md"
    text.write_text("mine")
    with pytest.raises(Usage, match="no archive of images"):
        packing.order(str(text), [], None)
    with pytest.raises(Usage, match="no folder"):
        packing.order(str(tmp_path / "none" / "x.tar"), [], None)


def test_platforms_are_read_as_people_write_them() -> None:
    typed = ["linux/arm64,amd64", "x86_64", "linux/arm64/v8", "linux/arm/v7", " aarch64 "]
    assert platforms.parse(typed) == [Platform("arm64"), Platform("amd64"), Platform("arm", "v7")]
    for wrong, said in (("arm65", "linux/arm64"), ("windows/amd64", "for Linux only"), ("linux/", "linux/amd64")):
        with pytest.raises(Usage) as trouble:
            platforms.parse([wrong])
        assert said in f"{trouble.value.what} {trouble.value.fix}"
