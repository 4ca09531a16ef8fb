"""Ours reads a Dockerfile as moby's own parser does, and never raises."""

from __future__ import annotations

import importlib.util
import itertools
import re
import string
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.dockerfile_corpus import CORPUS, REFUSED
from workshop.dockerfile import Dockerfile, Instruction, file_in, parse
from workshop.dockerfile.lexing import heredoc_marks

moby: Any = importlib.import_module("dockerfile") if importlib.util.find_spec("dockerfile") else None
"""moby's own parser; there is a wheel for Linux on x86-64 and no other machine."""

SHAPED = ("ONBUILD", "ENV", "LABEL")
"""Instructions whose arguments moby's wheel gives in another shape than ours."""
needs_moby = pytest.mark.skipif(moby is None, reason="moby's parser has no wheel for this machine")


def as_moby(command: Any) -> tuple[Any, ...]:  # noqa: ANN401 - the wheel has no types
    keyword = (command.cmd or "").upper()
    values = tuple(value for value in command.value if value)
    heredocs = tuple((h.name, h.content, h.file_descriptor) for h in command.heredocs)
    return (
        keyword,
        command.start_line,
        command.end_line,
        *(() if keyword == "ONBUILD" else (command.json, heredocs)),
        command.flags,
        () if keyword in SHAPED else values,
    )


def as_ours(one: Instruction) -> tuple[Any, ...]:
    values = tuple(arg for arg in one.args if arg)
    heredocs = tuple((h.name, h.content, h.descriptor) for h in one.heredocs)
    return (
        one.keyword,
        one.first_line,
        one.last_line,
        *(() if one.keyword == "ONBUILD" else (one.json_form, heredocs)),
        tuple(map(str, one.flags)),
        () if one.keyword in SHAPED else values,
    )


@needs_moby
@pytest.mark.parametrize("name", CORPUS)
def test_every_file_of_the_corpus_means_what_it_means_to_moby(name: str) -> None:
    assert [as_ours(one) for one in parse(CORPUS[name]).instructions] == [
        as_moby(command) for command in moby.parse_string(CORPUS[name])
    ]


@needs_moby
@pytest.mark.parametrize("name", REFUSED)
def test_what_moby_refuses_has_an_error_of_ours(name: str) -> None:
    with pytest.raises(moby.GoParseError):
        moby.parse_string(REFUSED[name])
    assert parse(REFUSED[name]).errors


STATEMENTS = ["FROM a", "RUN x", "COPY a b", "CMD", "ENV A=1", "ONBUILD ", "# escape=`\n", "--from=x", "--"]
HEREDOCS = ["<<EOF", "<<-EOF", "<<'E'", "EOF", "\tEOF", "E"]
MARKS = [
    '["a","b"]',
    "\\",
    "#",
    "\\\n",
    "\n",
    " ",
    "\t",
    "\r\n",
    "'",
    '"',
    "=",
    "`",
    "$",
    "1",
    "é",
    "${A}",
    "<",
    "&& y",
]
PARTS = st.sampled_from([*STATEMENTS, *HEREDOCS, *MARKS])
FILES = st.lists(PARTS, max_size=30).map("".join)


NEWER = re.compile(r"<<-?[ \t]|(\\\\|``)[ \t\r]*$|\][ \t]*\S|\$", re.MULTILINE)
"""Where the oracle, a moby of 2022, and BuildKit of today differ: a space behind `<<`, a doubled escape at an end,
something behind a list, and variables in the name of a heredoc."""


@needs_moby
@settings(max_examples=400, deadline=None)
@given(FILES)
def test_any_jumble_of_parts_means_what_it_means_to_moby(text: str) -> None:
    assume(not ("--" in text and "é" in text))  # moby reads flags byte by byte
    assume(not NEWER.search(text) and not ("<<" in text and "\\" in text))
    ours = parse(text)
    try:
        theirs = moby.parse_string(text)
    except moby.GoParseError:
        theirs = None
    if theirs is None:
        assert ours.errors
    else:
        assert [as_ours(one) for one in ours.instructions] == [as_moby(command) for command in theirs]


