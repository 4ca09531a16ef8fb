"""Exercise 3 is done when the site is in the image, and nothing else from the folder is."""

import json
import re
from pathlib import PurePosixPath
from typing import NoReturn

from workshop import Image, Lab, NotYet, after, places
from workshop.judging.running import Running

BASE = "nginx:mainline-alpine"
SITE = "/usr/share/nginx/html"
STARTER = "copy-outside-folder"
_SIGNS = re.compile(r"""["',\\]|\S\s+\S""")
"""What is a part of a pattern, and was hardly meant to be."""
SECRET = re.compile(r"pretend-[\w-]+")


def check_image_builds(lab: Lab) -> None:
    """Your Dockerfile builds, with this folder as its box."""
    try:
        lab.build()
    except NotYet as failure:
        _still_outside(lab, failure)
        raise
    lab.ahead(_site_of_more)


@after(check_image_builds)
def check_site_is_served(lab: Lab) -> None:
    """Both pages are served, and their stylesheet."""
    front = lab.running.fetch("/")
    if front.status != 200 or front.body == lab.file(f"{SITE}/index.html", BASE):
        _missing(lab, "index.html", "page", "/", front.status)
    bread = lab.running.fetch("/recipes/bread.html")
    if bread.status != 200:
        if lab.running.fetch("/bread.html").status == 200:
            lab.not_yet(
                "folder-flattened",
                "COPY of a folder takes what is in it, not the folder: bread.html came to lie beside index.html.",
                expected="200 for /recipes/bread.html",
                actual=f"{bread.status} for /recipes/bread.html, and 200 for /bread.html",
                hint="where must the content of recipes go?",
                look=lab.inside(f"ls -R {SITE}"),
                where=lab.where("COPY", "ADD", containing="recipes"),
            )
        _missing(lab, "recipes/bread.html", "recipes", "/recipes/bread.html", bread.status)
    sheet = lab.running.fetch("/style.css")
    if sheet.status != 200:
        _missing(lab, "style.css", "stylesheet", "/style.css", sheet.status)
    if sheet.content_type != "text/css" or b"{" not in sheet.body or b"<html" in sheet.body:
        lab.not_yet(
            "stylesheet-empty",
            "A file style.css is there, and has no rules in it.",
            expected="the stylesheet of the lesson, docker-101/style.css",
            actual=f"{len(sheet.body)} bytes of {sheet.content_type}",
            hint="compare the size of the two files",
            look=lab.inside(f"cat {SITE}/style.css"),
        )


@after(check_site_is_served)
def check_nothing_private_is_inside(lab: Lab) -> None:
    """Nothing private is in any layer of the image."""
    image = _with_more_in_the_box(lab)
    layers = image.layers_above(BASE if image.is_on(BASE) else "busybox")
    inside = _private(lab, [path for layer in layers for path in layer.files])
    if any(inside.values()):
        _leaks(lab, image, inside)
    secrets = _secrets(lab)
    for layer in layers:
        for path, entry in layer.files.items():
            if entry.is_file and any(secret in layer.read(path) for secret in secrets):
                lab.not_yet(
                    "secret-under-another-name",
                    "No private file is in the image under its own name, but this one holds what is in one of them.",
                    expected="no word of your notes and .env files in any layer",
                    actual=f"in {_shown(lab, f'/{path}')}",
                    hint="which instruction writes that file?",
                    look=lab.inside(f"cat /{path}"),
                    where=lab.where("COPY", "ADD", "RUN", containing=path.rpartition("/")[2]),
                )
    written = json.dumps([image.config, image.history]).encode()
    if any(secret in written for secret in secrets):
        lab.not_yet(
            "secret-in-settings",
            "What is in your .env file stands in the image's settings or in its history; everybody can read both.",
            expected="no word of your notes and .env files anywhere in the image",
            actual="found in what docker history and docker image inspect show",
            hint="which instruction names it?",
            look=f"docker history --no-trunc {lab.image_name}",
            where=lab.where("ENV", "ARG", "LABEL", "RUN", containing="pretend"),
        )


@after(check_site_is_served)
def check_new_pages_come_along(lab: Lab) -> None:
    """A new page is served without a change to the Dockerfile."""
    site = lab.once(_site_of_more)
    for name in (f"about-{lab.nonce}.html", f"recipes/cake-{lab.nonce}.html"):
        answer = site.fetch(f"/{name}")
        if answer.status == 200:
            continue
        pattern = lab.ignored(name)
        general = name.replace(f"-{lab.nonce}", "")
        lab.not_yet(
            "new-page-ignored" if pattern else "new-page-left-out",
            f"Your .dockerignore keeps new pages out of the box: {pattern}"
            if pattern
            else "The Dockerfile takes the pages that are there today by their names, so tomorrow's is left out.",
            expected=f"200 for a new page {general}, put into the folder for this test",
            actual=f"{answer.status}",
            hint="what would you have to change for each new page?",
            look=lab.inside(f"ls -R {SITE}"),
            where=lab.where_in(".dockerignore", pattern) if pattern else lab.where("COPY", "ADD"),
        )


