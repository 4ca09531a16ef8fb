"""No file that is damaged, foreign or hostile gets anything into an engine, and each is told why."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import tarfile
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kit.conftest import Cut
from tests.kit.making import DIGEST, Tiny, sha256, write
from workshop.classroom import loading
from workshop.engine import api, images
from workshop.supplies import bundle
from workshop.trouble import MachineTrouble, Usage

OURS = Tiny("busybox", digest=DIGEST)
TWO = [OURS, Tiny("nginx:mainline-alpine", packed=True)]


@pytest.fixture
def names(cut_engine: Cut, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Load into the tests' own engine, where nobody's base images can come to harm, under names of no image."""
    monkeypatch.setenv("DOCKER_HOST", cut_engine.host)
    api.connect.cache_clear()
    mark = uuid.uuid4().hex[:12]
    given = {one.name: f"docker-101-test-load-{mark}:{number}" for number, one in enumerate(TWO)}
    yield given
    for name in given.values():
        images.untag(name)
    api.connect().close()
    api.connect.cache_clear()


def refusal(file: Path, names: dict[str, str]) -> MachineTrouble:
    """Load a file, which must be refused, with nothing loaded; give what is said."""
    with pytest.raises(MachineTrouble) as trouble:
        loading.load(file, pytest.fail, names)
    assert all(images.find(name) is None for name in names.values())
    assert "nothing was loaded" in trouble.value.what
    assert trouble.value.fix
    return trouble.value


def its_id(name: str) -> str:
    """Give an image's ID; empty where there is none of that name."""
    found = images.find(name)
    return found.id if found else ""


def rewritten(file: Path, change: Callable[[tarfile.TarInfo, bytes], list[tuple[tarfile.TarInfo, bytes]]]) -> Path:
    """Write a file anew, each of its members changed."""
    changed = file.with_name("changed.tar")
    with tarfile.open(file) as old, tarfile.open(changed, "w", format=tarfile.PAX_FORMAT) as new:
        for info in old:
            content = old.extractfile(info)
            for its_info, its_content in change(info, content.read() if content else b""):
                its_info.size = len(its_content)
                new.addfile(its_info, io.BytesIO(its_content))
    return changed