def holds_together(file: Dockerfile) -> None:
    """Assert what is promised about positions, for any text."""
    lines = file.text.split("\n")
    for one in file.instructions:
        assert 1 <= one.first_line <= one.last_line <= len(lines)
        assert one.raw == "\n".join(lines[one.first_line - 1 : one.last_line])
        for word in one.words:
            assert one.first_line <= word.span.line <= one.last_line
            assert 1 <= word.span.start < word.span.end <= len(lines[word.span.line - 1]) + 2
        for heredoc in one.heredocs:
            assert one.first_line < heredoc.first_line
    for before, after in itertools.pairwise(file.instructions):
        assert before.last_line < after.first_line
    for problem in file.errors:
        assert 1 <= problem.line <= max(1, len(lines))


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), FILES, st.text(alphabet=string.printable + "\x00\xa0\u2028")))
def test_any_text_is_read_without_raising_and_positions_hold(text: str) -> None:
    holds_together(parse(text))


@settings(max_examples=200, deadline=None)
@given(st.binary())
def test_any_bytes_are_read_without_raising_and_positions_hold(data: bytes) -> None:
    holds_together(parse(data))


def test_ten_thousand_lines_are_read() -> None:
    for text in (
        "FROM a\n" + "RUN x\n" * 10_000,
        "FROM a\nRUN x \\\n" + " && y z \\\n" * 10_000,
        "FROM a AS b\n" * 10_000,
        "FROM a\nRUN " + "<<E " * 10_000 + "\nE" * 10_000,
        "FROM a\n" + "ONBUILD " * 10_000 + "RUN x",
        "FROM a\nCMD " + "[" * 100_000,
    ):
        holds_together(parse(text))


def test_a_word_says_where_it_stands_even_in_a_continued_line() -> None:
    one = parse("FROM a\nRUN --network=none x \\\n   && yy\n").instructions[1]
    assert [(word.text, word.span.line, word.span.start, word.span.end) for word in one.words] == [
        ("x", 2, 20, 21),
        ("&&", 3, 4, 6),
        ("yy", 3, 7, 9),
    ]
    assert (one.flags[0].span.start, one.flags[0].span.end) == (5, 19)


def test_the_last_copy_is_that_of_the_final_stage() -> None:
    file = parse("FROM a AS one\nCOPY a b\nADD c d\nFROM b\nRUN x\nCOPY e f\nRUN y\n")
    assert file.last("COPY", "ADD") is file.instructions[5]
    assert file.last("add") is file.instructions[2]
    assert file.last("CMD") is None
    assert [one.first_line for one in file.all("COPY", "ADD")] == [2, 3, 6]
    assert file.final_stage is not None
    assert (file.final_stage.base, file.final_stage.first_line, file.final_stage.last_line) == ("b", 4, 7)
    assert file.stage_named("ONE") is file.stages[0]
    assert [one.keyword for one in file.in_stage(1)] == ["FROM", "RUN", "COPY", "RUN"]
    assert file.line(3) == "ADD c d"
    assert file.line(99) == ""


def test_env_label_and_arg_give_their_pairs() -> None:
    file = parse("FROM a\nENV A=1 B=\"two words\"\nENV old style value\nARG X\nARG Y='z'\nLABEL a=b\n")
    assert [one.pairs for one in file.instructions[1:]] == [
        (("A", "1"), ("B", "two words")),
        (("old", "style value"),),
        (("X", ""),),
        (("Y", "z"),),
        (("a", "b"),),
    ]


def test_copy_gives_its_sources_without_heredocs() -> None:
    file = parse('FROM a\nCOPY a b /c/\nCOPY <<E x /d/\nq\nE\nADD ["e f", "g"]\n')
    assert [(one.sources, one.destination) for one in file.all("COPY", "ADD")] == [
        (("a", "b"), "/c/"),
        (("x",), "/d/"),
        (("e f",), "g"),
    ]


def test_directives_are_kept_with_their_lines() -> None:
    file = parse("# syntax=docker/dockerfile:1\n# check=skip=all\n# nothing=x\n# escape=`\nFROM a\n")
    assert [(one.name, one.value, one.line) for one in file.directives] == [
        ("syntax", "docker/dockerfile:1", 1),
        ("check", "skip=all", 2),
    ]
    assert file.escape == "\\"


def test_a_space_behind_the_heredoc_mark_is_fine_for_todays_buildkit() -> None:
    assert [mark.name for mark in heredoc_marks("RUN <<  EOF  > foo")] == ["EOF"]
    assert [mark.name for mark in heredoc_marks("RUN << -EOF")] == ["-EOF"]
    assert [(mark.name, mark.expand) for mark in heredoc_marks("RUN <<'A' <<B")] == [("A", False), ("B", True)]


