"""Exercise 7 is done when the program and its data lie in /app, and a container that starts there prints the quote."""

from __future__ import annotations

import posixpath
import re
from typing import NoReturn

from workshop import Image, Lab, NotYet, Where, after
from workshop.judging import line_ends

BASES = ("busybox", "nginx:mainline-alpine")
HOME = "/app"
PROGRAM = "app/app.sh"
QUOTE = "app/data/quote.txt"
OTHERS = ("etc/", "proc/", "sys/", "dev/", "root/.")
"""Where instructions leave traces of their own: users, mounts, a shell's history."""
NO_INTERPRETER = re.compile(r"(?:^|[\s'\"])[\w/.]*/app\.sh: (no such file or directory|not found)")
"""What Linux and shells say of a script that is there, when the program in its first line is not."""
_NO_FOLDER = (
    "Where there is no such folder yet, COPY, cp and mv take the last word for the file's new name, unless a slash at "
    "its end says otherwise."
)
STARTER = "cd-does-not-last"


def check_image_builds(lab: Lab) -> None:
    """Your Dockerfile builds."""
    try:
        lab.build()
    except NotYet as failed:
        if "not a directory" in failed.finding.actual:
            lab.not_yet(
                "app-is-a-file",
                f"A folder {HOME} is needed here, and a line before made a file of that name. {_NO_FOLDER}",
                expected=f"a folder {HOME}",
                actual=failed.finding.actual,
                hint="which line above makes it, and how would that line know that a folder is meant?",
                look=failed.finding.look,
                where=_made_a_file(lab) or failed.finding.where,
            )
        raise
    lab.ahead(_with_another_quote)


@after(check_image_builds)
def check_files_in_place(lab: Lab) -> None:
    """The program is at /app/app.sh, its data at /app/data/quote.txt."""
    for path in (PROGRAM, QUOTE):
        if lab.file(f"/{path}") is None:
            _not_there(lab, path)


@after(check_files_in_place)
def check_starts_in_app(lab: Lab) -> None:
    """A container starts in /app."""
    start = posixpath.normpath("/" + lab.build().config.get("WorkingDir", "")).replace("//", "/")
    if start == HOME:
        return
    workdir, cd = lab.dockerfile.last("WORKDIR"), lab.where("RUN", "CMD", "ENTRYPOINT", containing="cd ")
    hint = "which instruction changes the folder for good?"
    if workdir and start == "/" and workdir.stage != lab.dockerfile.stages[-1].index:
        why = "WORKDIR stands in another stage. Each FROM begins anew, with the settings of its base image."
        hint = "which settings of the first stage does the last one need again?"
    elif workdir:
        why = "The last WORKDIR decides where containers start, and it is another folder."
        hint = "compare the two paths"
    elif cd:
        why = "A cd lasts as long as the shell it was typed into. Where containers start is a setting of the image."
    else:
        why = "The folder in which containers start is a setting of the image, and it is another one."
    lab.not_yet(
        "starts-elsewhere",
        why,
        expected=HOME,
        actual=start,
        hint=hint,
        look=f"docker run --rm --entrypoint pwd {lab.image_name}",
        where=lab.line(workdir.first_line) if workdir else cd,
    )


@after(check_starts_in_app)
def check_prints_quote(lab: Lab) -> None:
    """It prints the quote, whatever the quote is."""
    image = _with_another_quote(lab)
    wanted = (lab.file(f"/{QUOTE}") or b"").decode("utf-8", "replace").strip()
    if _has_quote(lab):
        wanted = _another_quote(lab)
    try:
        output = lab.finish(image=image)
    except NotYet as refused:
        if 'exec: "' not in refused.finding.actual:  # newer engines refuse at once what older ones start and see fail
            _explain_script(lab, refused.finding.actual)
        raise
    if output.code:
        _explain_script(lab, output.text)
        _explain_reading(lab, output.text)
        lab.printed(image=image, expected=f"the quote: {wanted}")
    if wanted not in output.stdout:
        _other_output(lab, wanted, output.text.strip())
    if PROGRAM.rpartition("/")[2] not in " ".join(lab.build().command):
        _by_the_program(lab, image)


