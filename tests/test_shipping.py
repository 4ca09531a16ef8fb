"""What is still in an image, and what a container of it sees."""

from __future__ import annotations

import io
import tarfile
from types import SimpleNamespace
from typing import Any, cast

from workshop.inside.layers import Layer
from workshop.judging import shipping

NOTHING: Any = SimpleNamespace(config={}, history=[])


def _layer(**files: bytes) -> Layer:
    """Make a layer; "__" in a name stands for a slash, a leading "x_" for a deletion."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in files.items():
            folder, _, last = name.replace("__", "/").rpartition("/")
            last = f".wh.{last[2:]}" if last.startswith("x_") else last
            member = tarfile.TarInfo(f"{folder}/{last}".lstrip("/"))
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return Layer(tarfile.open(fileobj=io.BytesIO(archive.getvalue())))


def test_what_a_later_layer_deletes_is_found_and_called_covered() -> None:
    layers = [_layer(src__key=b"secret"), _layer(x_src=b"")]
    assert shipping.find(NOTHING, layers, [("key", "secret")]) == [shipping.Found("key", "/src/key", covered=True)]
    assert shipping.place_of(layers, "key") == ""


def test_what_nobody_deletes_is_found_where_it_is() -> None:
    layers = [_layer(src__key=b"a secret indeed"), _layer(other=b"")]
    assert shipping.find(NOTHING, layers, [("key", "secret")]) == [shipping.Found("key", "/src/key")]
    assert shipping.place_of(layers, "key") == "/src/key"


def test_the_highest_layer_says_where_a_file_is() -> None:
    assert shipping.place_of([_layer(a__page=b"1"), _layer(b__page=b"2")], "page") == "/b/page"


def test_settings_and_history_are_searched_too() -> None:
    image = cast("Any", SimpleNamespace(config={"Env": ["KEY=secret"]}, history=[]))
    assert shipping.find(image, [], [("key", "secret"), ("tool", "hammer")]) == [shipping.Found("key", "")]