@after(check_site_is_served)
def check_stays_up(lab: Lab) -> None:
    """The container is still running."""
    # The base image's own start command is known to stay; another one must show it for a second.
    lab.running.must_stay_up(0 if lab.build().starts_as(BASE) else 1.2)


def _still_outside(lab: Lab, failure: NotYet) -> None:
    """Say where the stylesheet is, when COPY names it right and it was never put into the box."""
    where = failure.finding.where
    sheet, outside = lab.folder / "style.css", places.LESSON / "style.css"
    named = where and re.search(r"[\s\"](\./)?style\.css[\s\"]", where.text)
    missing = not sheet.is_symlink() and not sheet.exists() and outside.is_file()
    if failure.finding.reason == "copy-source-missing" and named and missing:
        lab.not_yet(
            "stylesheet-still-outside",
            f"style.css still lies in {places.LESSON.name}/. The builder sees only the folder it is given, "
            f"exercises/{lab.exercise.name}/, and there is none in it.",
            expected="an image",
            actual=failure.finding.actual,
            hint="put a copy of the file into the exercise's folder",
            look=f"ls {lab.typed}",
            where=where,
        )


def _with_more_in_the_box(lab: Lab) -> Image:
    """Build a copy of the folder in which somebody has gone on working."""
    new = f"<!doctype html>\n<title>{lab.nonce}</title>\n"
    edits = {
        f"notes/more-{lab.nonce}.txt": f"pretend-note-{lab.nonce}\n",
        f"notes/plan-{lab.nonce}.md": f"pretend-note-{lab.nonce}\n",
        f"recipes/deep/{lab.nonce}/.env": f"PIN=pretend-secret-{lab.nonce}\n",
    }
    for known, page in (("index.html", "about"), ("bread.html", "cake")):
        for path in lab.folder.rglob(known):
            beside = path.parent.relative_to(lab.folder).as_posix()
            edits[f"{beside}/{page}-{lab.nonce}.html"] = new
    return lab.build(edits=edits)


def _site_of_more(lab: Lab) -> Running:
    return lab.start(_with_more_in_the_box(lab))


def _private(lab: Lab, paths: list[str]) -> dict[str, list[str]]:
    """Pick the private files out of `paths` by kind; those of the folder come before those put in for this test."""
    inside: dict[str, list[str]] = {"env": [], "notes": [], "build": []}
    for path in sorted(set(paths), key=lambda path: (lab.nonce in path, path)):
        parts = PurePosixPath(path).parts
        if parts[-1] == ".env":
            inside["env"].append(f"/{path}")
        elif "notes" in parts[:-1]:
            inside["notes"].append(f"/{path}")
        elif parts[-1] in ("Dockerfile", ".dockerignore"):
            inside["build"].append(f"/{path}")
    return inside


def _secrets(lab: Lab) -> list[bytes]:
    """Collect what must be nowhere: the starter's pretended secrets, and those put in for this test."""
    files = [*lab.exercise.starter.rglob(".env"), lab.exercise.starter / "notes" / "todo.txt"]
    words = [match[0] for path in files for match in SECRET.finditer(path.read_text("utf-8"))]
    return [word.encode() for word in (*words, f"pretend-note-{lab.nonce}", f"pretend-secret-{lab.nonce}")]