def _by_the_program(lab: Lab, image: Image) -> None:
    """See that the quote comes from app.sh, where docker run starts something else."""
    if lab.finish("sh", f"/{PROGRAM}", image=image, entrypoint=[]).code:
        _explain_script(lab, "the quote comes out, and app.sh itself still does not run", certain=True)
    mine = lab.folder / "app.sh"
    first, end, rest = _script(lab).partition(b"\n")
    if not first.endswith(b"sh") or not mine.is_file() or _unix(mine.read_bytes()) != _unix(first + end + rest):
        return
    marked = b"\n".join((first, f"echo {lab.nonce}; echo {lab.nonce} >&2".encode(), rest))
    if lab.nonce not in lab.finish(image=lab.build(edits={"app.sh": marked})).text:
        lab.not_yet(
            "another-program",
            "The quote comes out, and app.sh has no part in that: something else reads the file.",
            expected="the quote, from /app/app.sh",
            actual=f"docker run starts: {' '.join(lab.build().command)}",
            hint="which program should a container start?",
            look=lab.started_shown(),
            where=lab.where("CMD", "ENTRYPOINT"),
        )


def _has_quote(lab: Lab) -> bool:
    return (lab.folder / "data" / "quote.txt").is_file()


def _another_quote(lab: Lab) -> str:
    return f"A banana a day: {lab.nonce}."


def _with_another_quote(lab: Lab) -> Image:
    """Build with a quote that nobody knew before, where the folder has the file."""
    return lab.build(edits={"data/quote.txt": _another_quote(lab) + "\n"}) if _has_quote(lab) else lab.build()


@after(check_prints_quote)
def check_nothing_elsewhere(lab: Lab) -> None:
    """Nothing of it lies outside /app."""
    outside = [path for path in added(lab) if not path.startswith(("app/", *OTHERS))]
    if outside:
        link = _link(lab)
        lab.not_yet(
            "app-is-a-link" if link else "left-elsewhere",
            f"{link} is only a link here; the files themselves lie elsewhere."
            if link
            else "These files are in the image as well, and nobody needs them there.",
            expected="files of yours under /app only",
            actual="\n".join(f"/{path}" for path in outside[:6]),
            hint="how do they get into /app itself?" if link else "which line put them there, and is it still needed?",
            look=f"docker run --rm --entrypoint ls {lab.image_name} -l / {HOME}",
            where=(lab.where("RUN", containing="ln ") if link else None)
            or lab.bringer(outside[0], _base(lab))
            or lab.where("COPY", "ADD"),
        )
    if twice := _twice(lab):
        lab.note(f"/{twice[0]} is there as well, and nobody needs it")


def added(lab: Lab) -> list[str]:
    """List the regular files that the answer added to its base image; none where the base is not known."""
    if (base := _base(lab)) not in BASES:
        return []
    return [path for path, entry in lab.build().files_above(base).items() if entry.is_file]


def _twice(lab: Lab) -> list[str]:
    """List the files under /app that are the program or the quote once more, under whatever name."""
    files = added(lab)
    real = [path for path in (PROGRAM, QUOTE) if path in files]  # a link has its file elsewhere, and needs it there
    contents = {_unix(lab.file(f"/{path}") or b"") for path in real}
    names = [posixpath.basename(path) for path in real]
    others = [path for path in files if path.startswith("app/") and path not in real]
    return [
        path for path in others if posixpath.basename(path) in names or _unix(lab.file(f"/{path}") or b"") in contents
    ]


def _link(lab: Lab) -> str:
    """Name what is asked for and is a link; empty where nothing is."""
    there = lab.build().files_above(_base(lab))
    asked = ("app", PROGRAM, posixpath.dirname(QUOTE), QUOTE)
    return next((f"/{path}" for path in asked if path in there and there[path].link), "")


def _base(lab: Lab) -> str:
    return next((base for base in BASES if lab.build().is_on(base)), "scratch")


def _made_a_file(lab: Lab) -> Where | None:
    """Find the line that made a file called /app, where a build failed because of it."""
    for one in lab.dockerfile.all("COPY", "ADD"):
        if one.destination and "/" + one.destination.strip("/") == HOME:
            return lab.line(one.first_line)
    return lab.where("RUN", containing=" /app") or lab.where("RUN", containing=" app")


def _script(lab: Lab) -> bytes:
    return lab.file(f"/{PROGRAM}") or b""


