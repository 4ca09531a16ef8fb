"""Tell apart the cases that Docker's one sentence covers: typo or capitals, ignored or elsewhere, stage or image."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workshop.dockerfile.model import KEYWORDS
from workshop.dockerfile.rules import INVISIBLE, nearest
from workshop.dockerfile.stages import above, root_base

from . import missing, sources
from .locate import Place, plain_image

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workshop.dockerfile import Dockerfile, Instruction

NEARLY = 0.7
"""How alike two names must be (0 to 1) to ask whether the other was meant."""
SAID = re.compile(r"^(?:#\d+ (?:[\d.]+ )?)?((?:/bin/)?\w*sh: .*|E: .*|\w[\w./-]*: .*)$")
NOT_UNDERSTOOD = re.compile(r"syntax|unexpected|unterminated|unrecognized|invalid|illegal|bad ", re.IGNORECASE)
"""What shells and programs say of words they can't read; other things end with exit code 2 as well."""

PASTED = {"```": "fence", "~~~": "fence", "//": "slashes", "/*": "slashes"}
PASTED |= dict.fromkeys(("<<<<<<<", "=======", ">>>>>>>"), "conflict")
"""What comes along with copied text, and from Git: how the word begins, and what it is."""

OF_SCRIPTS = ("file-not-in-image", "folder-not-in-image", "run-step-failed", "windows-line-endings")
"""Reasons for which a script fails whose lines end as on Windows."""
RECENT = ("link", "exclude", "parents", "checksum", "keep-git-dir", "network", "security")
"""Flags that only newer builders know."""
SAYING = ("2", "100", "126", "127", "137")
"""Exit codes for which the table has words of their own."""

COMMANDS = (
    *("cd", "cp", "mv", "rm", "ls", "ln", "cat", "echo", "export", "set", "mkdir", "touch", "chmod", "chown", "sed"),
    *("sh", "bash", "tar", "dd", "curl", "wget", "apt", "apt-get", "apk", "npm", "pip", "install", "unzip", "source"),
)
"""Commands of a shell that people write where an instruction should stand."""
BUILT_IN = ("cd", "export", "source", ".", "exec", "set", "if", "while", "for", "&&", "exit")
"""Commands that a shell knows by itself, so that no file of that name can be started."""

SETTING = ("ARG", "ENV", "LABEL")
"""Instructions that take pairs of a name and a value."""

Answer = tuple[str, str, dict[str, str]]
"""The reason, the special case of it, and what fills the words."""


@dataclass(frozen=True)
class Scene:
    """All that is known about one error."""

    text: str
    lines: tuple[str, ...]
    reason: str
    groups: Mapping[str, str]
    file: Dockerfile | None
    place: Place | None
    context: Path | None
    at: Path
    """Where the reader has that folder."""
    images: tuple[str, ...]

    @property
    def instruction(self) -> Instruction | None:
        """The instruction to blame."""
        return self.place.instruction if self.place else None


def refine(scene: Scene) -> Answer:
    """Look closer where the table has sharper words."""
    special: dict[str, Callable[[Scene], Answer]] = {
        missing.REASON: lambda scene: missing.refine(scene, sources.walk(scene.context) if scene.context else []),
        "base-image-not-here": _base,
        "copy-folder-onto-file": _several,
        "copy-needs-folder": _several,
        "copy-pattern-matches-nothing": sources.pattern,
        "copy-source-missing": sources.refine,
        "dockerfile-missing": _dockerfile,
        "dockerignore-invalid": sources.ignore_line,
        "image-name-invalid": _name,
        "image-not-here": _image,
        "instruction-arguments": _arguments,
        "file-instead-of-folder": _in_the_way,
        "flag-needs-buildkit": _newer_builder,
        "folder-not-in-image": missing.folder,
        "list-was-not-json": _list,
        "null-byte": sources.null_byte,
        "program-not-found": _program,
        "quote-not-closed": _quote,
        "run-step-failed": _step,
        "tool-missing-in-image": _tool,
        "unknown-flag": _flag,
        "user-unknown": _user,
        "stage-name-unknown": _stage,
        "unknown-instruction": _word,
    }
    not_there = "can't open" in scene.text  # then no line of it was read
    if scene.reason in OF_SCRIPTS and not not_there and (script := _windows(scene)):
        return "windows-line-endings", "", {"file": script}
    look = special.get(scene.reason)
    reason, detail, more = look(scene) if look else (scene.reason, "", {})
    base = root_base(scene.file, scene.instruction) if scene.file and scene.instruction else ""
    return reason, detail, {**({"base": base} if base and "$" not in base else {}), **more}