def _leaks(lab: Lab, image: Image, inside: dict[str, list[str]]) -> NoReturn:
    everything = [path for paths in inside.values() for path in paths]
    kind, paths = next((kind, paths) for kind, paths in inside.items() if paths)
    only_new = all(lab.nonce in path for path in paths)
    ignore = lab.folder / ".dockerignore"
    lost = sorted(
        path.relative_to(lab.folder).as_posix()
        for path in lab.folder.rglob("*")
        if path != ignore and re.fullmatch(r"\.?_?docker_?-?ignore.*|.*\.dockerignore|\.gitignore", path.name.lower())
    )
    where, look = None, lab.inside(f"find {SITE}")
    known = [path for path in everything if lab.nonce not in path]
    if known and all(lab.file(path, image) is None for path in known):
        reason = "deleted-too-late"
        why = (
            "A later layer only hides what an earlier one holds. The container does not show these files any more; "
            "whoever has the image still has them."
        )
        hint, where = "they must not come in at all: which instruction brings them?", lab.where("RUN", containing="rm")
        look = f"docker history {lab.image_name}"
    elif not ignore.is_file() and lost:
        reason = "ignore-file-not-read"
        why = (
            f"Nothing reads {lost[0]}: the builder looks for one file, called .dockerignore, at the top of this folder."
        )
        hint = "compare its name and its place"
    elif not ignore.is_file():
        reason = "all-comes-along"
        why = "COPY takes whatever is in the box, and nothing says yet what should stay out of it."
        hint, where = "a file can tell what never gets into the box", lab.where("COPY", "ADD")
    elif odd := next((line for line in _lines(lab) if _SIGNS.search(line) and "#" not in line), None):
        reason = "pattern-misread"
        why = "Each line is one pattern, and every sign in it counts: no quotes, no commas, no \\, one pattern a line."
        hint, where = "so which names does that line match?", lab.where_in(".dockerignore", odd)
    elif comment := next((line for line in _lines(lab) if re.search(r"^[^#\s].*\s#", line)), None):
        reason = "comment-behind-pattern"
        why = "In a .dockerignore a comment needs a line of its own; behind a pattern it is part of the pattern."
        hint, where = "so which files does that line match?", lab.where_in(".dockerignore", comment)
    elif kind == "env":
        in_folders = all("/" in path.removeprefix(f"{SITE}/") for path in paths)
        reason = "env-file-deeper" if only_new else "env-file-in-subfolder" if in_folders else "env-file-in-image"
        why = (
            "Unlike in .gitignore, a bare name matches only at the top of the folder; a star stands for one folder."
            if in_folders
            else "The .env file at the top of the folder is in the image, for everybody who has it."
        )
        patterns = [line for line in _lines(lab) if ".env" in line and not line.startswith(("!", "#"))]
        where = lab.where_in(".dockerignore", patterns[-1]) if in_folders and patterns else None
        hint = (
            "how does a pattern say “in any folder, however deep”?" if in_folders else "what keeps it out of the box?"
        )
    elif kind == "notes":
        reason = "notes-one-by-one" if only_new else "notes-in-image"
        why = (
            "Today's notes stay out, but not a note of tomorrow: a pattern should name the folder."
            if only_new
            else "The folder with the notes is in the image."
        )
        hint = "patterns begin at the top of this folder, and upper and lower case count"
        where = next((lab.where_in(".dockerignore", line) for line in _lines(lab) if "notes" in line.lower()), None)
    else:
        reason = "build-files-in-image"
        why = "How the image is made is nobody's business on a website; these two files can be left out as any other."
        hint = f"what else is in this folder, and not part of the site? See: ls -a {lab.typed}"
    for path in paths:
        if not where and (kept := next((line for line in _lines(lab) if line == f"!{path.rpartition('/')[2]}"), None)):
            where = lab.where_in(".dockerignore", kept)
    lab.not_yet(
        reason,
        why,
        expected="no notes, no .env, no Dockerfile, no .dockerignore, in no layer",
        actual="in the image:\n" + "\n".join(_shown(lab, path) for path in everything[:8]),
        hint=hint,
        look="" if only_new else look,
        where=where,
    )


def _shown(lab: Lab, path: str) -> str:
    """Write a path as a learner can know it, and say which are not from their folder."""
    plain = path.replace(f"-{lab.nonce}", "").replace(lab.nonce, "new")
    return plain if plain == path else f"{plain}   (put in for this test)"


def _lines(lab: Lab) -> list[str]:
    path = lab.folder / ".dockerignore"
    return [line.strip() for line in path.read_text("utf-8", "replace").splitlines()] if path.is_file() else []


def _missing(lab: Lab, name: str, what: str, path: str, status: int) -> NoReturn:
    """Say why a file of the site is not served."""
    file = lab.folder / name
    if not file.is_file() and not file.is_symlink():
        file = next((path for path in lab.folder.rglob(file.name) if path.is_file()), file)
    places = lab.build().where_is(file.read_bytes(), BASE) if file.is_file() else []
    pattern = lab.ignored(name) or ("/" in name and lab.ignored(name.partition("/")[0]))
    where = lab.where("COPY", "ADD", containing=name) or lab.where("COPY", "ADD") or lab.where("FROM")
    if status == 403:
        reason, why = f"{what}-not-readable", f"nginx may not read {name}: COPY keeps a file's permissions."
    elif file.is_symlink() and not file.is_file():
        reason = "dangling-link"
        why = f"{name} is a link. The link went into the box, what it points to did not: that lies outside."
    elif places:
        reason, why = f"{what}-elsewhere", f"{name} is in the image, at {places[0]}; nginx looks in {SITE}."
    elif pattern and file.is_file():
        reason, why = f"{what}-ignored", f"The .dockerignore keeps {name} out of the box: {pattern}"
        where = lab.where_in(".dockerignore", pattern)
    elif not file.is_file():
        reason, why = f"{what}-not-in-box", f"{name} is not in this folder, so no build can take it from there."
    else:
        reason, why = f"{what}-missing", f"{name} is in the folder, but no line of the Dockerfile takes it."
    lab.not_yet(
        reason,
        why,
        expected=f"200 for {path}, and your {name}",
        actual="“Welcome to nginx!”" if status == 200 else f"{status}",
        hint="compare what is in the box with what is in the image",
        look=lab.inside(f"ls -aR {SITE}"),
        where=where,
    )
