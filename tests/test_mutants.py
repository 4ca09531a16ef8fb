"""The small mistakes that `invoke prove --mutants` makes, and what becomes of them."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import docker
import pytest

from workshop import Lab, exercises, places
from workshop.dockerfile import parse
from workshop.engine import cleaning
from workshop.inside.likeness import Comparer
from workshop.judging.verdict import Outcome, Result, Verdict
from workshop.proof import authoring, mutating, proofs
from workshop.proof.account import Account
from workshop.proof.mutants import mutants, read_equal
from workshop.proof.mutating import Fate, Trial
from workshop.trouble import DONE, MACHINE, NOT_YET, OUR_BUG

SITE = b"FROM nginx:mainline-alpine\nCOPY index.html style.css /usr/share/nginx/html/\n"


def made(content: str | bytes, file: str = "Dockerfile") -> dict[str, str]:
    """Give the mutants of one file: what was done → the text that it leaves."""
    return {one.what: one.text for one in mutants({file: content.encode() if isinstance(content, str) else content})}


def after(content: str, file: str = "Dockerfile") -> set[str]:
    """Give the texts of all mutants."""
    return set(made(content, file).values())


def instructions(content: str) -> set[str]:
    """Give what the last line of a Dockerfile becomes."""
    texts = after(f"FROM busybox\n{content}\n")
    return {text.removeprefix("FROM busybox\n").removesuffix("\n") for text in texts if text.startswith("FROM busybox")}


def test_a_model_answer_has_the_same_mutants_each_time_each_once_and_each_with_a_name() -> None:
    first, second = (mutants({"Dockerfile": SITE, "start.sh": b"#!/bin/sh\nexec nginx\nexec nginx\n"}) for _ in "12")
    assert first == second
    assert len({one.name for one in first}) == len(first) == len({(one.file, one.text) for one in first})
    assert SITE.decode() not in {one.text for one in first}


def test_the_slips_of_the_first_exercise_are_those_that_learners_make() -> None:
    assert list(made(SITE)) == [
        "without FROM nginx:mainline-alpine",
        "without COPY index.html style.css /usr/share/nginx/html/",
        "below line 2",
        "nginx:mainline-alpine -> busybox",
        "/usr/share/nginx/html/ -> /usr/share/nginx/html",
        "/usr/share/nginx/html/ -> /usr/share/nginx/htmlx/",
        "/usr/share/nginx/html/ -> /usr/share/nginx/",
        "without index.html",
        "without style.css",
    ]


@pytest.mark.parametrize(
    ("instruction", "slips"),
    [
        ("COPY a b/", {"COPY a b", "COPY a bx/", "COPY a /"}),
        ("COPY --from=kitchen /out /site", {"COPY /out /site", "COPY --from=kitchen /out /site/"}),
        ('COPY ["a", "b", "c/"]', {'COPY ["a", "b", "c"]'}),
        ("EXPOSE 8080", {"EXPOSE 8081", "EXPOSE 8080/udp", ""}),
        ("EXPOSE 80 53/udp", {"EXPOSE 80 ", "EXPOSE 53/udp", "EXPOSE 80 54/udp"}),
        ("USER app:web", {"USER root", "USER app"}),
        ('CMD ["sleep", "60"]', {"CMD sleep 60", "CMD ['sleep', '60']", 'CMD ["sleep"]', 'ENTRYPOINT ["sleep", "60"]'}),
        ("ENTRYPOINT serve -f /www", {'ENTRYPOINT ["serve", "-f", "/www"]', "ENTRYPOINT serve /www"}),
        ("RUN a && b -x && c", {"RUN a; b -x && c", "RUN b -x && c", "RUN a && c", "RUN a && b && c"}),
        ("RUN a", {"CMD a", ""}),
        ("RUN echo '$HOME' 5", {"RUN echo $HOME 5", "RUN echo '' 5", "RUN echo '$HOME' 6"}),
        ("ENV A=1 B=two", {"ENV A=1x B=two", "ENV A=2 B=two", "ENV A=1", "ENV B=two"}),
        ("ARG VERSION=dev", {"ARG VERSION", "ARG VERSION=devx"}),
        ("STOPSIGNAL SIGTERM", {"STOPSIGNAL SIGKILL"}),
        ("HEALTHCHECK --retries=5 CMD p || q", {"HEALTHCHECK CMD p || q", "HEALTHCHECK --retries=6 CMD p || q"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_each_instruction_goes_wrong_in_its_own_ways(instruction: str, slips: set[str]) -> None:
    found = {" ".join(one.replace(" ;", ";").split(" ")) for one in instructions(instruction)}
    assert slips <= found, slips - found


def test_an_address_a_version_and_a_comment_stay_as_they_are() -> None:
    texts = instructions("# 80 /a/b\nRUN wget http://127.0.0.1:8080/x nginx-1.27")
    assert not [text for text in texts if "RUN" in text and ("127.0.0.1" not in text or "# 80 /a/b" not in text)]
    assert "# 80 /a/b\nRUN wget http://127.0.0.1:8081/x nginx-1.27" in texts


def test_neighbours_change_places_whole_with_what_stands_between_them() -> None:
    text = "FROM busybox\nRUN a \\\n && b\n\n# why\nCOPY c d\n"
    assert "FROM busybox\nCOPY c d\n\n# why\nRUN a \\\n && b\n" in after(text)


def test_stages_stand_on_each_other_and_forget_their_names() -> None:
    texts = after("FROM busybox AS pages\nFROM nginx:mainline-alpine\n")
    assert "FROM busybox\nFROM nginx:mainline-alpine\n" in texts
    assert "FROM busybox AS pages\nFROM pages\n" in texts


def test_every_mutant_of_a_long_dockerfile_is_still_read() -> None:
    text = 'FROM busybox\nRUN <<EOF\necho 1 > /a\nEOF\nHEALTHCHECK CMD ["true", "1"]\nSHELL ["/bin/sh", "-c"]\n'
    assert all(parse(one) for one in after(text))
    assert "FROM busybox\nRUN <<EOF\necho 2 > /a\nEOF\n" in {one.partition("HEALTHCHECK")[0] for one in after(text)}


def test_an_ignore_list_loses_and_loosens_its_patterns() -> None:
    texts = after("# keep\n*.log\n**/.env\n!keep.log\n", ".dockerignore")
    assert {"# keep\n**/.env\n!keep.log\n", "# keep\n*.log\n.env\n!keep.log\n"} <= texts
    assert {"# keep\n*.log\n**/.env\nkeep.log\n", "# keep\n*.log\n!keep.log\n**/.env\n"} <= texts
    assert "# keep\n**/.env\n*.log\n!keep.log\n" not in texts


def test_a_script_forgets_exec_and_gets_windows_line_endings() -> None:
    texts = after('#!/bin/sh\nexec serve "$@"\n', "start.sh")
    assert {'#!/bin/sh\nserve "$@"\n', '#!/bin/sh\r\nexec serve "$@"\r\n', "#!/bin/sh\nexec serve $@\n"} <= texts
    assert 'exec serve "$@"\n' in texts


def test_settings_lose_directives_and_words() -> None:
    texts = after("server {\n    try_files $uri =404;\n}\n", "site.conf")
    assert {"server {\n}\n", "server {\n    try_files =404;\n}\n", "server {\n    try_files $uri =405;\n}\n"} <= texts


def test_pages_and_stylesheets_are_the_learners_own_words() -> None:
    assert not mutants({"index.html": b"<h1>1</h1>", "style.css": b"a { b: 1px }"})


def test_the_list_of_equal_mutants_gives_a_reason_for_each() -> None:
    listed, wrong = read_equal("# Title\n\nThe folder\nis there.\n\n- `Dockerfile:2 a -> b`\n- `x:1 y` (stand-in)\n")
    assert [(one.name, one.reason, one.only) for one in listed] == [
        ("Dockerfile:2 a -> b", "The folder is there.", ""),
        ("x:1 y", "The folder is there.", "stand-in"),
    ]
    assert not wrong
    assert read_equal("- `a:1 b`\n")[1] == ["line 1 has no reason above it: - `a:1 b`"]
    assert "backticks" in read_equal("Why.\n- a:1 b\n")[1][0]


def _trial(outcome: Outcome, fate: Fate, *, listed: bool = False, our_bug: bool = False) -> Trial:
    verdict = Verdict("exercise-1", "", (Result("a", "A", outcome, our_bug=our_bug),))
    return Trial(mutants({"Dockerfile": SITE})[0], verdict, fate, listed)


@pytest.mark.parametrize(
    ("trial", "code"),
    [
        (_trial(Outcome.FAILED, Fate.KILLED), DONE),
        (_trial(Outcome.PASSED, Fate.SAME_IMAGE), DONE),
        (_trial(Outcome.PASSED, Fate.EQUAL, listed=True), DONE),
        (_trial(Outcome.PASSED, Fate.SURVIVED), NOT_YET),
        (_trial(Outcome.FAILED, Fate.KILLED, listed=True), NOT_YET),
        (_trial(Outcome.BROKEN, Fate.BROKEN), MACHINE),
        (_trial(Outcome.BROKEN, Fate.BROKEN, our_bug=True), OUR_BUG),
    ],
)
def test_only_a_killed_or_explained_mutant_is_as_it_must_be(trial: Trial, code: int) -> None:
    account = Account("exercise-1", "classic", (), (), (trial,))
    assert account.exit_code == code
    assert account.score == (int(trial.fate is Fate.KILLED), int(trial.fate not in (Fate.SAME_IMAGE, Fate.EQUAL)))


@pytest.fixture
def first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> exercises.Exercise:
    """Give a copy of exercise-1 that a test may spoil."""
    monkeypatch.setattr(places, "ROOT", tmp_path)
    here = exercises.find("exercise-1")
    key = shutil.copytree(here.key, tmp_path / "solutions" / here.name)
    return exercises.Exercise(here.name, shutil.copytree(here.folder, tmp_path / "exercises" / here.name), key)


def test_a_long_task_and_a_telling_hint_are_named(first: exercises.Exercise) -> None:
    assert not list(authoring.complaints(first))
    (first.starter / "README.md").write_text("# Title\n\n" + "word " * authoring.README_WORDS)
    (first.key / "hints.md").write_text("1. Write\n2. `COPY index.html style.css /usr/share/nginx/html/`\n")
    said = "\n".join(authoring.complaints(first))
    for part in ("121 words", "**Done**", "**Why**", "1. 2. 3.", "a line of the answer: COPY index.html"):
        assert part in said


def test_a_mutant_that_is_listed_and_no_longer_made_is_named(first: exercises.Exercise) -> None:
    (first.key / mutating.LIST).write_text("No reason at all.\n\n- `Dockerfile:9 a -> b`\n")
    assert mutating.hunt(first, "classic").complaints == (
        "equal-mutants.md: there is no such mutant: Dockerfile:9 a -> b",
    )


def test_a_check_that_can_not_fail_lets_mutants_live_and_one_that_is_gone_is_noticed(
    first: exercises.Exercise, engine: docker.DockerClient
) -> None:
    """Proves the prover: with the style unchecked, the mutant without a stylesheet lives."""
    check = first.key / "check.py"
    text = check.read_text("utf-8")
    sheets = "    for sheet in page.sheets:\n"
    assert sheets in text
    check.write_text(text.replace(sheets, f"    return\n{sheets}"), "utf-8")
    hunt = mutating.hunt(first, "classic")
    wanted = tuple(one for one in hunt.mutants if one.what == "without style.css")
    fates = [trial.fate for trial in mutating.judge(dataclasses.replace(hunt, mutants=wanted), jobs=1)]
    assert fates == [Fate.SURVIVED]


def test_images_are_alike_when_nobody_who_uses_them_can_tell(engine: docker.DockerClient, tmp_path: Path) -> None:
    seen = []
    for dockerfile in ("COPY a /x/", "COPY a /x/a", "COPY a /y/", "COPY a /x/\nUSER daemon", "COPY --chown=1 a /x/"):
        with Lab(exercises.find("exercise-1"), tmp_path) as lab:
            files = {"Dockerfile": f"FROM busybox\n{dockerfile}\n", "a": lab.nonce}
            seen.append(Comparer().likeness(lab.build(edits=files), lab.nonce))
    cleaning.settle()
    first, same, *others = seen
    assert first == same
    assert first not in others


@pytest.mark.parametrize("builder", ["classic"], indirect=True)
def test_every_mutant_of_the_first_exercise_is_noticed(builder: str) -> None:
    hunt = mutating.hunt(exercises.find("exercise-1"), builder)
    trials = list(mutating.judge(hunt, jobs=proofs.JOBS))
    assert not [trial.mutant.name for trial in trials if not trial.holds]
    assert mutating.count(trials, Fate.KILLED) >= 8