def _word(scene: Scene) -> Answer:
    line = scene.place.line if scene.place else 0
    inside = scene.instruction
    if inside is not None and inside.heredocs and line > inside.first_line:
        return "heredoc-not-understood", "copy" if inside.keyword in ("COPY", "ADD") else "", {}
    written = inside.written if inside else scene.groups.get("word", "")
    if "\0" in scene.text or "�" in written or (scene.file and any(e.reason == "not-utf-8" for e in scene.file.errors)):
        return scene.reason, "not-utf-8", {}
    return scene.reason, *_odd_word(scene, written, line)


def _odd_word(scene: Scene, written: str, line: int) -> tuple[str, dict[str, str]]:
    """Tell why this word stands where an instruction should."""
    if hidden := INVISIBLE.search(written):
        return "invisible-character", {"word": written[: hidden.start()] or written[hidden.end() :]}
    if scene.file and line > 1 and (opened := scene.file.at(line - 1)) and re.search(r"<<-?['\"]?\w+", opened.text):
        return "text-not-taken", {"word": written, "keyword": opened.keyword}
    if nearly := _nearly(written):
        return nearly
    if meant := next((what for mark, what in PASTED.items() if written.startswith(mark)), None):
        return meant, {"word": written}
    if written and not written[0].isalpha():
        return "lost-backslash", {}
    return "", {"word": written} if written else {}


def _nearly(written: str) -> tuple[str, dict[str, str]] | None:
    """Tell what was meant by a word that is nearly an instruction, or does what one does."""
    if (cut := re.split("[=:]", written, maxsplit=1))[0].upper() in KEYWORDS and len(cut) > 1:
        return "no-blank", {"meant": cut[0].upper(), "word": written}
    if written.lower() in COMMANDS:
        return "command", {"word": written}
    if meant := nearest(written, KEYWORDS):
        return "typo", {"meant": meant, "word": written}
    return None


def _dockerfile(scene: Scene) -> Answer:
    name = scene.groups.get("name", "Dockerfile")
    others = _listed(scene.context)
    alike = [one for one in others if one.lower().startswith("dockerfile") or one.lower() == name.lower()]
    meant = alike[0] if alike else nearest(name, [one for one in others if "." not in one], NEARLY)
    return (scene.reason, "other-name", {"meant": meant}) if meant and meant != name else (scene.reason, "", {})


def _name(scene: Scene) -> Answer:
    name = scene.groups.get("name", "")
    if not name and scene.instruction and scene.instruction.args:
        name = scene.instruction.args[0]
    capitals = "must be lowercase" in scene.text or name != name.lower()
    return scene.reason, "capitals" if capitals else "", {"name": name} if name else {}


def _several(scene: Scene) -> Answer:
    """See whether there are several files at all, or a space in a path made two words of it."""
    one = scene.instruction
    if one and len(one.sources) > 1 and "/" in one.sources:
        return "copy-needs-folder", "space", {}
    place = one.destination or "" if one else ""
    if one and "\\" in place:
        return "copy-needs-folder", "backslash", {}
    if place[-2:-1] == "/" and not place[-1].isalnum():
        return "copy-needs-folder", "sign", {"sign": INVISIBLE.sub(sources.visible, place[-1])}
    return scene.reason, "", {}


def _in_the_way(scene: Scene) -> Answer:
    """Find the COPY that made a file where a folder was meant."""
    path = scene.groups.get("file", "")
    if "failed to copy directory" in scene.text:
        return "copy-folder-onto-file", "", {}
    for other in above(scene.file, scene.instruction) if scene.file and scene.instruction else ():
        place = "/" + (other.destination or "").strip("/")
        if other.keyword in ("COPY", "ADD") and len(place) > 1 and f"{path}/".startswith(f"{place}/"):
            return scene.reason, "copied", {"file": place, "line": str(other.first_line)}
    return scene.reason, "", {}


