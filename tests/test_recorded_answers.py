"""How the answers of engines that can't run here are read: API 1.43 to 1.56, and the containerd image store.

Written down from the engine's own documents, named at each; so this proves reading, and not that such an engine works.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import struct
import sys
import tarfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests import speaking_engine
from workshop import changes
from workshop.engine import api, images, preflight
from workshop.engine.containers import Container
from workshop.inside import built, layers
from workshop.inside.image import Image
from workshop.steps.images import list_images
from workshop.trouble import MachineTrouble

# moby api/docs/CHANGELOG.md: 1.44 VirtualSize gone, Created left out where unknown; 1.45 ContainerConfig gone; 1.48
# Descriptor; 1.50 and 1.52 what is not set in Config left out, as are Parent, Comment, DockerVersion and Author.
# The first three lines of each are the example of moby pull request 51072.
BUSYBOX: dict[str, Any] = {
    "Id": "sha256:d82f458899c9696cb26a7c02d5568f81c8c8223f8661bb2a7988b269c8b9051e",
    "RepoTags": ["busybox:latest"],
    "RepoDigests": ["busybox@sha256:d82f458899c9696cb26a7c02d5568f81c8c8223f8661bb2a7988b269c8b9051e"],
    "Created": "2024-09-26T21:31:42Z",
    "Config": {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], "Cmd": ["sh"]},
    "Architecture": "amd64",
    "Os": "linux",
    "Size": 6_561_000,
    "RootFS": {"Type": "layers", "Layers": ["sha256:" + "a" * 64]},
    "Metadata": {"LastTagTime": "2026-01-01T00:00:00Z"},
    "Descriptor": {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": "sha256:" + "d" * 64, "size": 610},
}
MINE: dict[str, Any] = {
    "Id": "sha256:" + "e" * 64,
    "RepoTags": ["banana:latest"],
    "RepoDigests": ["banana@sha256:" + "e" * 64],  # without a push: moby issue 48747
    "Config": {"Cmd": ["sh"], "Entrypoint": [], "ExposedPorts": {"80/tcp": {}}},
    "Architecture": "amd64",
    "Os": "linux",
    "Size": 6_600_000,
    "RootFS": {"Type": "layers", "Layers": ["sha256:" + "a" * 64, "sha256:" + "b" * 64]},
}
EMPTY: dict[str, Any] = {"Id": "sha256:" + "f" * 64, "RepoTags": [], "Config": None, "RootFS": {"Type": "layers"}}
"""An image of FROM scratch and nothing else; Layers is left out where there are none (moby api/swagger.yaml)."""


def listed(facts: dict[str, Any]) -> dict[str, Any]:
    """Give what GET /images/json says of it since 1.43: no <none>:<none>; Labels null; since 1.51 a count."""
    its: dict[str, Any] = {key: facts[key] for key in ("Id", "RepoTags", "Size") if key in facts}
    return {"Size": 0, **its, "ParentId": "", "Created": 1727386302, "SharedSize": -1, "Labels": None, "Containers": 0}


@contextlib.contextmanager
def speaking(version: str, answers: Mapping[str, object], monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Let an engine of this API version give these answers, by the path's end; gives the paths it was asked for."""
    asked: list[str] = []

    def reply(path: str) -> bytes:
        path = path.partition("?")[0]
        asked.append(path)
        if path.endswith("/version"):
            return speaking_engine.answer({**speaking_engine.VERSION, "ApiVersion": version, "MinAPIVersion": "1.44"})
        for end, body in answers.items():
            if path.endswith(end):
                return body if isinstance(body, bytes) else speaking_engine.answer(body)
        return speaking_engine.answer({"message": f"no answer for {path}"}, "404 Not Found")

    with speaking_engine.engine(reply) as address:
        monkeypatch.setenv("DOCKER_HOST", address)
        api.connect.cache_clear()
        try:
            yield asked
        finally:
            api.connect().close()
            api.connect.cache_clear()


NEW = {
    "/images/json": [listed(BUSYBOX), listed(MINE), listed(EMPTY)],
    "/busybox/json": BUSYBOX,
    f"/{BUSYBOX['Id']}/json": BUSYBOX,
    f"/{MINE['Id']}/json": MINE,
    "/banana/json": MINE,
    f"/{EMPTY['Id']}/json": EMPTY,
}


