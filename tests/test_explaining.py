"""`invoke explain`: what it takes, how big the layers became, and how it looks at 80 columns."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.conftest import ROOT
from workshop import exercises, places, tasking
from workshop.dockerfile import parse
from workshop.engine import images
from workshop.explain import explain as told
from workshop.inside import built
from workshop.learning import explaining
from workshop.trouble import Usage

INVOKE = [sys.executable, str(Path(sys.executable).with_name("invoke")), "--search-root", str(ROOT)]
DOCKERFILE = f"""FROM busybox AS shelf
ENV TEST={os.getpid()}
FROM shelf
ONBUILD RUN true
RUN head -c 5000 /dev/zero \\
  > /five && \\
  echo $TEST
RUN ["rm", "/five"]
COPY Dockerfile /
EXPOSE 80 9000-9001
CMD ["true"]
"""


def explain(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    task = [*INVOKE, "explain", *words]
    return subprocess.run(task, capture_output=True, text=True, encoding="utf-8", check=False, cwd=cwd)


@pytest.fixture
def image(builder: str, tmp_path: Path) -> Iterator[str]:
    """Give an image of `DOCKERFILE`, built as the tasks build: with a label."""
    name = f"test-explaining-{os.getpid()}"
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    words = ["docker", "build", "--quiet", "--label", "test=explaining", "--tag", name, str(tmp_path)]
    subprocess.run(words, capture_output=True, check=True)
    yield name
    subprocess.run(["docker", "rmi", name], capture_output=True, check=True)


def test_sizes_are_those_of_the_built_image_and_only_of_that(image: str, builder: str) -> None:
    found = built.sizes(image, parse(DOCKERFILE))
    assert found == {2: 0, 5: 5000, 8: 0, 9: len(DOCKERFILE), 10: 0, 11: 0}
    for changed in (
        DOCKERFILE.replace("5000", "6000"),
        DOCKERFILE.replace("EXPOSE 80 9000-9001\n", ""),
        DOCKERFILE.replace("COPY Dockerfile /", "COPY Dockerfile /elsewhere"),
        DOCKERFILE.replace("ONBUILD", "RUN echo more\nONBUILD"),
        DOCKERFILE.replace(f"ENV TEST={os.getpid()}\n", ""),
        DOCKERFILE.replace("FROM shelf\n", "FROM nginx:mainline-alpine\n"),
        "FROM busybox\n",
        "",
    ):
        assert built.sizes(image, parse(changed)) is None, changed


def test_for_an_exercises_image_its_own_name_is_enough(image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file, exercise = parse(DOCKERFILE), places.EXERCISES / "exercise-3"
    monkeypatch.setattr(built, "sizes", lambda *_: {5: 5000})
    for name, words in (
        (f"{exercises.IMAGES}exercise-3", "layers exercise-3 shows"),
        (image, f"layers --image {image}"),
    ):
        _, said = explaining._sizes(name, file, told(file), exercise, asked=False)
        assert words in said


def test_the_engine_is_asked_once_for_each_fact(
    image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def counted(name: str) -> None:
        real = getattr(images, name)

        def ask(image: str) -> object:
            asked.append((name, image))
            return real(image)

        monkeypatch.setattr(images, name, ask)

    counted("inspect")
    counted("history")
    explaining.dockerfile(str(tmp_path), image=image)
    assert "Sizes are those" in capsys.readouterr().out
    assert len(asked) == len(set(asked)) == 3, asked


def test_an_image_that_is_not_there_is_named(tmp_path: Path, engine: docker.DockerClient) -> None:
    (tmp_path / "Dockerfile").write_text("FROM busybox\n")
    with pytest.raises(Usage, match="no image called no-such-image"):
        explaining.dockerfile(str(tmp_path), image="no-such-image")


def test_there_are_no_sizes_where_the_image_is_older_than_the_files(image: str, builder: str, tmp_path: Path) -> None:
    assert built.sizes(image, parse(DOCKERFILE), tmp_path) == built.sizes(image, parse(DOCKERFILE))
    for changed in (
        DOCKERFILE.replace("COPY Dockerfile", "COPY indx.html"),
        DOCKERFILE.replace('CMD ["true"]', 'CMD ["false"]'),
        DOCKERFILE.replace("EXPOSE 80", "EXPOSE 8080"),
        DOCKERFILE.replace("ENV TEST=", "ENV TEST=1"),
    ):
        assert built.sizes(image, parse(changed), tmp_path) is None, changed
    (tmp_path / "Dockerfile").write_text(DOCKERFILE + "# saved since\n")
    assert (built.sizes(image, parse(DOCKERFILE), tmp_path) is None) == (builder == "classic")


@pytest.mark.parametrize(
    ("words", "file"),
    [
        ([], "docker-101/Dockerfile"),
        (["docker-101"], "docker-101/Dockerfile"),
        (["exercise-3"], "exercises/exercise-3/Dockerfile"),
        (["EXERCISE-3"], "exercises/exercise-3/Dockerfile"),
        (["3"], "exercises/exercise-3/Dockerfile"),
        (["solutions/exercise-2"], "solutions/exercise-2/Dockerfile"),
        (["exercises\\exercise-3\\"], "exercises/exercise-3/Dockerfile"),
        (["--path", "exercises/exercise-3"], "exercises/exercise-3/Dockerfile"),
        (["exercises/exercise-3/Dockerfile"], "exercises/exercise-3/Dockerfile"),
    ],
)
def test_it_takes_an_exercise_a_folder_or_a_file(
    words: list[str], file: str, monkeypatch: pytest.MonkeyPatch, engine: docker.DockerClient
) -> None:
    monkeypatch.chdir(ROOT)
    what, path = ("", words[1]) if words[:1] == ["--path"] else ("".join(words), "")
    assert explaining.find(explaining.one_of(what, path)).resolve() == ROOT / file


def test_the_word_is_optional_on_the_command_line_too(engine: docker.DockerClient) -> None:
    for words, begins in [
        (["exercise-1"], "exercises/exercise-1/Dockerfile\n"),
        (["--path", "exercises/exercise-1"], "exercises/exercise-1/Dockerfile\n"),
        ([], "docker-101/Dockerfile\n"),
    ]:
        done = explain(*words)
        assert done.stdout.startswith(begins), done.stderr
        assert "inherits  starts “/docker-entrypoint.sh nginx" in done.stdout
    refused = explain("exercise-1", "--path", "docker-101")
    assert (refused.returncode, refused.stderr.splitlines()[0]) == (2, "Which one: 'exercise-1', or --path docker-101?")


def test_an_exercise_whose_folder_is_gone_is_put_back_by_reset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = dataclasses.replace(exercises.find("6"), folder=tmp_path / "exercise-6")
    monkeypatch.setattr(exercises, "every", lambda: [gone])
    with pytest.raises(Usage, match="There is no folder") as refused:
        explaining.find("exercise-6")
    assert refused.value.fix == ["invoke reset exercise-6"]


def test_what_is_not_there_is_named_with_what_is(tmp_path: Path) -> None:
    for what, words in [("exercise13", "Did you mean exercise-13?"), ("docker101", "Did you mean docker-101?")]:
        with pytest.raises(Usage) as refused:
            explaining.find(what)
        assert words in refused.value.what
    (tmp_path / "dockerfile.txt").write_text("FROM busybox\n")
    with pytest.raises(Usage) as refused:
        explaining.find(str(tmp_path))
    assert "exactly Dockerfile" in refused.value.why
    (tmp_path / "Dockerfile").mkdir()
    with pytest.raises(Usage, match="is a folder"):
        explaining.find(str(tmp_path))


@pytest.mark.parametrize(
    ("argv", "default"),
    [
        (["explain"], ""),
        (["explain", "--path", "x"], ""),
        (["explain", "--path", "x", "3"], None),
        (["build", "explain", "3"], None),
        (["build"], ""),
    ],
)
def test_a_word_is_wanted_only_where_one_stands(
    argv: list[str], default: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tasks

    monkeypatch.setattr(sys, "argv", ["invoke", *argv])
    task = tasks.ns["explain"]
    assert isinstance(task, tasking.WordMayFollow)
    assert next(one.default for one in task.get_arguments(ignore_unknown_help=True) if one.positional) == default


@pytest.mark.parametrize("words", [["--error"], ["--error", "-"], ["-e"]])
def test_an_error_can_be_piped_in(words: list[str]) -> None:
    said = b"\xff\ninvoke: unknown\ndocker: command not found\n"  # not all that a build prints is text
    done = subprocess.run([*INVOKE, "explain", *words], input=said, capture_output=True, check=False, cwd=ROOT)
    assert done.stdout.startswith(b"This shell finds no docker command."), done.stderr


@pytest.mark.parametrize("text", ["-bash: docker: command not found", "build: Docker: command not found"])
def test_any_word_behind_error_is_its_text(text: str) -> None:
    done = explain("--error", text)
    assert done.stdout.startswith("This shell finds no docker command."), done.stderr
    assert "not in the workshop's table" in explain("--error", "build").stderr


def test_where_nothing_is_piped_in_both_ways_to_give_an_error_are_named() -> None:
    pytest.importorskip("termios", reason="needs a terminal of the Unix kind")
    from tests.terminal import Terminal

    with Terminal([*INVOKE, "explain", "--error"], columns=80, cwd=ROOT, env={}) as terminal:
        code, seen = terminal.all()
    assert code == 2
    assert "try  invoke explain --error 'the text, in single quotes'" in seen
    assert "or   docker build . 2>&1 | invoke explain --error -" in seen


def test_on_a_narrow_terminal_lines_stand_under_the_text(tmp_path: Path, engine: docker.DockerClient) -> None:
    (tmp_path / "Dockerfile").write_text("FROM busybox:latest\nRUN cd /somewhere && echo " + "banana " * 30 + "\n")
    pytest.importorskip("termios", reason="needs a terminal of the Unix kind")
    from tests.terminal import Terminal

    with Terminal([*INVOKE, "explain", "--path", str(tmp_path)], columns=60, cwd=ROOT, env={}) as terminal:
        code, seen = terminal.all()
    lines = seen.splitlines()
    assert code == 0
    assert all(len(line) <= 60 for line in lines)
    at = next(number for number, line in enumerate(lines) if line.startswith("       Runs a shell"))
    assert lines[at + 1].startswith("       banana"), lines
    doubt = next(number for number, line in enumerate(lines) if "doubtful: " in line)
    assert lines[doubt + 1].startswith(" " * len("       doubtful: ")), lines
