"""The lesson in the terminal: its sections, where one is, and its commands one at a time."""

from __future__ import annotations

import functools
import itertools
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import docker
import pytest

from tests.conftest import ROOT, copy_repository
from workshop import places, report
from workshop.judging.running import until
from workshop.learning import lesson, teaching
from workshop.trouble import Usage

TEXT = """# A lesson

Welcome.

## One

```console
$ cd folder
```

```text
## no heading
```

## Two

```dockerfile title=Dockerfile
FROM busybox
```

```console
$ docker version
Client:…
$ docker run -it --rm 0492ed sh
/ # exit
```

```console fails
$ docker image inspect no-such-image-at-all
…
```

```console builder=none-of-them
$ docker never
```
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a place with a lesson of two sections."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "README.md").write_text(TEXT, "utf-8")
    for name in ("concepts.md", "push.md"):
        (tmp_path / name).write_text(f"# {name}\n\n## Only\n", "utf-8")
    for owner, name, path in [
        (teaching, "_TEXTS", tmp_path),
        (teaching, "_STATE", tmp_path / "state" / "lesson.json"),
        (places, "STATE", tmp_path / "state"),
        (places, "ROOT", tmp_path),
    ]:
        monkeypatch.setattr(owner, name, path)
    return tmp_path


def shown(capfd: pytest.CaptureFixture[str]) -> str:
    report.console.cache_clear()
    return capfd.readouterr().out


def typing(*words: str) -> Callable[[str], str]:
    """Answer the questions with these words, one after the other."""
    left = list(words)
    return lambda question: left.pop(0) if left else pytest.fail(f"nobody expected: {question}")


def test_sections_are_cut_at_headings_and_nowhere_else() -> None:
    intro, found = lesson.sections(TEXT)
    assert intro.startswith("# A lesson")
    assert [(one.number, one.title) for one in found] == [(1, "One"), (2, "Two")]
    assert "## no heading" in found[0].text
    assert lesson.sections("no sections")[1] == []


def test_where_one_is_is_kept_and_garbage_begins_anew(checkout: Path, capfd: pytest.CaptureFixture[str]) -> None:
    teaching.show()
    first = shown(capfd)
    assert "Welcome." in first
    assert first.endswith("section 1 of 2: One\nnext: invoke lesson --section 2\n")
    teaching.show(forward=True)
    assert shown(capfd).endswith("section 2 of 2: Two\nnext: invoke exercises or invoke lesson --part push\n")
    assert teaching.listing()[2:5] == ["A lesson  (--part lesson)", "   1  One", "-> 2  Two"]
    teaching.show(part="concepts")
    assert shown(capfd).endswith("section 1 of 1: Only\nnext: invoke lesson --part lesson\n")
    teaching.show(forward=True)
    assert "section 1 of 2: One\n" in shown(capfd)
    teaching.show(part="push")
    assert shown(capfd).endswith("next: invoke exercises\n")
    with pytest.raises(Usage, match="last section"):
        teaching.show(forward=True)
    with pytest.raises(Usage, match="There is no section 3"):
        teaching.show(3)
    with pytest.raises(Usage, match="There is no part 'concept'"):
        teaching.show(part="concept")
    for garbage in (
        b"",
        b"{",
        b"[]",
        b'{"part": "push", "section": 77}',
        b'{"part": [], "section": 1}',
        b"\xff\xfe\x00",
    ):
        (checkout / "state" / "lesson.json").write_bytes(garbage)
        assert teaching.listing()[3] == "-> 1  One"


def test_its_commands_run_one_at_a_time_as_one_says(
    checkout: Path, capfd: pytest.CaptureFixture[str], engine: docker.DockerClient
) -> None:
    dockerfile = checkout / "folder" / "Dockerfile"

    def save_it(question: str) -> str:
        if question.startswith("Enter when it is saved"):
            dockerfile.write_text("FROM busybox\n\n")
            return ""
        return answers(question)

    answers = typing("y", "", "touch made-by-another-program", "docker version --format typed-{{.Client.Os}}", "")
    teaching.show(2, ask=save_it)
    said = shown(capfd)
    assert "folder/Dockerfile look as the section shows it" in said
    assert re.search(r"^ Version: ", said, re.M), "docker version did not run"
    assert not (checkout / "folder" / "made-by-another-program").exists()
    assert "Only these are run here: docker, invoke" in said
    assert f"typed-{sys.platform}" in said, "what was typed instead did not run"
    assert "(It ended with exit code 1, as it should here.)" in said
    assert "$ docker never" not in said.partition("section 2 of 2")[2]


def test_a_file_that_is_not_yet_the_same_is_told_where(checkout: Path, capfd: pytest.CaptureFixture[str]) -> None:
    dockerfile = checkout / "folder" / "Dockerfile"
    block = lesson.blocks('```dockerfile title=Dockerfile\nFROM busybox\nRUN echo "two bananas"\n```')[0]
    saved = iter(
        [
            None,
            b'FROM busybox\n\nRUN echo "two banana"\n',
            b"FROM busybox\n",
            b'FROM busybox\nRUN echo "two bananas"\nUSER me\n',
            b"\xff\xfeF\x00",
            b'\nFROM busybox \r\n\r\nRUN echo "two bananas"',
        ]
    )

    def save(question: str) -> str:
        if now := next(saved):
            dockerfile.write_bytes(now)
        return ""

    assert teaching._written(block, dockerfile.parent, save)
    assert re.findall(r"not yet the same\.\n(.+)\n(.*lesson.*)?", shown(capfd)) == [
        ("There is no such file.", ""),
        ('yours   line 3: RUN echo "two banana"', 'lesson  line 3: RUN echo "two bananas"'),
        ("yours   line 2: nothing, the text ends before it", 'lesson  line 2: RUN echo "two bananas"'),
        ("yours   line 3: USER me", "lesson  line 3: nothing, the text ends before it"),
        ("yours   line 1: ��F<NUL>", "lesson  line 1: FROM busybox"),
    ]


def test_a_change_of_folder_is_told_to_hold_here_alone(checkout: Path, capfd: pytest.CaptureFixture[str]) -> None:
    teaching.show(1, ask=typing("y", ""))
    assert "your own terminal stays in its folder" in shown(capfd)


def test_nothing_runs_that_was_not_agreed_to(checkout: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for words in (["n"], ["y", "q"], ["y", "s", "q"], ["y", "s", "s", "s", "s"]):
        teaching.show(2, ask=typing(*words))
        said = shown(capfd)
        assert "ended with" not in said
        assert not re.search(r"^ Version: ", said, re.M)


def test_piped_it_is_the_text_itself_and_on_a_terminal_it_asks(tmp_path: Path) -> None:
    root = tmp_path / "copy"
    copy_repository(root)
    task = [sys.executable, str(Path(sys.executable).with_name("invoke")), "--search-root", str(root), "lesson"]
    done = subprocess.run(task, capture_output=True, text=True, encoding="utf-8", check=True, stdin=subprocess.DEVNULL)
    _, found = lesson.sections((ROOT / "docker-101" / "README.md").read_text("utf-8"))
    assert found[0].text in done.stdout
    assert "?" not in done.stdout.splitlines()[-1]
    pytest.importorskip("termios", reason="needs a terminal of the Unix kind")
    from tests.terminal import WITHIN, Terminal

    with Terminal([*task, "--next"], columns=60, cwd=root, env={}) as terminal:

        def asks(times: int) -> bool | None:
            return terminal.text.count("q leaves it: ") + terminal.text.count("[y/N]") >= times or None

        for number in itertools.count(1):
            assert until(functools.partial(asks, number), WITHIN)
            if "[y/N]" in terminal.text:
                break
            page = terminal.text.rpartition("Enter shows more, q")[0].rpartition("q leaves it: \n")[2]
            assert 14 <= page.count("\n") < 30, f"a page of a terminal with 30 lines: {page}"
            terminal.type("\n")
        terminal.type("n\n")
        code, seen = terminal.all()
    assert code == 0
    assert number > 2
    assert all(len(line) <= 60 for line in seen.splitlines() if "─" not in line), seen
    assert "commands here, one at a time? [y/N]" in seen
    assert seen.rstrip().endswith("next: invoke lesson --section 3")
    assert "<details>" not in seen
