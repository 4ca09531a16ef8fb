"""Why COPY and ADD don't find what they should take: typed otherwise, elsewhere, ignored, or no file's name at all."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from workshop.dockerfile.rules import INVISIBLE, UTF16, nearest
from workshop.dockerfile.stages import kept

from .ignored import ignoring

if TYPE_CHECKING:
    from workshop.dockerfile import Dockerfile, Instruction, Stage

    from .refine import Answer, Scene

MOST_FILES = 2_000
"""Files of a folder that are looked at for names that are nearly right."""
NEARLY = 0.7
"""How alike two names must be (0 to 1) to ask whether the other was meant."""
OPTION = re.compile(r"(?:\W{1,3}|\b)(?:from|chown|chmod|link|exclude|parents)=")
"""How an option looks that stands in the wrong place or begins with other dashes."""
OF_CP = re.compile(r"-\w+")
"""How an option of cp looks, which COPY takes for a name."""
OF_AN_IMAGE = re.compile(r"/(?:usr|var|etc|srv|opt|www|app)(?:/|$)")
"""How a path begins that is an image's rather than one of the learner's disk."""
SHELL = ("&&", "||", ";", "|", ">")
"""What joins commands in a shell."""
JOINING = ("to", "into", "in", "as", "and", "=", "->", "=>", ":", "&")
"""What people put between the files and the destination; COPY takes it for a file."""


def refine(scene: Scene) -> Answer:
    """Tell why a file that COPY or ADD names is not there."""
    one = scene.instruction
    said = scene.groups.get("file", "").strip()
    if one is None or one.keyword not in ("COPY", "ADD"):
        return scene.reason, *_in_folder(said.lstrip("/"), said, scene)
    if odd := _not_a_name(one, said):
        return scene.reason, *odd
    if scene.file and scene.file.stages and one.flag("from"):
        stage = scene.file.stage_named(one.flag("from") or "")
        called = f"the stage “{stage.name or stage.index}”" if stage else f"the image “{one.flag('from')}”"
        built_on = stage is None and any(other.base == one.flag("from") for other in scene.file.stages[: one.stage])
        detail = "not-in-image" if built_on else "not-in-stage"
        line = _kept_in(scene.file, stage, said) if stage else ""
        detail = "kept" if line else detail
        return scene.reason, detail, {"file": "/" + said.lstrip("/"), "stage": called, "line": line}
    typed = _typed(one, said)
    if ".." in typed.split("/"):
        return "copy-outside-folder", "", {"file": typed}
    if spaced := _with_blanks(one, scene.context):
        return scene.reason, "space", {"file": typed, "meant": spaced}
    if link := _link(one, scene.context):
        detail, more = "dangling-link", link
    elif _turned_round(one, typed, scene.context):
        detail, more = "order", {"last": one.destination or ""}
    else:
        detail, more = _named(one, typed, scene)
    return scene.reason, detail, {"file": typed, **more}


def pattern(scene: Scene) -> Answer:
    """Tell a pattern that matches nothing from a list with wrong quotes, which looks like one to the builder."""
    odd = _not_a_name(scene.instruction, "") if scene.instruction else None
    return ("copy-source-missing", *odd) if odd and odd[0] == "list" else (scene.reason, "", {})


def ignore_line(scene: Scene) -> Answer:
    """Find the line of .dockerignore that the builder can't read; it seldom says which."""
    try:
        text = (scene.context / ".dockerignore").read_text("utf-8", "replace") if scene.context else ""
    except OSError:  # gone again: then there is nothing to quote
        text = ""
    for line in map(str.strip, text.splitlines()):
        if line.endswith("\\"):
            return scene.reason, "backslash", {"pattern": line}
        if not line.startswith("#") and (line == "!" or line.count("[") > line.count("]")):
            return scene.reason, "", {"pattern": line}
    return scene.reason, "", {}


def null_byte(scene: Scene) -> Answer:
    """Tell whether it stands in a .dockerignore: BuildKit then says no more than of one in a Dockerfile."""
    if scene.context and not scene.place:
        for ignore in (".dockerignore", "Dockerfile.dockerignore"):
            path = scene.context / ignore
            if path.is_file() and path.read_bytes().startswith(UTF16):
                return "dockerignore-invalid", "not-utf-8", {"ignore": ignore}
    return scene.reason, "", {}


def _named(one: Instruction, typed: str, scene: Scene) -> tuple[str, dict[str, str]]:
    detail, more = _in_folder(typed.lstrip("/"), typed, scene, one.sources)
    if not detail and (line := _made_in_a_stage(one, typed, scene)):
        return "in-stage", {"line": str(line)}
    deep = typed.startswith("/") and "/" in typed.strip("/")
    if deep and detail not in ("case", "ignored"):
        detail = "absolute"
    return detail, more


