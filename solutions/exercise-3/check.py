"""Exercise 3 is done when the site is in the image, and nothing else from the folder is."""

import json
import re
from pathlib import PurePosixPath
from typing import NoReturn

from workshop import Image, Lab, NotYet, Where, after, places
from workshop.dockerfile.rules import nearest
from workshop.judging import ignorefile, packed
from workshop.judging.ignorefile import Cause
from workshop.judging.markup import Parsed, has_rules
from workshop.judging.running import Running

BASE = "nginx:mainline-alpine"
SITE = "/usr/share/nginx/html"
STARTER = "copy-outside-folder"
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
                where=lab.bringer(f"{SITE}/bread.html", BASE) or lab.where("COPY", "ADD", containing="recipes"),
            )
        _missing(lab, "recipes/bread.html", "recipes", "/recipes/bread.html", bread.status)
    if bread.body == front.body:
        lab.not_yet(
            "another-page-there",
            "At the address of the bread comes the front page: something answers in the place of what is not there.",
            expected="your recipes/bread.html at /recipes/bread.html",
            actual="the same page as at /",
            hint="is bread.html in the image, and does the server send 404 for what is not?",
            look=lab.inside(f"ls -R {SITE}"),
            where=lab.where("COPY", "ADD"),
        )
    sheet = lab.running.fetch("/style.css")
    named = [Parsed(page.text).sheets for page in (front, bread)]
    if sheet.status != 200 and named[0] and named[0] == named[1]:
        sheet = lab.running.fetch(named[0][0])  # it lies elsewhere, and the pages were told
    if sheet.status != 200:
        _missing(lab, "style.css", "stylesheet", "/style.css", sheet.status)
    if sheet.content_type != "text/css" or not has_rules(sheet.text):
        lab.not_yet(
            "stylesheet-empty",
            "A file style.css is there, and has no rules in it.",
            expected="the stylesheet of the lesson, docker-101/style.css",
            actual=f"{len(sheet.body)} bytes of {sheet.content_type}",
            hint="which file of the lesson belongs here, and does it lie in your folder?",
            look=lab.inside(f"cat {SITE}/style.css"),
            where=lab.maker(f"{SITE}/style.css", BASE),
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
            if entry.is_file and packed.holds(layer.read(path), secrets):
                plain = any(secret in layer.read(path) for secret in secrets)
                lab.not_yet(
                    "secret-under-another-name",
                    "No private file is in the image under its own name, but this one holds what is in one of them"
                    + ("." if plain else ": packed, or written so that everybody can turn it back."),
                    expected="no word of your notes and .env files in any layer",
                    actual=f"in {_shown(lab, f'/{path}')}",
                    hint="which instruction writes that file?",
                    look=lab.inside(f"{'cat' if plain else 'ls -l'} /{path}"),
                    where=lab.where("COPY", "ADD", "RUN", containing=path.rpartition("/")[2])
                    or lab.bringer(path, BASE, image),
                )
    written = json.dumps([image.config, image.history]).encode()
    if packed.holds(written, secrets):
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
        if answer.status == 200 and lab.nonce in answer.text:
            continue
        keeping = lab.ignored_by(name)
        general = name.replace(f"-{lab.nonce}", "")
        lab.not_yet(
            "new-page-ignored" if keeping else "new-page-left-out",
            f"Your .dockerignore keeps new pages out of the box: {keeping.text}"
            if keeping
            else "The Dockerfile takes the pages that are there today by their names, so tomorrow's is left out.",
            expected=f"200 for a new page {general}, put into the folder for this test",
            actual=f"{answer.status}" + (", and another page" if answer.status == 200 else ""),
            hint="what would you have to change for each new page?",
            look=lab.inside(f"ls -R {SITE}"),
            where=keeping or _by_name(lab, name),
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


def _by_name(lab: Lab, new: str) -> Where | None:
    """Find the line that takes today's page, beside which a new one was put."""
    file = lab.folder / lab.find("recipes/bread.html" if new.startswith("recipes") else "index.html")
    places = lab.build().where_is(file.read_bytes(), BASE) if file.is_file() else []
    return (lab.bringer(places[0], BASE) if places else None) or lab.where("COPY", "ADD")


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
    known = [path for path in everything if lab.nonce not in path]
    look = lab.inside(f"find {SITE}")
    if known and all(lab.file(path, image) is None for path in known):
        why = (
            "A later layer only hides what an earlier one holds. The container does not show these files any more; "
            "whoever has the image still has them."
        )
        hint, where = "they must not come in at all: which instruction brings them?", lab.where("RUN", containing="rm")
        cause: Cause = ("deleted-too-late", why, hint, where)
        look = f"docker history {lab.image_name}"
    elif not (lab.folder / ".dockerignore").is_file():
        cause = _no_ignore_file(lab, paths, known)
    else:
        cause = ignorefile.misread(lab) or _decided(lab, kind, paths) or _too_narrow(lab, kind, paths, new=only_new)
    reason, why, hint, where = cause
    lab.not_yet(
        reason,
        why,
        expected="no notes, no .env, no Dockerfile, no .dockerignore, in no layer",
        actual="in the image:\n" + "\n".join(_shown(lab, path) for path in everything[:8]),
        hint=hint,
        look="" if only_new else look,
        where=where,
    )


def _no_ignore_file(lab: Lab, paths: list[str], known: list[str]) -> Cause:
    lost = ignorefile.lookalikes(lab)
    if lost:
        why = (
            f"Nothing reads {lost[0]}: the builder looks for one file, called .dockerignore, at the top of this folder."
        )
        return "ignore-file-not-read", why, "compare its name and its place", None
    if deleting := _deletes_some(lab, known):
        why = f"This line takes some of the private files away, and not all: {_shown(lab, paths[0])} went on."
        return "deleted-in-part", why, f"which private files are there, at any depth? See: ls -aR {lab.typed}", deleting
    why = "COPY takes whatever is in the box, and nothing says yet what should stay out of it."
    here = [path.removeprefix(SITE) for path in known if path.startswith(f"{SITE}/")]
    if here and all(lab.running.fetch(path).status != 200 for path in here):
        why += " That the server does not give it out is not enough: whoever has the image can read it."
    where = (lab.bringer(known[0], BASE) if known else None) or lab.where("COPY", "ADD")
    return "all-comes-along", why, "a file can tell what never gets into the box", where


def _decided(lab: Lab, kind: str, paths: list[str]) -> Cause | None:
    """Find the line that lets one of these in, or that would keep it out if case did not count."""
    if let_in := _let_in(lab, paths):
        return let_in
    name = paths[0].rpartition("/")[2]
    if kind != "notes" and (other := ignorefile.other_case(lab, name)):
        reason = "build-files-in-image" if kind == "build" else "env-file-in-image"
        why = f"Upper and lower case count: this line does not fit {name}."
        return reason, why, "compare the two names, letter by letter", other
    return None


def _too_narrow(lab: Lab, kind: str, paths: list[str], *, new: bool) -> Cause:
    """Say which kind of file no line keeps out, or not all of them."""
    if kind == "env":
        in_folders = all("/" in path.removeprefix(f"{SITE}/") for path in paths)
        reason = "env-file-deeper" if new else "env-file-in-subfolder" if in_folders else "env-file-in-image"
        patterns = [line for line in ignorefile.lines(lab) if ".env" in line and not line.startswith(("!", "#"))]
        where = lab.where_in(".dockerignore", patterns[-1]) if patterns else None
        if not in_folders:
            why = "The .env file at the top of the folder is in the image, for everybody who has it."
            hint = "patterns begin at the top of this folder; where would this one lie?"
            return reason, why, hint if where else "what keeps it out of the box?", where
        why = "Unlike in .gitignore, a bare name matches only at the top of the folder; a star stands for one folder."
        if not patterns:
            why = "No line of the .dockerignore keeps .env files out, so the next one that somebody makes comes along."
        return reason, why, "how does a pattern say “in any folder, however deep”?", where
    if kind == "notes":
        why = (
            "Today's notes stay out, but not a note of tomorrow: a pattern should name the folder."
            if new
            else "The folder with the notes is in the image."
        )
        hint = "patterns begin at the top of this folder, and upper and lower case count"
        likely = (
            line for line in ignorefile.lines(lab) if "notes" in line or nearest("notes", [line.strip("/*")], 0.8)
        )
        where = next((lab.where_in(".dockerignore", line) for line in likely), None)
        return "notes-one-by-one" if new else "notes-in-image", why, hint, where
    why = "How the image is made is nobody's business on a website; these two files can be left out as any other."
    hint = f"what else is in this folder, and not part of the site? See: ls -a {lab.typed}"
    return "build-files-in-image", why, hint, None


def _deletes_some(lab: Lab, known: list[str]) -> Where | None:
    """Find the line of an earlier stage that deletes files, when some of the folder's private ones are gone."""
    here = [path.relative_to(lab.folder).as_posix() for path in lab.folder.rglob("*") if path.is_file()]
    stages = lab.dockerfile.stages[:-1]
    deleting = [
        one for stage in stages for one in lab.dockerfile.in_stage(stage) if re.search(r"\brm |-delete", one.text)
    ]
    some = len(known) < sum(map(len, _private(lab, here).values()))
    return lab.line(deleting[-1].first_line) if deleting and some else None


def _let_in(lab: Lab, paths: list[str]) -> Cause | None:
    """See whether a line with ! lets in one of these."""
    lines = ignorefile.lines(lab)
    for path in paths:
        name = _in_the_box(lab, path)
        fits = lab.fitting(name)
        if not fits or not fits[-1].text.startswith("!"):
            continue
        where = fits[-1]
        if all(line.text.startswith("!") for line in fits):
            why = "A ! lets in again what a line above it keeps out. Here no line above keeps this out."
            return "pattern-misread", why, "so what does this line keep out?", where
        if not any(name.rpartition("/")[2] in line and not line.startswith("!") for line in lines[where.line :]):
            why = f"The last line that fits a file decides. For {_shown(lab, name)} this is it: its ! lets it in again."
            return "let-in-again", why, "which line should have the last word on that file?", where
    return None


def _in_the_box(lab: Lab, path: str) -> str:
    """Give the place in the folder of what lies at `path` in the image: the longest end of it that is there."""
    parts = path.strip("/").split("/")
    ends = ["/".join(parts[at:]) for at in range(len(parts))]
    return next((end for end in ends if (lab.folder / end).exists()), path.removeprefix(f"{SITE}/"))


def _shown(lab: Lab, path: str) -> str:
    """Write a path as a learner can know it, and say which are not from their folder."""
    plain = path.replace(f"-{lab.nonce}", "").replace(lab.nonce, "new")
    return plain if plain == path else f"{plain}   (put in for this test)"


def _missing(lab: Lab, name: str, what: str, path: str, status: int) -> NoReturn:
    """Say why a file of the site is not served."""
    file = lab.folder / name
    if not file.is_file() and not file.is_symlink():
        file = next((path for path in lab.folder.rglob(file.name) if path.is_file()), file)
    places = lab.build().where_is(file.read_bytes(), BASE) if file.is_file() else []
    keeping = lab.ignored_by(name) or (lab.ignored_by(name.partition("/")[0]) if "/" in name else None)
    where = lab.where("COPY", "ADD", containing=name) or lab.where("COPY", "ADD") or lab.where("FROM")
    hint = "compare what is in the box with what is in the image"
    if status == 403:
        reason, why = f"{what}-not-readable", f"nginx may not read {name}: COPY keeps a file's permissions."
    elif file.is_symlink() and not file.is_file():
        reason = "dangling-link"
        why = f"{name} is a link. The link went into the box, what it points to did not: that lies outside."
        hint, where = f"what must lie at {name}, in place of a link?", None
    elif places:
        reason, why = (
            f"{what}-elsewhere",
            f"{name} is in the image, at {places[0]}; {path} is {SITE}{path}.",
        )
    elif keeping and file.is_file():
        reason, why = f"{what}-ignored", f"The .dockerignore keeps {name} out of the box: {keeping.text}"
        where, hint = keeping, "which line could let it in again, or keep out less?"
        if not lab.ignored_by(name):
            folder = name.partition("/")[0]
            why = f"This line keeps out {folder}/; the builder looks into it only for a ! that begins with {folder}/."
    elif not file.is_file():
        reason, why = f"{what}-not-in-box", f"{name} is not in this folder, so no build can take it from there."
    else:
        reason, why = f"{what}-missing", f"{name} is in the folder, but no line of the Dockerfile takes it."
    lab.not_yet(
        reason,
        why,
        expected=f"200 for {path}, and your {name}",
        actual="“Welcome to nginx!”" if status == 200 else f"{status}",
        hint=hint,
        look=lab.inside(f"ls -aR {SITE}"),
        where=where,
    )
