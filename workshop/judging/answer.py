"""An answer's own files: what the learner wrote, only ever read, and quoted for blame."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from workshop import places

from .checking import NotYet
from .verdict import Finding, Where, clip

if TYPE_CHECKING:
    from workshop.dockerfile import Dockerfile
    from workshop.exercises import Exercise


class Answer:
    """The folder that is judged, and what can be said of it without an engine."""

    def __init__(self, exercise: Exercise, folder: Path, *, own: bool) -> None:
        self.exercise = exercise
        self.folder = folder
        """Only ever read; edits go to copies."""
        self.own = own
        """Whether it is the learner's own, whom files are named to as they type them."""

    def not_yet(  # noqa: PLR0913 - a verdict has these parts
        self,
        reason: str,
        why: str,
        *,
        expected: str = "",
        actual: str = "",
        hint: str = "",
        look: str = "",
        where: Where | None = None,
    ) -> NoReturn:
        """End the check: the learner is not there yet, for this `reason` (a stable name) and this `why`."""
        raise NotYet(Finding(reason, why, clip(expected), clip(actual), hint, look, where))

    @functools.cached_property
    def _file(self) -> Path:
        from workshop.dockerfile import file_in

        return file_in(self.folder)

    @functools.cached_property
    def dockerfile(self) -> Dockerfile:
        """The answer's Dockerfile, parsed; for finding the line to blame, never for the verdict itself."""
        from workshop.dockerfile import parse

        return parse(self._file.read_bytes() if self._file.is_file() else b"")

    def where(self, *keywords: str, containing: str = "") -> Where | None:
        """Find the last instruction of these keywords (that has the text `containing`), for blame."""
        for instruction in reversed(self.dockerfile.instructions):
            if instruction.keyword in keywords and containing in instruction.text:
                return self.line(instruction.first_line)
        return None

    def where_in(self, name: str, containing: str) -> Where | None:
        """Find the first line of a file of the answer that has the text `containing`, for blame."""
        path = self.folder / name
        lines = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
        found = next((number for number, line in enumerate(lines, 1) if containing in line), None)
        return Where(self.shown(name), found, lines[found - 1].strip()) if found else None

    def ignored_by(self, name: str) -> Where | None:
        """Quote the line of the answer's .dockerignore that keeps out `name`; None where none does."""
        last = next(reversed(self.fitting(name)), None)
        return None if last is None or last.text.startswith("!") else last

    def fitting(self, name: str) -> list[Where]:
        """Quote the lines of the answer's .dockerignore that fit `name`; the last one decides, with ! for it."""
        from workshop.diagnosis.ignored import fitting

        found = fitting(self.folder / ".dockerignore", name)
        return [Where(self.shown(".dockerignore"), number, pattern) for number, pattern in found]

    def line(self, number: int) -> Where:
        """Quote line `number` of the answer's Dockerfile."""
        return Where(self.shown(self._file.name), number, self.dockerfile.line(number).strip())

    def shown(self, name: str) -> str:
        """Write a file of the answer as the learner knows it."""
        return places.as_typed(self.at / name) if self.own else name

    @property
    def at(self) -> Path:
        """Where the answer's folder is for whoever reads of it."""
        return self.exercise.folder if self.own else self.folder

    @property
    def typed(self) -> str:
        """Write the answer's folder as one would type it from here."""
        return places.quoted(places.as_typed(self.at))

    def find(self, name: str) -> str:
        """Find a file of the answer that the learner may have put into a folder of its own; `name` if there is none."""
        if (self.folder / name).is_file():
            return name
        found = sorted(path for path in self.folder.rglob(name.rpartition("/")[2]) if path.is_file())
        return found[0].relative_to(self.folder).as_posix() if found else name

    def read(self, name: str) -> bytes:
        """Read a file of the answer; not there yet when it is missing."""
        path = self.folder / name
        if not path.resolve().is_relative_to(self.folder.resolve()):
            self.not_yet(
                "link-leads-outside",
                f"{name} is a link that leads out of the exercise's folder; the builder can't follow it there.",
                expected=self.shown(name),
                actual=f"a link to {path.readlink() if path.is_symlink() else 'somewhere else'}",
                hint="put the file itself into the folder",
            )
        if not path.is_file():
            self.not_yet(
                "file-missing",
                f"This exercise needs {name}, and the folder has no such file.",
                expected=self.shown(name),
                actual="no file of that name (upper and lower case count)",
                hint=f"invoke reset {self.exercise.name} puts the files back and keeps yours in a backup",
            )
        return path.read_bytes()
