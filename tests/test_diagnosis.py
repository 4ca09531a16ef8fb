"""Each error text of Docker's gets its cause by name, the Dockerfile line, and words without gaps."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mistakes import CASES, Case
from tests.record import HERE, lay, record
from workshop.diagnosis import Diagnosis, diagnose, diagnose_file, ending, last_words, printed
from workshop.diagnosis.clean import clean
from workshop.diagnosis.diagnose import ROWS
from workshop.diagnosis.ignored import ignoring
from workshop.dockerfile import parse

RECORDED = [
    (case, kind)
    for case in CASES
    for kind in (("buildkit", "classic") if case.builds else ("client", "old-client"))
    if kind not in case.silent
]


def ask(case: Case, text: str, folder: Path) -> Diagnosis | None:
    source = case.files.get("Dockerfile")
    lay(case, folder)
    images = (*case.tags, "banana-smith-image:latest") if case.reason == "image-not-here" else case.tags
    return diagnose(text, dockerfile=parse(source) if source else None, context=folder, images=images)


@pytest.mark.parametrize(("case", "kind"), RECORDED, ids=lambda value: getattr(value, "name", value))
def test_what_the_engine_said_is_named_with_its_line(case: Case, kind: str, tmp_path: Path) -> None:
    text = (HERE / case.name / f"{kind}.txt").read_text(encoding="utf-8")
    found = ask(case, text, tmp_path)
    assert found is not None, last_words(text)
    assert (found.reason, found.detail) == (case.reason, case.detail)
    assert (found.where.line if found.where else None) == case.line
    for sentence in (found.title, found.why, *found.fix):
        assert sentence
        assert not re.search(r"(?<!\$)\{\w+\}", sentence), sentence
    assert found.fix


def _words(found: Diagnosis | None) -> list[str]:
    """Give all that is told, without double quotes: an answer may repeat those of the text, or not."""
    assert found is not None
    where = str(found.where.line) if found.where else ""
    told = (found.reason, found.detail, found.title, found.why, *found.fix, where)
    return [one.replace('"', "").replace("/eaten", "/whole") for one in told]


@pytest.mark.parametrize(("case", "kind"), RECORDED, ids=lambda value: getattr(value, "name", value))
def test_a_text_whose_double_quotes_the_shell_ate_means_the_same(case: Case, kind: str, tmp_path: Path) -> None:
    text = (HERE / case.name / f"{kind}.txt").read_text(encoding="utf-8")
    for folder in ("whole", "eaten"):
        (tmp_path / folder).mkdir()
    eaten = text.replace('"', "")
    assert _words(ask(case, eaten, tmp_path / "eaten")) == _words(ask(case, text, tmp_path / "whole"))
    assert _words(diagnose(eaten)) == _words(diagnose(text)), "as `invoke explain --error` has it: with no files"


def test_every_recording_is_scrubbed() -> None:
    for path in HERE.rglob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?<!docker)/tmp|/root|/home/(?!me/)|/work", text), path


LATER = [
    (reason, text)
    for reason, texts in json.loads((HERE.parent / "other-wordings.json").read_text(encoding="utf-8")).items()
    for text in texts
]
"""Wordings of builders, engines and tools that are not on this machine, from their sources and from threads."""


@pytest.mark.parametrize(("reason", "text"), LATER)
def test_other_wordings_of_the_same_are_known(reason: str, text: str) -> None:
    found = diagnose(text)
    assert found is not None
    assert found.reason == reason
    assert _words(diagnose(text.replace('"', ""))) == _words(found), "pasted between double quotes"


NEW_BUILDKIT = """#7 [2/3] COPY stlye.css /
#7 ERROR: failed to calculate checksum of ref abc::def: "/stlye.css": not found
------
 > [2/3] COPY stlye.css /:
------
Dockerfile:4
--------------------
   2 |     
   3 |     # the style
   4 | >>> COPY stlye.css /
   5 |     RUN true
   6 |     
--------------------
ERROR: failed to build: failed to solve: failed to calculate checksum of ref abc::def: "/stlye.css": not found

