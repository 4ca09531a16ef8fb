"""Whatever is in a file, whatever a learner or Docker wrote: explain and a verdict show it, and never raise."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from workshop import exercises, places, report, spelling
from workshop.dockerfile.model import KEYWORDS
from workshop.judging.verdict import Finding, Outcome, Result, Verdict, Where
from workshop.learning import explaining, progress, teaching
from workshop.report import terminal
from workshop.trouble import Trouble

QUICK = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
WIDTHS = st.sampled_from([8, 20, 80])
ENCODINGS = st.sampled_from(["utf-8", "cp1252", "ascii"])
NASTY = st.sampled_from(
    ["\x00", "\x1b[2J", "\r\n", "\r", "\t", "[/red]", ":banana:", "🍌", "é", "\u202e", "\ud83d", "…"]
)
TEXT = st.lists(st.one_of(NASTY, st.text(max_size=30)), max_size=6).map("".join)
LINE = st.builds(" ".join, st.tuples(st.sampled_from([*KEYWORDS, "RNU", "#", "<<E"]), TEXT))
FILE = st.one_of(
    st.binary(max_size=200),
    st.lists(LINE, max_size=12).map(lambda lines: "\n".join(lines).encode("utf-8", "surrogatepass")),
    st.lists(LINE, max_size=5).map(lambda lines: "\r\n".join(lines).encode("utf-16", "surrogatepass")),
    st.lists(LINE, max_size=5).map(lambda lines: b"\xef\xbb\xbf" + "\n".join(lines).encode("utf-8", "replace")),
)


@contextlib.contextmanager
def on(width: int, encoding: str, *, piped: bool = False) -> Iterator[list[str]]:
    """Let what is shown go to a terminal, or a pipe, of this width and encoding; afterwards it is in the list."""
    written, shown = io.BytesIO(), list[str]()
    stream = io.TextIOWrapper(written, encoding=encoding, errors=spelling.HANDLER)
    console = Console(
        file=stream, width=width, force_terminal=not piped, soft_wrap=piped, highlight=False, markup=False, emoji=False
    )
    for name in report.__all__:
        getattr(report, name)  # what is loaded while the console is another one would keep that
    before = terminal.console
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terminal, "console", lambda **_: console)
        yield shown
        stream.flush()
        shown.append(written.getvalue().decode(encoding))
    assert terminal.console is before


@pytest.fixture
def folder(tmp_path: Path, engine: docker.DockerClient) -> Path:
    """Give a folder with a name that many programs dislike."""
    odd = tmp_path / "a folder [red] 🍌 é"
    odd.mkdir()
    return odd


def explained(path: Path, width: int = 80, encoding: str = "utf-8") -> str:
    """Explain a file, which may end in a trouble with words for the learner, and give what was shown."""
    with on(width, encoding) as shown:
        try:
            explaining.dockerfile(str(path))
        except Trouble as known:
            report.clean(known.what)
            return known.what
    return shown[0]


@QUICK
@given(content=FILE, width=WIDTHS, encoding=ENCODINGS)
def test_any_file_can_be_explained(folder: Path, content: bytes, width: int, encoding: str) -> None:
    (folder / "Dockerfile").write_bytes(content)
    shown = explained(folder, width, encoding)
    assert shown.strip()
    assert "\x1b[2J" not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"FROM busybox:1\nEXPOSE 80", "port “80”"),
        (b"FROM busybox:1\r\nEXPOSE 80\r\n", "port “80”"),
        (b"\xef\xbb\xbfFROM busybox:1\nEXPOSE 80\n", "port “80”"),
        ("FROM busybox:1\nEXPOSE 80\n".encode("utf-16"), "UTF-16"),
        (b"FROM busybox:1\n" + b"# a\nRUN a \\\n\n  && b\n" * 200 + b"# no\n" * 9_200 + b"EXPOSE 80\n", "port “80”"),
        (b"FROM ../../containers\nEXPOSE 80\n", "port “80”"),
        (b"\x00" * 1000, "\x00"),
        (b"", "no instructions"),
    ],
    ids=["no end of line", "CRLF", "BOM", "UTF-16", "10,000 lines", "not an image", "null bytes", "empty"],
)
def test_files_as_editors_write_them(folder: Path, content: bytes, words: str) -> None:
    (folder / "Dockerfile").write_bytes(content)
    shown = explained(folder)
    assert (words in shown) is (words != "\x00"), shown[-500:]


def test_a_dockerfile_that_is_a_folder_is_named(folder: Path) -> None:
    (folder / "Dockerfile").mkdir()
    assert explained(folder).endswith("Dockerfile is a folder.")


WHERE = st.none() | st.builds(Where, TEXT, st.integers(), TEXT)
FINDING = st.builds(Finding, TEXT, why=TEXT, expected=TEXT, actual=TEXT, hint=TEXT, look=TEXT, where=WHERE)
OUTCOME, SECONDS = st.sampled_from(Outcome), st.floats(0, 1e6)
RESULT = st.builds(Result, TEXT, TEXT, OUTCOME, SECONDS, st.none() | FINDING, st.none() | TEXT, st.tuples(TEXT))
VERDICT = st.builds(Verdict, TEXT, TEXT, st.lists(RESULT, max_size=3).map(tuple), SECONDS)


@QUICK
@given(verdict=VERDICT, width=WIDTHS, encoding=ENCODINGS, piped=st.booleans())
def test_any_verdict_can_be_shown(verdict: Verdict, width: int, encoding: str, piped: bool) -> None:
    with on(width, encoding, piped=piped) as shown:
        report.verdict(verdict, to=terminal.console())
    assert "\x1b[2J" not in shown[0]
    for word, outcome in {"pass": Outcome.PASSED, "FAIL": Outcome.FAILED, "BROKEN": Outcome.BROKEN}.items():
        if width >= len("  x BROKEN"):
            assert (word in shown[0]) >= any(check.outcome is outcome for check in verdict.checks)


@QUICK
@given(
    garbage=st.one_of(
        st.binary(max_size=60), st.sampled_from([b"null", b'{"exercise-1": 3}', b'{"section": -1}', b"[" * 100_000])
    )
)
def test_garbage_in_the_state_is_no_state(garbage: bytes, tmp_path: Path) -> None:
    first = exercises.find("exercise-1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(places, "STATE", tmp_path)
        patch.setattr(teaching, "_STATE", tmp_path / "lesson.json")
        for name in ("progress.json", "lesson.json"):
            (tmp_path / name).write_bytes(garbage)
        assert progress.attempts(first) == 0
        assert progress.standing(first).words == "not begun"
        assert "-> 1  Before you start" in teaching.listing()
        verdict = Verdict("exercise-1", "x", (Result("a", "A", Outcome.FAILED),))
        assert progress.record(verdict, "these files") == 1