def _arguments(scene: Scene) -> Answer:
    """Tell what stands behind the instruction that does not belong there."""
    words = scene.instruction.text.split()[1:] if scene.instruction else []
    if "comprised of strings only" in scene.text:
        return scene.reason, "bare", {}
    if any(word.startswith("#") for word in words):
        return scene.reason, "comment", {}
    if len(words) > 1 and (words[0].endswith(":") or words[1].startswith(":")):
        return scene.reason, "blank", {"name": "".join(words[:2])}
    if scene.instruction and scene.instruction.keyword in SETTING and any(word.startswith("=") for word in words):
        return scene.reason, "equals", {}
    if other := next((word for word in words if word in KEYWORDS), ""):
        return scene.reason, "two", {"other": other}
    return scene.reason, "", {}


def _quote(scene: Scene) -> Answer:
    """Tell quotes around several files from those around a name and its value."""
    one = scene.instruction
    return scene.reason, "files" if one and one.keyword in ("COPY", "ADD") else "", {}


def _list(scene: Scene) -> Answer:
    """Tell a list from the shell's own [, which needs a space."""
    one, word = scene.instruction, scene.groups.get("word", "")
    test = word.startswith(("[-", "[!")) or (one and one.args and not one.args[0].lstrip().startswith("["))
    return scene.reason, "test" if test else "", {}


def _program(scene: Scene) -> Answer:
    program = scene.groups.get("program", "")
    if program.startswith("$"):
        return scene.reason, "variable", {}
    if " " in program.strip():
        return scene.reason, "one-string", {}
    if "\\" in program:
        return scene.reason, "backslash", {"program": program.replace("\\\\", "\\")}
    if program.rpartition("/")[2] == "bash":
        return scene.reason, "bash", {}
    if program in BUILT_IN:
        return scene.reason, "built-in", {}
    empty = scene.file and scene.instruction and root_base(scene.file, scene.instruction) == "scratch"
    detail = "nothing" if empty else "path" if "/" in program else ""
    return scene.reason, detail, {"folder": program.rpartition("/")[0] or "/"}


def _tool(scene: Scene) -> Answer:
    return scene.reason, "" if scene.groups.get("word", "") in ("curl", "wget") else "language", {}


def _flag(scene: Scene) -> Answer:
    flag = scene.groups.get("flag", "").lstrip("-")
    if flag not in RECENT:
        return scene.reason, "", {}
    return "flag-needs-buildkit", "exclude" if flag == "exclude" else "recent", {"flag": flag}


def _newer_builder(scene: Scene) -> Answer:
    """Tell by the flag what does the same without it."""
    return scene.reason, {"--chmod": "mode", "--mount": "mount"}.get(scene.groups.get("flag", ""), ""), {}


def _user(scene: Scene) -> Answer:
    words = scene.instruction.text.split() if scene.instruction else []
    if not words or words[0].upper() != "USER" or len(words) <= 2:  # noqa: PLR2004 - the keyword and one word
        return scene.reason, "", {}
    return scene.reason, "comment" if any(word.startswith("#") for word in words) else "blank", {}


def _step(scene: Scene) -> Answer:
    said = [found[1] for found in map(SAID.match, scene.lines) if found and "exit code" not in found[1]]
    said = [one for one in said if not one.startswith(("The command", "executor failed", "ERROR", "failed to"))]
    code = scene.groups.get("code", "")
    if not said:
        return scene.reason, code if code == "137" else "", {}
    known = code in SAYING and (code != "2" or NOT_UNDERSTOOD.search(said[-1]))
    return scene.reason, code if known else "said", {"said": said[-1][:200]}


def _windows(scene: Scene) -> str:
    """Find a script of the folder that the failed step speaks of, and whose lines end as on Windows."""
    one, folder = scene.instruction, scene.context
    if one is None or folder is None or one.keyword != "RUN":
        return ""
    scripts = [name for name in sources.walk(folder) if name.endswith(".sh") and name.rpartition("/")[2] in one.text]
    scripts = [name for name in scripts if not _is_missed(name.rpartition("/")[2], scene.text)]
    return next((name for name in scripts if b"\r\n" in (folder / name).read_bytes()), "")


