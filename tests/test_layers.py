"""`invoke layers` agrees with the archive that `docker save` writes, and says whose each layer is."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import docker
import pytest

from tests.conftest import ROOT
from workshop import places, report
from workshop.inside import history, layers, stack
from workshop.inside.stack import Stack, Step
from workshop.learning import layering
from workshop.report import stacks
from workshop.trouble import NotThere

INVOKE: list[str | Path] = [sys.executable, Path(sys.executable).with_name("invoke"), "--search-root", ROOT]
FROM_BOX = f"FROM busybox\nENV TEST={os.getpid()}\nWORKDIR /stall\n"
"""No step of it is another test's, which might remove it from the cache a moment later."""
DOCKERFILE = FROM_BOX + (
    "COPY page.html ./\n"
    "RUN dd if=/dev/zero of=/junk bs=1000 count=3000 && mkdir /old && echo old >/old/a && ln -s /old/a /link\n"
    "EXPOSE 8080\n"
    "RUN rm -r /junk /old\n"
    "COPY page.html /stall/\n"
    'CMD ["cat", "page.html"]\n'
)
NO_LAYER = {"ENV", "EXPOSE", "CMD"}


def build(folder: Path, name: str, dockerfile: str = DOCKERFILE) -> str:
    (folder / "Dockerfile").write_text(dockerfile)
    words = ["docker", "build", "--quiet", "--tag", name, str(folder)]
    subprocess.run(words, capture_output=True, check=True)
    return name


def make_folder(folder: Path) -> Path:
    """Make a folder to build, whose layers no other test can have."""
    (folder / "page.html").write_text(f"banana {folder}\n")
    return folder