def _made_in_a_stage(one: Instruction, typed: str, scene: Scene) -> int | None:
    """Find the line of an earlier stage that speaks of the path."""
    path = "/" + typed.strip("/")
    earlier = (other for other in scene.file.instructions if other.first_line < one.first_line) if scene.file else ()
    making = (
        other for other in earlier if other.stage not in (None, one.stage) and other.keyword in ("RUN", "WORKDIR")
    )
    return next((other.first_line for other in making if path in other.text.split()), None)


def _kept_in(file: Dockerfile, stage: Stage, path: str) -> str:
    """Find the line of a stage that would have made the path, had ONBUILD not kept it for later."""
    lines = sorted(kept(file.in_stage(stage)), key=lambda pair: path.strip("/") not in pair[1].text)
    return str(lines[0][0].first_line) if lines else ""


def _not_a_name(one: Instruction, said: str) -> tuple[str, dict[str, str]] | None:
    """Find what was never meant to be a name: a comment, a list in wrong quotes, a path with backslashes."""
    words, word = [word.text for word in one.words], said.strip("/")
    if any(text.startswith("#") for text in words):
        return "comment", {}
    if hidden := next(filter(INVISIBLE.search, words), None):
        return "invisible-character", {"file": INVISIBLE.sub(visible, hidden)}
    if option := next(filter(OPTION.match, words[:-1]), None):
        return "option", {"file": option}
    listed = words and words[0].startswith("[") and not one.json_form
    if listed or any("\\" in text for text in words):
        return "list" if listed else "backslash", {}
    if shell := next((text for text in words if text in SHELL), None):
        return "shell", {"file": shell}
    detail = "joining-word" if word.lower() in JOINING else "option-of-cp" if OF_CP.fullmatch(word) else ""
    return (detail, {"file": word}) if detail else None


def visible(hidden: re.Match[str]) -> str:
    """Write an invisible character as its number."""
    return f"<U+{ord(hidden[0]):04X}>"


def _turned_round(one: Instruction, typed: str, context: Path | None) -> bool:
    """Whether the place stands first and the files behind it: the first word is none of the folder's, the last is."""
    if not context or not one.destination or "/" not in typed or (context / typed.lstrip("/")).exists():
        return False
    last = context / one.destination.lstrip("/")
    return last.is_file() or (last.exists() and bool(OF_AN_IMAGE.match(typed)))


def _typed(one: Instruction, said: str) -> str:
    """Find the source as it was typed, given how the builder shows it: with a / in front and no “..”."""
    bare = said.strip("/")
    for source in one.sources:
        parts = [part for part in source.split("/") if part not in ("", ".", "..")]
        if "/".join(parts) == bare:
            return source
    return one.sources[0] if len(one.sources) == 1 and not bare else bare


def _with_blanks(one: Instruction, context: Path | None) -> str:
    """Find a name of the folder that neighbouring words make together, with a blank between them; the longest."""
    words = one.sources if context and not one.json_form else ()
    runs = [(begin, end) for begin in range(len(words)) for end in range(begin + 2, len(words) + 1)]
    joined = (" ".join(words[begin:end]) for begin, end in sorted(runs, key=lambda run: run[0] - run[1]))
    return next((name for name in joined if context and (context / name.lstrip("/")).exists()), "")


def _link(one: Instruction, context: Path | None) -> dict[str, str] | None:
    for source in one.sources if context else ():
        path = context / source.lstrip("/") if context else Path(source)
        if path.is_symlink() and not path.exists():
            return {"file": source, "target": str(path.readlink())}
    return None


def _in_folder(bare: str, typed: str, scene: Scene, sources: tuple[str, ...] = ()) -> tuple[str, dict[str, str]]:
    """Compare a name with what is in the folder."""
    if scene.context is None or not bare:
        return "", {"file": typed} if typed else {}
    names = walk(scene.context)
    if bare.rstrip("/") in names:
        pattern = ignoring(scene.context / ".dockerignore", bare)
        return ("ignored", {"pattern": pattern, "file": bare}) if pattern else ("", {})
    folded = [name for name in names if name.lower() == bare.lower()]
    if folded:
        return "case", {"meant": folded[0]}
    base = bare.rpartition("/")[2]
    elsewhere = [name for name in names if name.rpartition("/")[2] == base]
    if base and elsewhere:
        return "elsewhere", {"meant": elsewhere[0]}
    names = [name for name in names if name not in ("Dockerfile", ".dockerignore", *sources)]
    meant = nearest(bare, names, NEARLY)
    return ("typo", {"meant": meant}) if meant else ("", {})


def walk(folder: Path) -> list[str]:
    """List files and folders below `folder`, with / between parts, nearest first."""
    found: list[str] = []
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".git")
        inside = Path(parent).relative_to(folder)
        found += [(inside / name).as_posix() for name in sorted(files) + folders]
        if len(found) > MOST_FILES:
            break
    return found
