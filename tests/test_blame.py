"""The line to blame is the one that did it, with both builders; and what a check changes, it changes in a copy."""

from __future__ import annotations

from pathlib import Path

from workshop import exercises
from workshop.judging import edited, scripts
from workshop.judging.lab import Lab

DOCKERFILE = """\
FROM busybox AS below
ARG COLOUR=yellow
WORKDIR /srv
COPY fruit.txt ./first.txt
RUN chmod 600 first.txt

FROM below
LABEL taste=sweet
RUN echo "$COLOUR" > second.txt \\
 && rm first.txt
ENV PEEL=none
COPY --chown=1:1 fruit.txt second.txt* deep/
RUN ["touch", "third.txt"]
CMD ["cat", "third.txt"]
"""


def test_the_instruction_that_put_a_file_into_the_image_is_found(tmp_path: Path, builder: str) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    (tmp_path / "fruit.txt").write_text("banana\n", encoding="utf-8")
    with Lab(exercises.find("1"), tmp_path) as lab:
        found = {
            path: lab.bringer(path, "busybox")
            for path in ("/srv/first.txt", "srv/second.txt", "/srv/deep/fruit.txt", "/srv/third.txt", "/bin/no-such")
        }
        rewritten = lab.maker("/srv/first.txt", "busybox"), lab.bringer("/srv/first.txt", "busybox")
    assert [where and where.line for where in rewritten] == [5, 4]
    assert {path: where and where.line for path, where in found.items()} == {
        "/srv/first.txt": 4,
        "srv/second.txt": 9,
        "/srv/deep/fruit.txt": 12,
        "/srv/third.txt": 13,
        "/bin/no-such": None,
    }, builder


def test_a_dockerfile_by_its_second_name_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "dockerfile").write_text("FROM busybox\n", encoding="utf-8")
    with Lab(exercises.find("1"), tmp_path) as lab:
        assert [one.keyword for one in lab.dockerfile.instructions] == ["FROM"], "grading would admit what it can't see"
        where = lab.where("FROM")
        assert where is not None
        assert where.file.lower() == "dockerfile"


def test_an_edit_reaches_no_file_outside_the_copy(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside.txt", tmp_path / "answer"
    outside.write_text("mine", encoding="utf-8")
    folder.mkdir()
    (folder / "quote.txt").symlink_to(outside)
    (folder / "deep").symlink_to(tmp_path)
    (folder / "kept.txt").write_text("kept", encoding="utf-8")
    (folder / "gone.txt").write_text("gone", encoding="utf-8")
    edits = {"quote.txt": "theirs", "deep/outside.txt": "theirs", "new/kept.txt": b"new", "gone.txt": None}
    with edited.copy_of(folder, edits) as copy:
        assert (copy / "new/kept.txt").read_bytes() == b"new"
        assert (copy / "kept.txt").read_text(encoding="utf-8") == "kept"
        assert not (copy / "gone.txt").exists()
        place = copy
    assert outside.read_text(encoding="utf-8") == "mine"
    assert (folder / "gone.txt").exists()
    assert not place.exists()


def test_a_line_that_a_shell_was_given_is_no_line_of_the_word_behind_the_image(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM busybox\nENTRYPOINT /say.sh\n")
    with Lab(exercises.find("6"), tmp_path) as lab:
        for said, ends in (("not found", "has no such program."), ("Permission denied", "makes it a program.")):
            closer = scripts.a_line(lab, f"Good: line 0: /say.sh: {said}\n")
            assert closer
            _, why, _, where = closer
            assert why.startswith("A shell was to start “/say.sh”, ")
            assert why.endswith(ends)
            assert where is None