View build details: docker-desktop://dashboard/build/x
"""  # noqa: W291 - BuildKit leaves these spaces


def test_the_arrow_of_newer_buildkits_gives_the_line() -> None:
    found = diagnose(NEW_BUILDKIT, dockerfile="FROM busybox\n\n# the style\nCOPY stlye.css /\nRUN true\n")
    assert found is not None
    assert found.where is not None
    assert (found.reason, found.where.line, found.where.text) == ("copy-source-missing", 4, "COPY stlye.css /")
    assert last_words(NEW_BUILDKIT).endswith('"/stlye.css": not found')


@pytest.mark.parametrize(
    ("text", "types"),
    [
        (
            "ERROR: failed to read dockerfile: open Dockerfile: no such file",
            "mv {folder}dockerfile.txt {folder}Dockerfile",
        ),
        ("the Dockerfile (Dockerfile) cannot be empty", "cat {folder}Dockerfile"),
        ("COPY failed: no source files were specified", "ls -a {here}"),
        ("COPY failed: stat nowhere.css: file does not exist", "ls -a {here}"),
        ("dockerfile parse error line 1: EXPOSE requires at least one argument", "invoke explain {here}"),
    ],
)
def test_commands_name_files_as_one_types_them_from_where_one_stands(
    text: str, types: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "exercises" / "exercise-1"
    folder.mkdir(parents=True)
    (folder / "dockerfile.txt").write_text("FROM busybox\n")
    for place, path in ((tmp_path, "exercises/exercise-1"), (folder, "."), (folder.parent, "exercise-1")):
        monkeypatch.chdir(place)
        found = diagnose(text, context=folder)
        assert found
        typed = types.format(here=path, folder="" if path == "." else f"{path}/")
        assert found.fix[0].endswith(f": {typed}"), found.fix
    monkeypatch.chdir(tmp_path)
    copied = diagnose(text, context=folder, at=tmp_path / "my own")
    assert copied
    assert '"my own' in copied.fix[0], "a path with a blank in it stands in quotes"


def test_the_last_clause_is_the_cause_even_when_the_output_speaks_of_other_errors() -> None:
    text = 'nothing found: "/a": not found\npull access denied\nCOPY failed: no source files were specified'
    found = diagnose(text)
    assert found is not None
    assert found.reason == "copy-pattern-matches-nothing"


def test_an_unknown_text_is_left_to_its_last_words() -> None:
    said = "docker: Error response from daemon: the banana is \x1b[1mblue\x1b[0m"
    text = f"\x1b[31mstep one\x1b[0m\n\n{said}\n\nRun 'docker run --help' for more information\n"
    assert diagnose(text) is None
    assert last_words(text) == "the banana is blue"
    assert last_words("") == ""
    assert diagnose("") is None


def test_the_builders_own_noise_is_no_last_word() -> None:
    steps = " ---> 069dc9c5713e\n ---> Using cache\n ---> Running in 6d5e0a6b1f0a\n"
    text = (
        f"Step 2/3 : COPY a /\n{steps}COPY failed: no such file\nRemoving intermediate container 6d5e0a6b1f0a\n{steps}"
    )
    assert last_words(text) == "COPY failed: no such file"
    assert ending(text, 6) == "Step 2/3 : COPY a /\nCOPY failed: no such file"


def test_a_good_build_is_no_error() -> None:
    text = (HERE / "copy-pattern-matches-nothing" / "buildkit.txt").read_text(encoding="utf-8")
    assert diagnose(text) is None


def test_the_input_is_bounded_and_control_characters_are_gone() -> None:
    text = clean("x" * 1_000_000 + "\x1b]0;title\x07\x1b[2J\x00\x08\nlast")
    assert max(map(len, text.split("\n"))) < 5_000
    assert text.endswith("\nlast")
    assert not re.search(r"[\x00-\x08\x1b]", text)


@settings(max_examples=150, deadline=None)
@given(st.text(), st.text())
def test_any_text_with_any_dockerfile_gives_an_answer_or_none(text: str, dockerfile: str) -> None:
    for wording in (text, f"COPY failed: stat {text}: file does not exist", f"Step 1/1 : {text}\nmanifest unknown"):
        diagnose(wording, dockerfile=dockerfile, images=("nginx:mainline-alpine", text))
        last_words(wording)


def test_the_reasons_are_unique_and_their_words_need_no_group_that_may_be_missing() -> None:
    assert len({row.reason for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.reason)
        for words in (row.words, *row.details.values()):
            assert words.title.endswith((".", "?")), words.title
            assert len(words.title) < 130, words.title


def test_every_row_is_provoked_or_has_a_wording() -> None:
    told = {case.reason for case in CASES} | {reason for reason, _ in LATER}
    assert {row.reason for row in ROWS} == told


@pytest.mark.parametrize(
    ("ignore", "name", "line"),
    [
        ("*.css\n", "style.css", "*.css"),
        ("*.css\n", "css/style.css", None),
        ("**/*.css\n", "css/style.css", "**/*.css"),
        ("**/*.css\n", "style.css", "**/*.css"),
        ("css\n", "css/deep/style.css", "css"),
        ("/css/\n", "css/style.css", "/css/"),
        ("*\n!style.css\n", "style.css", None),
        ("*\n!style.css\n", "index.html", "*"),
        ("# style.css\n\n", "style.css", None),
        ("st?le.[cd]ss\n", "style.css", "st?le.[cd]ss"),
        ("[z-a]\n", "style.css", None),
        (".\n", "style.css", None),
    ],
)
def test_the_line_of_dockerignore_that_keeps_a_file_out_is_found(
    tmp_path: Path, ignore: str, name: str, line: str | None
) -> None:
    (tmp_path / ".dockerignore").write_text(ignore, encoding="utf-8")
    assert ignoring(tmp_path / ".dockerignore", name) == line


def test_a_broken_dockerfile_is_diagnosed_before_any_builder_reads_it() -> None:
    found = diagnose_file(parse("FROM a\nRNU x\n"))
    assert found is not None
    assert found.where is not None
    assert (found.reason, found.where.line, found.where.text) == ("unknown-instruction", 2, "RNU x")
    assert diagnose_file(parse("FROM a\n")) is None


LIVE = ("copy-source-missing.case", "unknown-instruction", "run-step-failed", "base-image-not-here.latest")


@pytest.mark.parametrize("kind", ["buildkit", "classic"])
@pytest.mark.parametrize("name", LIVE)
def test_the_engine_of_this_machine_still_says_so(name: str, kind: str, tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == name)
    text, code = record(case, kind)
    assert code != 0
    found = ask(case, text, tmp_path)
    assert found is not None
    if found.reason == "buildx-missing":
        pytest.skip("this machine's client has no BuildKit")
    assert (found.reason, found.detail) == (case.reason, case.detail)
    assert found.where is not None
    assert found.where.line == case.line


def test_a_docker_command_that_a_step_of_the_build_lacks_is_not_missing_on_this_machine() -> None:
    text = "#5 0.1 /bin/sh: docker: not found\nERROR: executor failed running [/bin/sh -c docker ps]: exit code: 127\n"
    found = diagnose(text)
    assert found is not None
    assert (found.reason, found.detail) == ("run-step-failed", "127")


def test_of_two_equal_steps_the_one_with_the_number_is_to_blame() -> None:
    text = "Step 1/4 : FROM busybox\nStep 2/4 : RUN x\nThe command '/bin/sh -c x' returned a non-zero code: 3"
    found = diagnose(text, dockerfile="FROM busybox\nRUN x\nRUN y\nRUN x\n")
    assert found is not None
    assert found.where is not None
    assert found.where.line == 2


def test_the_arrow_wins_over_the_step_that_looks_the_same() -> None:
    error = 'ERROR: process "/bin/sh -c x" did not complete successfully: exit code: 3'
    text = f" > [2/4] RUN x:\n------\nDockerfile:2\n   2 | >>> RUN x\n{error}"
    found = diagnose(text, dockerfile="FROM busybox\nRUN x\nRUN y\nRUN x\n")
    assert found is not None
    assert found.where is not None
    assert found.where.line == 2


def test_what_a_failed_step_printed_is_found_in_buildkits_output() -> None:
    said = printed(
        "#5 [2/4] RUN echo fine\n#5 0.101 fine\n#5 DONE 0.1s\n\n#6 [3/4] RUN sh cook.sh\n"
        "#6 0.689 sh: can't open 'cook.sh'\n#6 ERROR: executor failed running [/bin/sh -c sh cook.sh]: exit code: 2\n"
        "------\n > [3/4] RUN sh cook.sh:\n------\n"
    )
    assert said == ["sh: can't open 'cook.sh'"]


def test_what_a_failed_step_printed_is_found_in_the_classic_builders_output() -> None:
    said = printed(
        "Step 2/3 : RUN echo fine\n ---> Running in 1a2b3c\nfine\n ---> 4d5e6f\nStep 3/3 : RUN sh cook.sh\n"
        " ---> Running in 7a8b9c\nsh: can't open 'cook.sh'\nRemoving intermediate container 7a8b9c\n"
        "The command '/bin/sh -c sh cook.sh' returned a non-zero code: 2\n"
    )
    assert said == ["sh: can't open 'cook.sh'"]


def test_a_build_that_failed_before_any_command_ran_has_printed_nothing() -> None:
    assert printed("Error response from daemon: dockerfile parse error line 4: unknown instruction: SET\n") == []
