"""Base images come from the first source that has them, and no source can hold a learner up for long."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import socket
import subprocess
import time
import urllib.request
import uuid
from typing import TYPE_CHECKING

import pytest

from workshop import bases
from workshop.engine import images, labels
from workshop.standin import packages, recipes
from workshop.supplies import bundle as bundles
from workshop.supplies.archive import Writer
from workshop.trouble import MachineTrouble

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import Engine

PATIENCE = 20
"""Seconds for the registry to start; it takes a tenth of one."""
NOWHERE = "nowhere.invalid/nothing:1"
"""A name that no registry can ever have: .invalid is reserved for that (RFC 2606)."""


def silent(_: str) -> None:
    """Hear nothing."""


def free_port() -> int:
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        return int(asking.getsockname()[1])


@pytest.fixture
def given(engine: Engine) -> Iterator[str]:
    """Give a name that no image has yet; what gets it in the test goes again."""
    name = f"docker-101-test-base-{uuid.uuid4().hex[:12]}:latest"
    yield name
    engine.docker("rmi", "-f", name, fine=False)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a real registry on loopback, without a password, gone with the tests."""
    if not shutil.which("docker-registry"):
        pytest.skip("needs the package docker-registry")
    home, port = tmp_path_factory.mktemp("registry"), free_port()
    config = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(home / "data")}},
        "http": {"addr": f":{port}"},
    }
    (home / "config.yml").write_text(json.dumps(config))  # JSON is YAML
    with (home / "log").open("wb") as log:
        serving = subprocess.Popen(["docker-registry", "serve", home / "config.yml"], stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            assert serving.poll() is None, (home / "log").read_text()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/"):
                    break
            except OSError:
                assert time.monotonic() < deadline
        yield f"127.0.0.1:{port}"
    finally:
        serving.kill()
        serving.wait()


def real(engine: Engine, base: str, name: str) -> None:
    """Make an image that is not marked as a stand-in, for a registry to hold as the real one."""
    container = engine.docker("create", base).stdout.strip()
    piped = subprocess.run(["docker", "export", container], capture_output=True, check=True)
    engine.docker("rm", "-f", container)
    subprocess.run(["docker", "import", "-", name], input=piped.stdout, capture_output=True, check=True)


def hold(engine: Engine, base: str, place: str) -> str:
    """Let a registry hold an image that passes for a real one; give its name there."""
    held = f"{uuid.uuid4().hex[:12]}:1"
    real(engine, base, place + held)
    engine.docker("push", place + held)
    engine.docker("rmi", place + held)
    return held


def test_what_is_here_is_taken_as_it_is_and_nothing_is_said(busybox: str) -> None:
    said: list[str] = []
    found = bases.ensure(said.append, names={"busybox": busybox})
    assert said == []
    assert [(base.name, base.present, base.is_standin) for base in found] == [(busybox, True, True)]
    assert found[0].size > 1_000_000


def test_a_stand_in_of_an_older_workshop_is_made_again(
    engine: Engine, busybox: str, given: str, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {busybox}\nLABEL {labels.RECIPE}=older\n")
    engine.docker("build", "-q", "-t", given, str(tmp_path))
    said: list[str] = []
    bases.ensure(said.append, names={"busybox": given})
    found = images.find(given)
    assert found
    assert found.labels[labels.RECIPE] == recipes.mark()
    assert any("stand-ins for busybox" in line for line in said)


def test_what_is_missing_is_told_as_missing(given: str) -> None:
    assert bases.status([given]) == [bases.Base(given, present=False)]
    assert bases.is_standin(given) is False


def test_stand_ins_are_known_by_name_and_by_what_inspect_says(engine: Engine, busybox: str, given: str) -> None:
    assert bases.is_standin(busybox)
    assert bases.is_standin(engine.inspect(busybox))
    real(engine, busybox, given)
    assert not bases.is_standin(given)


def test_a_bundle_goes_out_and_comes_in_again(engine: Engine, busybox: str, given: str, tmp_path: Path) -> None:
    engine.docker("tag", busybox, given)
    bundle = tmp_path / "base-images.tar"
    engine.docker("save", "-o", str(bundle), given)
    before = images.find(given)
    engine.docker("rmi", given)
    said: list[str] = []
    bases.ensure(said.append, bundle=bundle, names={given: given})
    assert images.find(given) == before
    assert len(said) == 1
    assert said[0].startswith(f"Loading {given} from {bundle}")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "no base-images.tar in"),
        (b"", "is not what `invoke pack` or `docker save` writes"),
        (b"half a download" * 1000, "is not what `invoke pack` or `docker save` writes"),
    ],
)
def test_a_missing_or_broken_bundle_is_named_and_the_next_source_tried(
    given: str, tmp_path: Path, content: bytes | None, why: str
) -> None:
    bundle = tmp_path / "base-images.tar"
    if content is not None:
        bundle.write_bytes(content)
    with pytest.raises(MachineTrouble) as trouble:
        bases.ensure(silent, bundle=bundle, names={NOWHERE: given})
    reasons = trouble.value.why.splitlines()
    assert [reason.split(":")[0] for reason in reasons] == ["bundle", "registry", "stand-in"]
    assert why in reasons[0]
    assert trouble.value.kind == "no-base-images"
    assert any("docker pull" in fix for fix in trouble.value.fix)
    assert images.find(given) is None


def test_a_cut_off_bundle_is_not_loaded(engine: Engine, busybox: str, given: str, tmp_path: Path) -> None:
    whole, bundle = tmp_path / "whole.tar", tmp_path / "base-images.tar"
    engine.docker("save", "-o", str(whole), busybox)
    bundle.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(MachineTrouble, match="could not be had") as trouble:
        bases.ensure(silent, bundle=bundle, names={NOWHERE: given})
    assert "or not the whole of it" in trouble.value.why