def _not_there(lab: Lab, path: str) -> NoReturn:
    name, folder = posixpath.basename(path), posixpath.dirname(path)
    files = added(lab)
    places = [f"/{one}" for one in files if posixpath.basename(one) == name]
    where = lab.bringer(places[0], _base(lab)) if places else None
    copied = lab.where("COPY", "ADD", containing=name if path == PROGRAM else "data") or lab.where("COPY", "ADD")
    start = lab.build().config.get("WorkingDir", "").rstrip("/")
    lost_cd = lab.where("RUN", containing="cd /app") or lab.where("RUN", containing="cd app")
    hint = "compare the two paths, from the left"
    if places and (bent := _bent(lab, where or copied)):
        reason, where = "backslash-in-path", bent
        why = "In a Dockerfile the parts of a path have a / between them, on Windows too. A \\ vanishes, and the sign "
        why += "behind it stays."
    elif as_file := next((one for one in files if one in (folder, "app")), None):
        reason, why = f"{posixpath.basename(as_file)}-is-a-file", f"/{as_file} is a file here. {_NO_FOLDER}"
        hint = "what must be there before, or at the end of the destination, to make clear that a folder is meant?"
        where = lab.bringer(as_file, _base(lab))
    elif not places:
        reason, why, hint, where = _nowhere(lab, path, files)
    elif path == QUOTE and f"/app/{name}" in places and not (where and name in where.text):
        reason = "folder-not-kept"
        why = "COPY of a folder copies what is in it, not the folder itself: the quote came along without its data/."
        hint, where = "where should the contents of that folder go?", lab.bringer(f"/app/{name}", _base(lab))
    elif start == HOME and where and _below(lab, where) and not _absolute(lab, where):
        reason, why = "workdir-too-late", "Instructions run from top to bottom: when this one ran, WORKDIR was still /."
        hint = "the order of the lines"
    elif start != HOME and lost_cd:
        reason = "cd-does-not-last"
        why = "Each RUN is a shell of its own. The cd happened, that shell ended, and the next line was back in /."
        hint, where = "which instruction changes the folder for all lines below it?", lost_cd
    else:
        reason, why = "files-elsewhere", f"{name} is in the image, at another place than the one asked for."
        if where and not _absolute(lab, where) and (odd := _odd_workdir(lab)):
            where, why = odd, "WORKDIR takes all that stands behind it for the folder's name: blanks, #, ; and ~ too."
        elif places[0].lower() == f"/{path}":
            why = f"{places[0]} is not /{path}: in paths, capitals and small letters are different letters."
            where = where if where and _absolute(lab, where) else lab.where("WORKDIR") or where
    lab.not_yet(
        reason,
        why,
        expected=f"/{path}",
        actual=", ".join(places[:4]) or f"no {name} at all",
        hint=hint,
        look=f"docker run --rm --entrypoint ls {lab.image_name} -l / /app",
        where=where or copied,
    )


def _nowhere(lab: Lab, path: str, files: list[str]) -> tuple[str, str, str, Where | None]:
    """Say why nothing in the image is called as it should be: reason, why, hint, and the line to look at."""
    name, source = posixpath.basename(path), path.removeprefix("app/")
    wanted = _unix(lab.read(source)) if (lab.folder / source).is_file() else b""
    renamed = next((one for one in files if wanted and _unix(lab.file(f"/{one}") or b"") == wanted), None)
    if renamed:
        why = f"{name} got another name on its way into the image: /{renamed}."
        return "files-elsewhere", why, "what does the last word of that line say?", lab.bringer(renamed, _base(lab))
    if keeping := lab.ignored_by(source):
        why = f"{source} is in your folder, and .dockerignore keeps it out of every build. The line is: {keeping.text}"
        return "not-copied", why, "what may .dockerignore keep out?", keeping
    why = f"No {name} is among the files that your Dockerfile added."
    if later := lab.where("ONBUILD", containing=source.partition("/")[0]):
        why += " ONBUILD keeps an instruction for other images, built FROM this one."
        return "not-copied", why, "when should that happen?", later
    return "not-copied", why, "which line should bring it along?", None