@pytest.mark.parametrize("version", ["1.44", "1.52", "1.56"])
def test_recorded_the_sdk_speaks_the_newest_version_of_the_engine(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with speaking(version, NEW, monkeypatch) as asked:
        assert images.find("busybox")
    assert f"/v{version}/images/busybox/json" in asked


def test_recorded_images_without_names_labels_or_settings_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with speaking("1.52", NEW, monkeypatch):
        assert {row.name for row in list_images()} == {"busybox:latest", "banana:latest", "<none>"}
        assert images.tags() == ["banana:latest", "busybox:latest"]
        nothing = images.find(EMPTY["Id"])
        assert nothing
        assert (nothing.size, nothing.labels, nothing.layers, nothing.names) == (0, {}, (), ())
        assert changes.base_of(images.inspect("banana") or {}) == ("busybox", 1)
        assert built.inherits("busybox") == "starts “sh”"


def test_recorded_what_is_not_set_is_the_same_as_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    with speaking("1.52", NEW, monkeypatch), contextlib.ExitStack() as stack:
        mine, empty = Image(MINE["Id"], "banana", stack), Image(EMPTY["Id"], "empty", stack)
        assert mine.starts_as("busybox")  # its Entrypoint is [], that of busybox is left out
        assert mine.is_on("busybox")
        assert mine.exposed == ["80/tcp"]
        assert (empty.config, empty.exposed, empty.chain, empty.is_on("busybox")) == ({}, [], [], False)


def test_recorded_the_containerd_store_is_recognized(monkeypatch: pytest.MonkeyPatch) -> None:
    """DriverStatus as docs.docker.com/engine/storage/containerd shows it."""
    info = {
        **speaking_engine.INFO,
        "Driver": "overlayfs",
        "DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]],
    }
    with speaking("1.52", {"/info": info, "/_ping": "OK"}, monkeypatch):
        found = preflight.look()
    assert (found.containerd_store, found.api, found.product) == (True, "1.52", "Docker Engine")


def test_recorded_containers_are_read_without_the_fields_that_went(monkeypatch: pytest.MonkeyPatch) -> None:
    """1.52 took Bridge, IPAddress and others out of NetworkSettings; Health is there only with a health check."""
    there = {
        "Id": "c" * 64,
        "State": {"Status": "running", "Running": True, "ExitCode": 0, "Pid": 7},
        "NetworkSettings": {
            "SandboxID": "x",
            "SandboxKey": "/var/run/docker/netns/x",
            "Ports": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "32768"}], "443/tcp": None},
            "Networks": {"bridge": {"IPAddress": "172.17.0.2"}},
        },
    }
    rows = {"Titles": ["PID", "COMMAND"], "Processes": [["12", "nginx: worker"], ["7", "nginx: master process"]]}
    with speaking("1.52", {"/x/json": there, "/x/top": rows}, monkeypatch):
        container = Container("x", "x")
        assert container.published() == {"80/tcp": 32768}
        assert container.state().get("Health") is None
        assert container.processes() == ["nginx: master process", "nginx: worker"]


# What `docker save` writes -----------------------------------------------------------------------------------------


def tar(files: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    """Pack files, and symbolic links by what they point to."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return packed.getvalue()


def zstd(content: bytes) -> bytes:
    """Pack into one frame of one raw block (RFC 8878, 3.1.1): a single segment, its size in four bytes."""
    return (
        b"\x28\xb5\x2f\xfd\xa0"
        + struct.pack("<I", len(content))
        + struct.pack("<I", len(content) << 3 | 1)[:3]
        + content
    )


LAYERS = (tar({"etc/base": b"below"}), tar({"www/banana": b"yellow"}))


def saved(layout: str) -> bytes:
    """Write the archive of an image of two layers as engines of this kind do.

    `old` is that of engines to 24 (moby image/spec/v1.2.md), `oci` that since 25 (moby pull request 44598), and the
    others are of the containerd store, where layers stay as they were pulled or packed (moby pull request 44833).
    """
    config = json.dumps({"architecture": "amd64", "history": [], "rootfs": {"type": "layers"}}).encode()
    if layout == "old":
        manifest = {"Config": "c.json", "RepoTags": ["x:latest"], "Layers": ["1/layer.tar", "2/layer.tar"]}
        files = {"c.json": config, "1/layer.tar": LAYERS[0], "1/VERSION": b"1.0", "real.tar": LAYERS[1]}
        return tar({**files, "manifest.json": json.dumps([manifest]).encode()}, {"2/layer.tar": "../real.tar"})
    packers: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstd}
    pack = packers.get(layout, bytes)
    blobs = {f"blobs/sha256/{number}": pack(layer) for number, layer in enumerate(LAYERS)}
    manifests = [{"Config": "blobs/sha256/c", "RepoTags": ["x:latest"], "Layers": list(blobs)}]
    blobs["blobs/sha256/c"] = config
    if layout == "two platforms":
        blobs["blobs/sha256/arm"] = config.replace(b"amd64", b"arm64")
        manifests.insert(0, {"Config": "blobs/sha256/arm", "RepoTags": ["x:latest"], "Layers": ["blobs/sha256/9"]})
    if layout == "incomplete":  # moby issue 49473
        del blobs["blobs/sha256/1"]
    index = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": b'{"schemaVersion":2,"manifests":[]}'}
    return tar({**blobs, **index, "manifest.json": json.dumps(manifests).encode()})


def archive_answer(layout: str) -> bytes:
    content = saved(layout)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/x-tar\r\nContent-Length: {len(content)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + content


@pytest.mark.parametrize("layout", ["old", "oci", "gzip", "zstd", "two platforms"])
def test_recorded_layers_are_read_from_every_layout(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with speaking("1.52", {"/x/get": archive_answer(layout)}, monkeypatch), contextlib.ExitStack() as stack:
        if layout == "zstd" and sys.version_info < (3, 14):
            with pytest.raises(MachineTrouble, match="zstd"):
                layers.read("x", stack)
            return
        base, mine = layers.read("x", stack)
        assert base.read("/etc/base") == b"below"
        assert mine.read("/www/banana") == b"yellow"
        assert (base.size, mine.size) == (5, 6)
        assert [layer.files.keys() for layer in layers.read("x", stack, skip=1)] == [{"www/banana"}]


def test_recorded_an_archive_that_lacks_a_layer_is_the_engines_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        speaking("1.52", {"/x/get": archive_answer("incomplete")}, monkeypatch),
        contextlib.ExitStack() as stack,
        pytest.raises(MachineTrouble, match="left out a part"),
    ):
        layers.read("x", stack)
