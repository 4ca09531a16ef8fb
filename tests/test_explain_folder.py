"""What `explain` doubts by the files of the folder; and how the place of a doubt is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from workshop import report
from workshop.dockerfile import parse
from workshop.explain import Doubt, explain

SITE = "/usr/share/nginx/html"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("index.html", "style.css", ".env", "notes/secret.txt", "recipes/cake.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("banana")
    return tmp_path


def doubts(lines: str, folder: Path | None, name: str) -> list[Doubt]:
    found = explain(parse(f"FROM nginx:mainline-alpine\n{lines}\n"), folder=folder)
    return [doubt for one in found for doubt in one.doubts if doubt.name == name]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("COPY . .", "everything in your folder to “/app”"),
        ("COPY ./ /site/", "everything in your folder to “/site/”"),
        ("COPY notes notes", "what is in “notes” from your folder to “/app/notes”"),
        ("COPY index.html recipes/ ./", "“index.html” and what is in “recipes/” from your folder to “/app/”"),
        ("COPY * all/", "“*” from your folder to “/app/all/”"),
        ("COPY not-there x", "“not-there” from your folder to “/app/x”"),
        ("COPY --from=busybox /bin bin", "“/bin” from “busybox” to “/app/bin”"),
        ("COPY notes $HERE", "what is in “notes” from your folder to “$HERE”"),
    ],
)
def test_a_copy_is_told_by_what_lies_there(line: str, says: str, folder: Path) -> None:
    found = explain(parse(f"FROM nginx:mainline-alpine\nWORKDIR /app\n{line}\n"), folder=folder)
    assert found[-1].says == f"Copies {says} in the image."


def test_a_copy_of_all_leaves_out_what_is_ignored(folder: Path) -> None:
    (folder / ".dockerignore").write_text("notes\n")
    found = explain(parse("FROM nginx:mainline-alpine\nCOPY . .\n"), folder=folder)
    assert found[-1].says == "Copies everything in your folder, except what .dockerignore names, to “.” in the image."


REMOVED = [
    (f"COPY . {SITE}/\nRUN rm -rf {SITE}/notes {SITE}/.env", [f"{SITE}/notes", f"{SITE}/.env"]),
    (f"WORKDIR {SITE}\nCOPY . .\nRUN rm -rf notes ./.env", ["notes", "./.env"]),
    (f"COPY . {SITE}\nRUN cd {SITE} && rm -r notes", ["notes"]),
    ("WORKDIR /srv\nWORKDIR html\nCOPY . .\nRUN rm /srv/html/.env", ["/srv/html/.env"]),
    ("COPY . pages/\nRUN rm -r pages/notes", ["pages/notes"]),
    (f"ADD notes {SITE}/notes\nRUN rm '{SITE}/notes/secret.txt'", [f"'{SITE}/notes/secret.txt'"]),
    (f"COPY * {SITE}/\nRUN rm {SITE}/*.css", [f"{SITE}/*.css"]),
    (f"COPY notes {SITE}/\nRUN rm {SITE}/secret.txt", [f"{SITE}/secret.txt"]),
    (f"COPY index.html style.css {SITE}/\nRUN rm -r /usr/share/nginx", ["/usr/share/nginx"]),
    (f"COPY index.html {SITE}/\nRUN rm {SITE}/50x.html", []),
    (f"COPY . {SITE}/\nRUN rm {SITE}/50x.html", []),
    (f"COPY notes {SITE}/\nRUN rm -rf {SITE}/notes", []),
    (f"COPY .env {SITE}/\nRUN rm -f /srv/.env", []),
    (f"COPY . {SITE}/\nRUN rm -f notes", []),
]


@pytest.mark.parametrize(("lines", "paths"), REMOVED)
def test_what_an_rm_only_hides_is_found_below_the_destination(lines: str, paths: list[str], folder: Path) -> None:
    found = doubts(lines, folder, "removed-too-late")
    line = next(number for number, text in enumerate(lines.splitlines(), 2) if text.startswith(("COPY", "ADD")))
    says = [f"“{path}” stays in the layer of line {line}; this only hides it." for path in paths]
    assert [doubt.message for doubt in found] == says


def test_what_never_came_in_is_not_said_to_stay(folder: Path) -> None:
    lines = f"COPY . {SITE}/\nRUN rm -rf {SITE}/notes {SITE}/.env"
    for name in (".dockerignore", "Dockerfile.dockerignore"):
        (folder / name).write_text("notes\n**/.env\n")
        assert doubts(lines, folder, "removed-too-late") == []
        (folder / name).unlink()
    assert len(doubts(lines, None, "removed-too-late")) == 2, "of a folder that is not known all is believed"


@pytest.mark.parametrize(
    ("source", "better"),
    [
        ("/index.html", "Leave out the / in front."),
        ("/recipes/*.html", "Leave out the / in front."),
        ("/home/me/index.html", "The folder has index.html: name it from there, with nothing in front."),
        ("/home/me/menu.html", "Put it into the folder, and name it from there: menu.html"),
        ("/home/me/pages/", "Put it into the folder, and name it from there: pages"),
    ],
)
def test_a_path_of_the_disk_gets_advice_that_builds(source: str, better: str, folder: Path) -> None:
    found = doubts(f"COPY {source} {SITE}/", folder, "copy-from-disk")
    assert [doubt.better for doubt in found] == [better]


@pytest.mark.parametrize(
    ("ignore", "doubtful"),
    [(None, True), ("", True), ("# notes\n!index.html\n\n", True), ("**/.env\n", False), ("*\n!index.html\n", False)],
)
def test_taking_everything_is_doubtful_only_where_nothing_is_kept_out(
    ignore: str | None, doubtful: bool, folder: Path
) -> None:
    if ignore is not None:
        (folder / ".dockerignore").write_text(ignore)
    assert bool(doubts(f"COPY . {SITE}/", folder, "copies-everything")) == doubtful


def shown(text: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    file = parse(text)
    report.dockerfile("Dockerfile", file, explain(file))
    return capsys.readouterr().out.splitlines()


def test_what_is_no_instruction_is_an_error_and_no_note(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown("FROM busybox:1\nCOPI a /b\n", capsys)
    assert lines[-1] == (
        "       error:    “COPI” is not an instruction; was COPY meant? With this line Docker builds nothing."
    )
    said = "\n".join(lines)
    assert "note" not in said
    assert "doubtful" not in said
    assert said.count("layer") == 1, "of FROM"


def test_what_a_builder_may_take_is_no_error() -> None:
    found = explain(parse("FROM busybox:1 AS a\nFROM a AS a\n"))[-1].doubts
    assert [(doubt.name, doubt.error) for doubt in found if doubt.name == "stage-name-twice"] == [
        ("stage-name-twice", False)
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_carets_end_where_the_line_does(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = report.console()
    monkeypatch.setattr(out, "soft_wrap", False)
    monkeypatch.setattr(type(out), "width", width)
    path = "/home/me/" + "banana/" * 12 + "index.html"
    lines = shown(f"FROM busybox:1\nCOPY {path} style.css /srv/html/\n", capsys)
    at = next(number for number, line in enumerate(lines) if "^" in line)
    assert max(len(lines[at]), len(lines[at - 1])) <= width
    assert len(lines[at]) <= len(lines[at - 1])
    assert lines[at - 1].startswith("   2 | COPY /home/me/")
    assert lines[at - 1].endswith("…")
    assert lines[at].index("^") == lines[at - 1].index("/home")