def _unix(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n")


def _below(lab: Lab, where: Where) -> bool:
    """Whether the last WORKDIR stands below a line."""
    workdir = lab.where("WORKDIR")
    return bool(workdir and workdir.line > where.line)


def _absolute(lab: Lab, where: Where) -> bool:
    """Whether a COPY names a place from / on, wherever WORKDIR is."""
    one = lab.dockerfile.at(where.line)
    return bool(one and (one.destination or "").startswith("/"))


def _odd_workdir(lab: Lab) -> Where | None:
    workdir = lab.dockerfile.last("WORKDIR")
    odd = workdir and workdir.args and re.search(r"[\s~;,#]", workdir.args[0].strip())
    return lab.line(workdir.first_line) if workdir and odd else None


def _bent(lab: Lab, where: Where | None) -> Where | None:
    """Find the line whose path has a backslash: the one that brought a file, else the WORKDIR above it."""
    if where and "\\" in where.text and not where.text.upper().startswith("RUN"):
        return where
    workdir = lab.where("WORKDIR")
    return workdir if workdir and "\\" in workdir.text else None


def _explain_script(lab: Lab, seen: str, *, certain: bool = False) -> None:
    """Say what is wrong with app.sh, where what was `seen` points to it."""
    script = _script(lab)
    if b"\r" not in script or not (NO_INTERPRETER.search(seen) or "\r" in seen or certain):
        return
    why = "Lines of app.sh end as on Windows, with an invisible carriage return (^M) before the line's end. "
    why += "Linux takes it for a part of the name: there is no program sh^M and no file quote.txt^M."
    where = lab.maker(PROGRAM, _base(lab)) or lab.where("COPY", "ADD")
    tried = line_ends.converting(lab.dockerfile)
    brought = lab.dockerfile.at(where.line) if where else None
    if tried and brought and tried[-1].stage != brought.stage and not brought.flag("from"):
        why += f" Line {tried[-1].first_line} is about a copy in another stage; this one takes the file of your folder."
    elif tried and where and tried[-1].first_line < where.line:
        why += f" Line {tried[-1].first_line} may have changed that; this one brought it back."
    elif tried:
        where = lab.line(tried[-1].first_line)
        why += " " + line_ends.not_converted(lab.dockerfile, tried[-1], "app.sh")
    start = script.splitlines(keepends=True)[0]
    lab.not_yet(
        "carriage-returns",
        why,
        expected="lines that end in \\n alone",
        actual=f"{seen.strip()}\nline 1 of /app/app.sh: {start.decode('utf-8', 'replace')!r}".replace("\r", "^M"),
        hint="the endings can be changed in your editor, or by a step of the build",
        look=f"docker run --rm --entrypoint cat {lab.image_name} -A /app/app.sh",
        where=where,
    )


def _explain_reading(lab: Lab, seen: str) -> None:
    """Say why a program that starts does not get at the quote, where what was `seen` says that."""
    missed = re.search(r"can't open '?([^':\n]*quote\.txt)'?: (No such file|Permission denied)", seen)
    if not missed:
        return
    if missed[2] == "Permission denied":
        user = lab.build().config.get("User") or "root"
        reason, why = "quote-not-readable", f"The container runs as {user}, and that user may not read /{QUOTE}."
        hint, where = "what did the build do to the modes and owners of files?", lab.where("USER")
    else:
        reason, why = (
            "quote-not-found",
            f"app.sh looks for {posixpath.join(HOME, missed[1])}, and the quote lies at /{QUOTE}.",
        )
        hint, where = "put the two paths together, and compare", lab.where_in("app.sh", missed[1])
    lab.not_yet(
        reason,
        why,
        expected="a program that reads the quote where it lies",
        actual=seen.strip(),
        hint=hint,
        look=f"docker run --rm --entrypoint ls {lab.image_name} -la {HOME} {HOME}/data",
        where=where or lab.where("CMD", "ENTRYPOINT"),
    )


def _other_output(lab: Lab, wanted: str, seen: str) -> NoReturn:
    command = " ".join(lab.build().command)
    file = lab.folder / "data" / "quote.txt"
    given = file.read_text("utf-8", "replace").strip() if file.is_file() else wanted
    hint, where = "what does the container start?", lab.where("CMD", "ENTRYPOINT") or lab.where("FROM")
    if given != wanted and given and given in seen:
        reason, why = (
            "quote-fixed",
            "data/quote.txt was changed for this check, and the old quote came out all the same.",
        )
        if given.encode() in _script(lab):
            why += " It stands in the program."
            where = lab.where_in("app.sh", given) or lab.maker(PROGRAM, _base(lab)) or where
            hint = "where should the program find what it prints?"
        elif given.encode() in (lab.file(f"/{QUOTE}", _with_another_quote(lab)) or b""):
            why += f" It is in the image's /{QUOTE}, which is not the file of your folder."
            hint, where = "which line makes that file, and from what?", lab.maker(QUOTE, _base(lab)) or where
    elif _script(lab).strip() and _unix(_script(lab)).decode("utf-8", "replace").strip() in seen:
        reason, why = "other-output", "That is the text of the program: it was printed, and not started."
    elif not seen and command.split()[-1:] and command.split()[-1].rpartition("/")[2] in ("sh", "ash"):
        reason, why = (
            "starts-a-shell",
            "The container starts a shell and not the program; without input it ends at once.",
        )
    elif not _script(lab).strip():
        reason, why = "program-is-empty", "app.sh is in the image, and nothing is in it."
        emptied = lab.maker(PROGRAM, _base(lab))
        if emptied and ">" in emptied.text:
            why += " A > empties the file behind it before any command of its line begins to read."
        hint, where = "how can a step change a file that it still reads?", emptied or where
    else:
        reason, why = "other-output", "The program ended well, but the quote is not in what it printed."
    lab.not_yet(
        reason,
        why,
        expected=wanted,
        actual=seen or f"nothing; it ran: {command}",
        hint=hint,
        look=f"docker run --rm {lab.image_name}",
        where=where,
    )