@pytest.mark.parametrize(
    ("text", "line", "reason", "word"),
    [
        ("", 1, "dockerfile-empty", "no instructions"),
        ("FROM a\nRNU x\n", 2, "unknown-instruction", "RUN"),
        ("FROM a\ncoppy x y\n", 2, "unknown-instruction", "COPY"),
        ("FROM a\nRUN x\n  && y\n", 3, "unknown-instruction", "above"),
        ("FROM a\nRUN\u00a0x\n", 2, "unknown-instruction", "invisible"),
        ("RUN x\nFROM a\n", 1, "before-from", "only ARG"),
        ("FROM a b\n", 1, "arguments", "AS"),
        ("FROM a # base\n", 1, "arguments", "comment"),
        ("FROM a AS 1x\n", 1, "arguments", "begin with a letter"),
        ("FROM a AS b\nFROM c AS b\n", 2, "stage-name-twice", "b"),
        ("FROM a\nCOPY x\n", 2, "arguments", "to where"),
        ("FROM a\nCOPY --form=b x y\n", 2, "unknown-flag", "--from"),
        ("FROM a\nENV A\n", 2, "value-missing", "A"),
        ("FROM a\nHEALTHCHECK wget x\n", 2, "arguments", "CMD"),
        ("FROM a\nSHELL bash\n", 2, "arguments", "list"),
        ("FROM a\nONBUILD ONBUILD RUN x\n", 2, "arguments", "ONBUILD"),
        ("FROM a\nONBUILD RNU x\n", 2, "unknown-instruction", "RUN"),
        ("FROM a\nWORKDIR\n", 2, "arguments", "WORKDIR"),
        ("FROM a\nCMD [1]\n", 2, "list-not-strings", "double quotes"),
        ("FROM a\nRUN <<EOF\nx\n", 2, "heredoc-unterminated", "EOF"),
        ("# escape=x\nFROM a\n", 1, "escape-invalid", "backslash"),
        ("FROM a\nRUN \0\n", 2, "null-byte", "null"),
        ("FROM a\n# \0\nRUN \0\n", 3, "null-byte", "null"),
    ],
)
def test_an_error_names_its_line_and_says_what_to_do(text: str, line: int, reason: str, word: str) -> None:
    problem = parse(text).errors[0]
    assert (problem.line, problem.reason) == (line, reason)
    assert word in problem.message


def test_a_list_with_something_behind_it_is_a_shell_command_for_todays_buildkit() -> None:
    one = parse('FROM a\nCMD ["a"] b\n').instructions[1]
    assert not one.json_form
    assert one.args == ('["a"] b',)


def test_a_file_saved_as_utf_16_is_named_as_such_and_still_read() -> None:
    file = parse("FROM a\nRUN x\n".encode("utf-16"))
    assert [one.keyword for one in file.instructions] == ["FROM", "RUN"]
    assert "UTF-16" in file.errors[0].message


def test_a_byte_order_mark_is_no_error() -> None:
    assert not parse(b"\xef\xbb\xbfFROM a\n").errors
    assert not parse("\ufeffFROM a\n").errors


def test_a_good_file_has_no_errors() -> None:
    refused = {
        "unknown words",
        "lost backslash",
        "flags that do not exist",
        "no arguments",
        "one argument",
        "other spaces",
    }
    assert {name for name, text in CORPUS.items() if parse(text).errors} <= refused


def test_reading_the_parser_and_a_file_needs_no_library() -> None:
    code = "import sys; from workshop.dockerfile import parse; parse('FROM a'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"docker", "rich", "invoke", "python_on_whales"} & set(done.stdout.split())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_and_named_with_a_mark_and_without(encoding: str) -> None:
    file = parse("FROM busybox\nCOPY a /\n".encode(encoding))
    assert [one.keyword for one in file.instructions] == ["FROM", "COPY"]
    assert [(one.line, one.reason) for one in file.errors] == [(1, "not-utf-8")]


def test_what_docker_takes_for_a_comment_hides_no_line() -> None:
    assert [one.keyword for one in parse(b"#\0 \0\nFROM busybox\n").instructions] == ["FROM"]


def test_the_second_name_of_a_dockerfile_counts_where_the_first_is_not_there(tmp_path: Path) -> None:
    assert file_in(tmp_path).name == "Dockerfile"
    (tmp_path / "dockerfile").write_text("FROM busybox\n")
    assert file_in(tmp_path).read_text() == "FROM busybox\n"
    (tmp_path / "Dockerfile").write_text("FROM nginx\n")
    assert file_in(tmp_path).name == "Dockerfile"