def save_for(engine: Engine, name: str, architecture: str, file: Path) -> None:
    """Save an image, with another kind of processor in its settings."""
    mine = file.with_name("mine.tar")
    engine.docker("save", "-o", str(mine), name)
    with bundles.opened(mine) as opened, file.open("wb") as out, Writer(out) as writer:
        (image,) = opened.images
        _, layers = opened.copy(image, writer)
        settings = json.dumps(json.loads(opened.text(image.config)) | {"architecture": architecture}).encode()
        digest = f"sha256:{hashlib.sha256(settings).hexdigest()}"
        writer.image(name, writer.blob(digest, len(settings), io.BytesIO(settings)), layers)


def test_a_bundle_for_other_processors_is_refused(engine: Engine, busybox: str, given: str, tmp_path: Path) -> None:
    bundle = tmp_path / "base-images.tar"
    engine.docker("tag", busybox, given)
    save_for(engine, given, "other", bundle)
    engine.docker("rmi", given)
    with pytest.raises(MachineTrouble) as trouble:
        bases.ensure(silent, bundle=bundle, names={given: given})
    assert f" for linux/other; this engine is linux/{images.platform()[1]}" in trouble.value.why


def test_a_stand_in_is_made_when_nothing_else_has_it(given: str, tmp_path: Path) -> None:
    if cannot := packages.available():
        pytest.skip(cannot)
    said: list[str] = []
    # A mirror that refuses at once, so that the answer does not depend on this machine's way to the registry.
    mirror = f"127.0.0.1:{free_port()}"
    found = bases.ensure(said.append, bundle=tmp_path / "none.tar", mirror=mirror, names={"busybox": given})
    assert found[0].is_standin
    assert any("stand-in" in line for line in said)


@pytest.mark.parametrize("folder", ["/library/", "/"])
def test_a_mirror_is_taken_before_a_stand_in(
    engine: Engine, registry: str, busybox: str, given: str, folder: str
) -> None:
    held = hold(engine, busybox, registry + folder)
    found = bases.ensure(silent, mirror=registry, names={held: given})
    assert (found[0].present, found[0].is_standin) == (True, False)
    assert images.find(f"{registry}{folder}{held}") is None


def test_pull_puts_the_real_image_in_a_stand_ins_place(engine: Engine, registry: str, busybox: str, given: str) -> None:
    held = hold(engine, busybox, f"{registry}/library/")
    engine.docker("tag", busybox, given)
    said: list[str] = []
    found = bases.pull(said.append, mirror=registry, names={held: given})
    assert not found[0].is_standin
    assert said[-1].startswith(f"{given} was a stand-in and is the real one now")
    assert bases.is_standin(busybox)


@pytest.mark.parametrize("mirror", ["refuses", "lacks it"])
def test_a_pull_that_fails_leaves_the_stand_in(
    engine: Engine, registry: str, busybox: str, given: str, mirror: str
) -> None:
    engine.docker("tag", busybox, given)
    address = registry if mirror == "lacks it" else f"127.0.0.1:{free_port()}"
    with pytest.raises(MachineTrouble) as trouble:
        bases.pull(silent, mirror=address, names={"nobody-has-this:1": given})
    assert trouble.value.why
    assert trouble.value.fix
    assert bases.is_standin(given)


def outside(registry: str) -> str:
    """Give the registry's address as another machine would name it: there the engine asks for encryption."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(("192.0.2.1", 9))  # sends nothing; asks which of our addresses would be used
        address = str(asking.getsockname()[0])
    if address.startswith("127."):
        pytest.skip("this machine has no address but loopback")
    return f"{address}:{registry.rpartition(':')[2]}"


@pytest.mark.parametrize("folder", ["/library/", "/"])
def test_a_mirror_without_encryption_serves_engines_that_refuse_it(
    engine: Engine, registry: str, busybox: str, given: str, folder: str
) -> None:
    held = hold(engine, busybox, registry + folder)
    said: list[str] = []
    found = bases.ensure(said.append, mirror=outside(registry), names={held: given})
    assert (found[0].present, found[0].is_standin) == (True, False)
    assert "has no encryption" in said[-1]
    assert engine.run(given, "echo", "works") == "works"


def test_what_a_mirror_changed_is_refused(
    engine: Engine, registry: str, busybox: str, given: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    held = hold(engine, busybox, f"{registry}/library/")
    blobs = tmp_path_factory.getbasetemp().glob("registry*/data/**/blobs/sha256/*/*/data")
    texts = {blob: text for blob in blobs if (text := blob.read_bytes()).startswith(b"{") and b'"rootfs"' in text}
    try:
        for blob, text in texts.items():
            blob.write_bytes(text.replace(b"linux", b"LINUX"))
        with pytest.raises(MachineTrouble, match="did not send") as trouble:
            bases.pull(silent, mirror=outside(registry), names={held: given})
        assert "was changed on its way" in trouble.value.why
    finally:
        for blob, text in texts.items():
            blob.write_bytes(text)
    assert images.find(given) is None


def test_a_mirror_that_lacks_the_image_says_so(registry: str, given: str) -> None:
    with pytest.raises(MachineTrouble) as trouble:
        bases.pull(silent, mirror=outside(registry), names={"nobody-has-this:1": given})
    assert trouble.value.why.startswith("404")


def test_a_registry_that_never_answers_is_given_up(given: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hole:  # takes the connection, says nothing
        place = f"127.0.0.1:{hole.getsockname()[1]}/{given}"
        with pytest.raises(MachineTrouble, match="could not be pulled") as trouble:
            images.pull(place, answer_within=1)
    assert trouble.value.why == "no answer within 1 seconds"