def _is_missed(name: str, said: str) -> bool:
    """Whether a program other than the shell says that there is no such file, so that no line of it was read."""
    return bool(re.search(rf"\b(?!\w*sh:)[\w-]+: (?:\S+ )*'?\S*{re.escape(name)}'?: No such file", said))


def _stage(scene: Scene) -> Answer:
    takes = scene.instruction.flag("from") if scene.instruction else None
    return _as_stage(scene, takes or scene.groups.get("stage", "")) or (scene.reason, "", {})


def _as_stage(scene: Scene, name: str) -> Answer | None:
    """See whether `name` was to be a stage: one further down, the same one, or one that is spelt nearly so."""
    if scene.file is None or not name:
        return None
    at = scene.instruction.stage if scene.instruction else None
    stage = scene.file.stage_named(name)
    if stage is not None and at is not None and stage.index >= at:
        itself = stage.index == at and scene.instruction is not stage.instruction
        return "stage-name-unknown", "itself" if itself else "later", {"stage": name}
    named = [one.name for one in scene.file.stages if one.name]
    meant = nearest(name, named, NEARLY) if stage is None else None
    if meant:
        return "stage-name-unknown", "misspelt", {"stage": name, "meant": meant}
    if at and scene.instruction and scene.instruction.flag("from") and not re.search(r"[:/.]", name):
        free = _alike(name, scene.images)[0] != "latest"
        return ("stage-name-unknown", "nobody", {"stage": name}) if free else None
    return None


def _base(scene: Scene) -> Answer:
    """Tell what the missing image was to be: a stage, another tag, another name, another processor."""
    name = _wanted(scene)
    if not name:
        return scene.reason, "", {}
    as_stage = _as_stage(scene, name)
    if as_stage:
        return as_stage
    detail, more = _alike(name, scene.images)
    return scene.reason, detail, {"image": name, **more}


def _image(scene: Scene) -> Answer:
    name = scene.groups.get("image", "")
    detail, more = _alike(name, scene.images)
    return scene.reason, "other-tag" if detail == "latest" else detail, {"image": name.removesuffix(":latest"), **more}


def _wanted(scene: Scene) -> str:
    one = scene.instruction
    if one is not None and one.keyword == "FROM" and one.args:
        name = _filled(one.args[0], scene.file)
        if name == one.args[0] or plain_image(name) not in map(plain_image, scene.images):
            return name  # else --build-arg gave another one
    if one is not None and one.flag("from"):
        return one.flag("from") or ""
    name = scene.groups.get("image", "")
    if "tag" in scene.groups:
        name = f"{name}:{scene.groups['tag']}"
    return re.sub(r"^(?:index\.)?docker\.io/", "", name).removeprefix("library/").removesuffix(":latest")


def _filled(name: str, file: Dockerfile | None) -> str:
    """Put the defaults of the ARG lines above FROM into a name, as the builder does without --build-arg."""
    above = [one for one in file.all("ARG") if one.stage is None] if file else []
    values = {key: value for one in above for key, value in one.pairs}
    return re.sub(r"\$\{?(\w+)(?::-([^}]*))?\}?", lambda found: values.get(found[1]) or found[2] or "", name)


def _alike(name: str, images: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """Find the image on this machine that was probably meant."""
    here = {plain_image(image): image for image in images}
    full = plain_image(name)
    if full in here:
        return "platform", {}
    repository = full.rpartition(":")[0]
    same = [image for image in here if image.rpartition(":")[0] == repository]
    if same:
        meant = nearest(full, same, 0) or same[0]
        bare = ":" not in name.rpartition("/")[2]
        return "latest" if bare else "other-tag", {"meant": here[meant]}
    near = nearest(repository, [image.rpartition(":")[0] for image in here], NEARLY)
    if near:
        meant = next(image for image in here if image.rpartition(":")[0] == near)
        return "misspelt", {"meant": here[meant].removesuffix(":latest")}
    return "", {}


def _listed(folder: Path | None) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir()) if folder else []
    except OSError:  # gone or not readable: then there is nothing to compare with
        return []