@pytest.fixture(scope="module")
def image(engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give an image, and a second one on the same first layers, which has -kin behind its name."""
    name, folder = f"test-layers-{os.getpid()}", make_folder(tmp_path_factory.mktemp("stall"))
    build(folder, name)
    build(folder, f"{name}-kin", FROM_BOX + "COPY page.html ./\nENV MORE=1\n")
    yield name
    subprocess.run(["docker", "rmi", "--force", name, f"{name}-kin"], capture_output=True, check=True)


def saved(image: str) -> tuple[list[dict[str, str]], list[list[tarfile.TarInfo]]]:
    """Read with other means what `docker save` writes: the history, and what is in each layer."""
    whole = subprocess.run(["docker", "save", image], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(whole)) as archive:

        def read(path: str) -> bytes:
            stream = archive.extractfile(path)
            assert stream
            return stream.read()

        manifest = json.loads(read("manifest.json"))[0]
        inner = []
        for path in manifest["Layers"]:
            with tarfile.open(fileobj=io.BytesIO(read(path))) as layer:
                inner.append(layer.getmembers())
        return json.loads(read(manifest["Config"]))["history"], inner


def test_layers_agree_with_what_docker_save_writes(tmp_path: Path, builder: str) -> None:
    name = build(make_folder(tmp_path), f"test-layers-{os.getpid()}-{builder}")
    try:
        found, (said, members) = stack.read(name), saved(name)
        words = ["docker", "history", "--human=false", "--format", "{{.Size}}", name]
        listed = subprocess.run(words, capture_output=True, check=True).stdout.split()
    finally:
        subprocess.run(["docker", "rmi", name], capture_output=True, check=True)
    sizes = [sum(one.size for one in layer) for layer in members]
    assert [step.size for step in found.layers] == sizes
    assert [bool(step.layer) for step in found.steps] == [not one.get("empty_layer") for one in said]
    mine = [step for step in found.steps if step.whose == "yours"]
    written = [line.split()[0] for line in DOCKERFILE.splitlines()[1:]]
    assert [history.keyword(step.instruction) for step in mine] == written
    assert {history.keyword(step.instruction) for step in mine if not step.layer} == NO_LAYER
    assert all(step.size == 0 for step in mine if not step.layer)
    assert found.base == "busybox"
    assert {step.whose for step in found.steps[: -len(mine)]} == {"base"}
    lost = {one.path: (one.size, one.deleted) for one in found.hidden}
    page = (tmp_path / "page.html").stat().st_size
    assert lost == {"junk": (3_000_000, True), "old/a": (4, True), "stall/page.html": (page, False)}
    assert found.wasted == 3_000_004 + page
    assert [step.wasted for step in mine if step.wasted] == [page, 3_000_004]
    if not found.containerd:  # there, `docker history` counts in another way, and the task says so
        assert not found.disagrees
        assert [step.listed for step in found.steps] == [int(one) for one in reversed(listed)]
        assert all(step.size <= (step.listed or 0) <= step.size + step.links for step in found.layers)


def test_the_learners_own_words_stand_where_their_dockerfile_made_the_image(
    tmp_path: Path, builder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"test-layers-own-{os.getpid()}-{builder}"
    monkeypatch.setattr(places, "LESSON", make_folder(tmp_path))
    (tmp_path / "more.html").write_text("more\n")
    build(tmp_path, name, FROM_BOX + "COPY page.html ./\nCOPY more.html \\\n  ./\n")
    try:
        written = ["COPY page.html ./", "COPY more.html ./"]
        assert [step.instruction for step in layering.read(name, lessons=name).steps[-2:]] == written
        hashed = [step.instruction for step in layering.read(name, lessons="another").steps[-2:]]
        assert hashed == (["COPY … ./", "COPY … ./"] if builder == "classic" else written)
        (tmp_path / "more.html").write_text("now it is another file\n")
        changed = layering.read(name, lessons=name).steps[-1].instruction
        assert changed == ("COPY … ./" if builder == "classic" else "COPY more.html ./")
    finally:
        subprocess.run(["docker", "rmi", name], capture_output=True, check=True)


def test_an_exercise_names_its_image(monkeypatch: pytest.MonkeyPatch) -> None:
    assert layering.image_of("2", None) == layering.image_of("exercise-2", None) == "banana-smith-exercise-2"
    assert layering.image_of("", None) is layering.image_of("docker-101", None) is None
    monkeypatch.setattr("workshop.engine.images.inspect", lambda _: None)
    with pytest.raises(NotThere) as refused:
        layering.read("banana-smith-exercise-2", lessons="banana-smith-image")
    assert refused.value.fix == ["invoke verify exercise-2"]
    with pytest.raises(NotThere) as refused:
        layering.read("banana-smith-image", lessons="banana-smith-image")
    assert refused.value.fix == ["invoke build"]


def test_what_another_image_has_too_is_said(image: str) -> None:
    found = stack.read(image)
    steps = [step for step in found.layers if step.whose == "yours"]
    assert [f"{image}-kin" in step.shared for step in steps] == [True, True, False, False, False]
    assert all("busybox" in step.shared for step in found.layers if step.whose == "base")


def test_the_task_shows_it_and_draws_it(image: str, tmp_path: Path) -> None:
    drawn = tmp_path / "layers.svg"
    task = [*INVOKE, "layers", "--image", image]
    done = subprocess.run([*task, "--svg", drawn], capture_output=True, text=True, check=True, encoding="utf-8")
    assert f"$ docker history --no-trunc {image}\n" in done.stdout
    assert "\x1b" not in done.stdout
    assert re.search(r"^ +\d+ +yours +3 MB +[█░]+ +RUN dd .*ln -s /old/a /link$", done.stdout, re.M), done.stdout
    assert re.search(r"^ +- +yours +0 B +no layer +EXPOSE 8080", done.stdout, re.M)
    assert re.search(r"3 MB +/junk of layer \d+, deleted in layer \d+$", done.stdout, re.M)
    assert "delete it in the RUN that wrote it, or leave it out of the COPY." in done.stdout
    words = "".join(ElementTree.fromstring(drawn.read_text("utf-8")).itertext())  # noqa: S314 - our own
    assert "EXPOSE 8080" in words
    assert "RUN rm -r /junk /old" in words
    assert "//" not in drawn.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    pytest.importorskip("termios", reason="needs a terminal of the Unix kind")
    from tests.terminal import Terminal

    with Terminal(task, columns=80, cwd=ROOT, env={"NO_COLOR": "1"}) as terminal:
        code, shown = terminal.all()
    assert code == 0
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert re.search(r"^ +\d+ +yours +3 MB +[█░]+ +RUN dd .*…$", shown, re.M), shown
    with Terminal(task, columns=20, cwd=ROOT, env={"NO_COLOR": "1"}) as terminal:
        code, shown = terminal.all()
    assert code == 0
    assert re.search(r"^\d+  yours  3 MB$", shown, re.M), shown
    assert re.search(r"^- +yours  0 B\n  EXPOSE 8080$", shown, re.M), shown


def test_an_image_that_is_not_there_is_named_with_the_nearest(engine: docker.DockerClient) -> None:
    for given, code, words in [
        ("nginx:mainline-alpin", 1, "There is nginx:mainline-alpine."),
        ("Not A Name", 2, "try  --image not-a-name"),
    ]:
        task = [*INVOKE, "layers", "--image", given]
        done = subprocess.run(task, capture_output=True, text=True, check=False)
        assert (done.returncode, words in done.stderr) == (code, True), done.stderr


# --- without an engine ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("created_by", "written"),
    [
        ('/bin/sh -c #(nop)  CMD ["sh"]', 'CMD ["sh"]'),
        ("/bin/bash -o pipefail -c #(nop)  USER nobody", "USER nobody"),
        (f"/bin/sh -c #(nop) COPY file:{'0a' * 32} in /x/ ", "COPY … /x/"),
        ("COPY a.html /x/ # buildkit", "COPY a.html /x/"),
        ("/bin/sh -c apk add curl &&     echo done", "RUN apk add curl && echo done"),
        ("RUN /bin/sh -c apk add curl # buildkit", "RUN apk add curl"),
        ("|1 FRUIT=a plum /bin/sh -c echo $FRUIT", "RUN echo $FRUIT   (FRUIT=a plum)"),
        ("RUN |1 FRUIT=plum /bin/sh -e -c echo $FRUIT # buildkit", "RUN echo $FRUIT   (FRUIT=plum)"),
        ("rm /junk", "RUN rm /junk"),
        ("EXPOSE map[80/tcp:{} 443/tcp:{}]", "EXPOSE 80/tcp 443/tcp"),
        ("", "(not recorded)"),
    ],
)
def test_a_step_is_written_as_in_a_dockerfile(created_by: str, written: str) -> None:
    assert history.instruction(created_by) == written


def layer(*names: str) -> layers.Layer:
    """Make a layer: "a" is a file of 5 bytes, "b/" a folder, "c>d" a link."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for one in names:
            path, _, target = one.partition(">")
            info = tarfile.TarInfo(path.rstrip("/"))
            info.type = tarfile.DIRTYPE if path.endswith("/") else tarfile.SYMTYPE if target else tarfile.REGTYPE
            info.linkname, info.size = target, 5 if info.isreg() else 0
            archive.addfile(info, io.BytesIO(b"12345") if info.isreg() else None)
    packed.seek(0)
    return layers.Layer(tarfile.open(fileobj=packed))


@pytest.mark.parametrize(
    ("stacked", "hidden"),
    [
        ([["a"], ["b"]], []),
        ([["a"], [".wh.a"]], [("a", 5, 1, 2, True)]),
        ([["a"], ["a"], [".wh.a"]], [("a", 5, 1, 2, False), ("a", 5, 2, 3, True)]),
        ([["d/", "d/a", "d/e/", "d/e/b"], [".wh.d"]], [("d/a", 5, 1, 2, True), ("d/e/b", 5, 1, 2, True)]),
        ([["d/", "d/a"], ["d/", "d/.wh..wh..opq", "d/b"]], [("d/a", 5, 1, 2, True)]),
        ([["d/", "d/a"], ["d/", "d/b"]], []),
        ([["d/", "d/a"], ["d"]], [("d/a", 5, 1, 2, True)]),
        ([["a"], ["a/", "a/b"]], [("a", 5, 1, 2, False)]),
        ([["c>target"], [".wh.c"]], []),
        ([["a"], [".wh.nothing"]], []),
        ([["./a"], ["a"]], [("a", 5, 1, 2, False)]),
        ([["da", "d/", "d/a"], [".wh.d"]], [("d/a", 5, 1, 2, True)]),
    ],
)
def test_what_a_later_layer_hides_is_wasted(stacked: list[list[str]], hidden: list[object]) -> None:
    found = stack.wasted([layer(*names) for names in stacked])
    assert [(one.path, one.size, one.written, one.gone, one.deleted) for one in found] == hidden


def made(*steps: Step, containerd: bool = False) -> Stack:
    return Stack("x", "busybox", standin=False, containerd=containerd, steps=steps, hidden=())


def test_other_numbers_of_the_engine_are_said_with_their_reason() -> None:
    same = Step("COPY a b", "yours", layer=1, size=3, listed=3)
    assert not made(same).disagrees
    other = made(same, replace(same, layer=2, listed=8192), containerd=True)
    assert "layer 2 8.19 kB, not 3 B" in stacks.other_numbers(other)
    assert "containerd image store" in stacks.other_numbers(other)


def test_a_picture_holds_any_text(tmp_path: Path) -> None:
    nasty = Step('RUN echo "<b>&amp;" \x1b[31m\x00 \ufffe 🍌', "yours", layer=1, size=3)
    drawn = report.picture(made(nasty), tmp_path / "a.svg").read_text("utf-8")
    assert '"<b>&amp;"' in "".join(ElementTree.fromstring(drawn).itertext())  # noqa: S314 - our own


@pytest.mark.parametrize(
    ("size", "wasted", "bar"), [(100, 0, "████"), (100, 50, "██░░"), (100, 100, "░░░░"), (1, 0, "▏"), (0, 0, "")]
)
def test_a_bar_is_as_long_as_the_layer_is_big(size: int, wasted: int, bar: str) -> None:
    assert stacks.bar_of(Step("RUN x", "yours", layer=1, size=size, wasted=wasted), 100, 4) == bar