def with_member(file: Path, name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> Path:
    """Add one member to a file, the first in it."""
    extra = tarfile.TarInfo(name)
    extra.type, extra.linkname = kind, link
    added = file.with_name("more.tar")
    with tarfile.open(file) as old, tarfile.open(added, "w") as new:
        new.addfile(extra, io.BytesIO())
        for info in old:
            new.addfile(info, old.extractfile(info))
    return added


@pytest.mark.parametrize("listed", [True, False])
def test_what_is_whole_is_loaded(names: dict[str, str], tmp_path: Path, listed: bool) -> None:
    said: list[str] = []
    loading.load(write(tmp_path / "good.tar", TWO, listed=listed), said.append, names)
    assert [its_id(names[one.name]) for one in TWO] == [one.id for one in TWO]
    assert any(line.startswith("new      ") and DIGEST in line for line in said) == listed


def test_a_changed_byte_is_noticed_wherever_it_is(tmp_path: Path) -> None:
    file = write(tmp_path / "good.tar", TWO)
    whole = bytearray(file.read_bytes())
    with bundle.opened(file) as opened:
        good = opened.images
    noticed = 0
    for place in range(0, len(whole), 61):
        whole[place] ^= 0x10
        file.write_bytes(whole)
        whole[place] ^= 0x10
        try:
            with bundle.opened(file) as opened:
                assert opened.images == good, f"byte {place} is another image's now"
        except MachineTrouble:
            noticed += 1
    assert noticed > len(whole) / 61 / 3, "the rest is padding, which says nothing"


def test_a_file_that_was_cut_off_is_refused_wherever(tmp_path: Path) -> None:
    file = write(tmp_path / "good.tar", TWO)
    whole = file.read_bytes()
    end = whole.rfind(b"  manifest.json\n")
    for length in range(0, end, 487):
        file.write_bytes(whole[:length])
        with pytest.raises(MachineTrouble), bundle.opened(file):
            pass


def test_a_damaged_file_says_which_part_of_it(names: dict[str, str], tmp_path: Path) -> None:
    file = write(tmp_path / "good.tar", TWO)
    file.write_bytes(file.read_bytes().replace(b"busybox amd64", b"busybox amd65"))
    trouble = refusal(file, names)
    assert trouble.kind == "bundle-damaged"
    assert "is not what it was when it was packed" in trouble.why


@pytest.mark.parametrize(
    ("member", "why"),
    [
        (("../../etc/cron.d/x",), "leads out of it"),
        (("/etc/passwd",), "leads out of it"),
        (("C:\\Windows\\x",), "leads out of it"),
        (("blobs/sha256/x", tarfile.SYMTYPE, "/etc/shadow"), "no plain file"),
        (("blobs/sha256/x", tarfile.SYMTYPE, "../../../shadow"), "no plain file"),
        (("blobs/sha256/x", tarfile.LNKTYPE, "manifest.json"), "no plain file"),
        (("x", tarfile.CHRTYPE), "no plain file"),
        (("x", tarfile.FIFOTYPE), "no plain file"),
        (("manifest.json",), "is in it twice"),
    ],
)
@pytest.mark.parametrize("listed", [True, False])
def test_what_leads_elsewhere_is_refused(
    names: dict[str, str], tmp_path: Path, listed: bool, member: tuple[Any, ...], why: str
) -> None:
    trouble = refusal(with_member(write(tmp_path / "good.tar", TWO, listed=listed), *member), names)
    assert trouble.kind == "bundle-refused"
    assert why in trouble.why


def test_a_layer_that_two_images_share_may_be_a_link(names: dict[str, str], tmp_path: Path) -> None:
    """As engines before version 25, and Podman, write it."""
    moved = f"blobs/sha256/{sha256(OURS.layer)[7:]}"

    def change(info: tarfile.TarInfo, content: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        if info.name != moved:
            return [(info, content)]
        link = tarfile.TarInfo(moved)
        link.type, link.linkname = tarfile.SYMTYPE, "../../layer.tar"
        return [(link, b""), (tarfile.TarInfo("layer.tar"), content)]

    loading.load(rewritten(write(tmp_path / "old.tar", TWO, listed=False), change), lambda _: None, names)
    assert its_id(names["busybox"]) == OURS.id


def test_a_layer_that_is_none_of_its_image_is_refused(names: dict[str, str], tmp_path: Path) -> None:
    """As `docker save` wrote it, but for the layer, which has a fitting name."""
    evil = Tiny("busybox", salt="evil")

    def change(info: tarfile.TarInfo, content: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        if content == OURS.layer:
            content = evil.layer
        return [(info, content)]

    trouble = refusal(rewritten(write(tmp_path / "good.tar", TWO, listed=False), change), names)
    assert "is damaged" in trouble.why


@pytest.mark.parametrize(
    ("member", "content"),
    [
        ("docker-101.json", "[" * 200_000),
        ("docker-101.json", '{"version": 1, "images": [{"name": 3}]}'),
        ("docker-101.json", '{"version": 1, "images": {"a": "b"}}'),
        ("docker-101.json", '{"version": 9, "images": []}'),
        ("docker-101.json", "null"),
        ("docker-101.json", '{"version": 1, "images": [{"name": "busybox", "config": "nowhere", "layers": []}]}'),
        ("manifest.json", '[{"RepoTags": 7}]'),
        ("manifest.json", '[{"RepoTags": ["busybox"], "Config": "../x", "Layers": "abc"}]'),
        ("manifest.json", "\udce4"),
    ],
)
def test_texts_that_are_none_are_refused(names: dict[str, str], tmp_path: Path, member: str, content: str) -> None:
    text = content.encode("utf-8", "surrogateescape")

    def change(info: tarfile.TarInfo, old: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        if info.name == member:
            return [(info, text)]
        if info.name == "SHA256SUMS":  # whoever does harm knows how to reckon checksums
            lines = [line for line in old.decode().splitlines() if not line.endswith(f"  {member}")]
            return [(info, "\n".join([*lines, f"{sha256(text)[7:]}  {member}"]).encode())]
        return [(info, old)]

    file = write(tmp_path / "good.tar", TWO, listed=member == "docker-101.json")
    assert refusal(rewritten(file, change), names).kind == "bundle-damaged"


def test_what_unpacks_without_end_is_refused(
    names: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "LARGEST", 2_000_000)
    bomb = gzip.compress(bytes(8_000_000))

    def change(info: tarfile.TarInfo, content: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        return [(info, bomb if content.startswith(bundle.GZIP) else content)]

    inside = rewritten(write(tmp_path / "good.tar", TWO, listed=False), change)
    assert "holds more than 1 MB" in refusal(inside, names).why
    outside = tmp_path / "bomb.tar"
    outside.write_bytes(gzip.compress(bytes(8_000_000)))
    assert "holds more than 1 MB" in refusal(outside, names).why


def test_an_archive_of_endless_names_is_refused(names: dict[str, str], tmp_path: Path) -> None:
    file = write(tmp_path / "many.tar", [Tiny("busybox")] * (bundle.IMAGES + 1))
    assert "names more than 100 images" in refusal(file, names).why


def test_a_packed_archive_is_taken_and_a_cut_off_one_not(names: dict[str, str], tmp_path: Path) -> None:
    file = write(tmp_path / "good.tar", TWO)
    packed = gzip.compress(file.read_bytes())
    file.write_bytes(packed[: len(packed) // 2])
    assert refusal(file, names).kind == "bundle-damaged"
    file.write_bytes(packed)
    loading.load(file, lambda _: None, names)
    assert images.find(names["busybox"])


def test_foreign_files_are_called_foreign(names: dict[str, str], tmp_path: Path) -> None:
    other = refusal(write(tmp_path / "other.tar", [Tiny("debian:12")], listed=False), names)
    assert (other.kind, "holds debian:12 for linux/amd64" in other.why) == ("bundle-foreign", True)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("manifest.json", json.dumps([]))
    with tarfile.open(tmp_path / "folder.tar", "w") as plain:
        plain.add(__file__, "test.py")
    for name in ("a.zip", "folder.tar"):
        assert refusal(tmp_path / name, names).kind == "bundle-damaged"


def test_other_processors_images_are_refused_by_name(names: dict[str, str], tmp_path: Path) -> None:
    trouble = refusal(write(tmp_path / "arm.tar", [Tiny("busybox", "s390x")]), names)
    assert trouble.kind == "bundle-other-processor"
    assert "holds busybox for linux/s390x; this engine is linux/" in trouble.why


def test_names_beside_ours_are_not_loaded(names: dict[str, str], tmp_path: Path) -> None:
    stranger = f"docker-101-test-stranger-{uuid.uuid4().hex[:12]}:1"
    loading.load(write(tmp_path / "more.tar", [*TWO, Tiny(stranger)], listed=False), lambda _: None, names)
    assert images.find(names["busybox"])
    assert images.find(stranger) is None


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(Usage):
        loading.archive(str(tmp_path / "none.tar"))


def test_docker_itself_takes_what_was_packed(names: dict[str, str], tmp_path: Path) -> None:
    name = names["busybox"]
    tiny = Tiny(name)
    file = write(tmp_path / "good.tar", [tiny, Tiny(name, "arm64")])
    subprocess.run(["docker", "load", "-i", file], check=True, capture_output=True)
    assert its_id(name) == tiny.id
