"""The same packages give the same image, byte for byte."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

from workshop.engine import images
from workshop.standin import making
from workshop.standin.layer import RUNS, Layer

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Engine


def test_two_makings_give_the_same_images(engine: Engine, names: dict[str, str], tmp_path: Path) -> None:
    again = {name: f"{given}-again" for name, given in names.items()}
    making.make(tmp_path / "again.tar", again, lambda _: None)
    engine.docker("load", "-q", "-i", str(tmp_path / "again.tar"))
    try:
        for name, given in names.items():
            one, two = images.find(given), images.find(again[name])
            assert one
            assert two
            assert (one.id, one.layers) == (two.id, two.layers)
    finally:
        engine.docker("rmi", *again.values())


def test_a_layer_does_not_depend_on_the_order_of_making(tmp_path: Path) -> None:
    (tmp_path / "run").write_bytes(b"#!/bin/sh\r\nexit\r\n")
    one, two = Layer("one", 1_700_000_000), Layer("two", 1_700_000_000)
    one.file("/b/y", b"1")
    one.tree(tmp_path)
    one.hardlink("/a", "/b/y")
    two.hardlink("/a", "/b/y")
    two.file("/b/y", b"1")
    two.tree(tmp_path)
    assert one.tar() == two.tar()


def test_a_layer_has_root_as_owner_fixed_times_and_scripts_that_run(tmp_path: Path) -> None:
    (tmp_path / "run").write_bytes(b"#!/bin/sh\r\nexit\r\n")
    layer = Layer("a layer", 1_700_000_000)
    layer.tree(tmp_path)
    layer.folder("/home", owner=(65534, 65534))
    with tarfile.open(fileobj=io.BytesIO(layer.tar())) as tar:
        script, home = tar.getmember("run"), tar.getmember("home")
        content = tar.extractfile(script)
        assert content
        assert content.read() == b"#!/bin/sh\nexit\n"
    assert (script.mode, script.uid, script.gid, script.mtime) == (RUNS, 0, 0, 1_700_000_000)
    assert (home.uid, home.gid) == (65534, 65534)


def test_folders_above_a_file_come_before_it() -> None:
    layer = Layer("a layer", 0)
    layer.file("/a/b/c", b"")
    with tarfile.open(fileobj=io.BytesIO(layer.tar())) as tar:
        assert tar.getnames() == ["a", "a/b", "a/b/c"]
    assert "/a/b" in layer
