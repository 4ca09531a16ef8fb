"""Exercise 1 is done when your own page, with its style, comes out of your own container."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import unquote

from workshop import Lab, Response, Where, after, places
from workshop.dockerfile.rules import nearest
from workshop.dockerfile.stages import above
from workshop.judging import pages
from workshop.judging.markup import Parsed, has_rules, rules

if TYPE_CHECKING:
    from workshop.dockerfile import Instruction

BASE = "nginx:mainline-alpine"
SITE = "/usr/share/nginx/html"
STARTER = "welcome-page"


def check_image_builds(lab: Lab) -> None:
    """Your Dockerfile builds, on top of nginx:mainline-alpine."""
    image = lab.build()
    if not image.is_on(BASE):
        where = lab.where("FROM")
        lab.not_yet(
            "another-base",
            "The image stands on other layers than those of the base image this exercise is about.",
            expected=f"an image made FROM {BASE}",
            actual=where.text if where else "no FROM line",
            hint="compare the FROM line with the one that was given",
            where=where,
        )


@after(check_image_builds)
def check_serves_your_page(lab: Lab) -> None:
    """The page on the published port is yours."""
    page = lab.running.fetch("/")
    mine = _mine(lab)
    given = (lab.exercise.starter / "index.html").read_bytes()
    if page.status == 200 and page.body == mine and mine.strip():
        if Parsed(page.text).heading == Parsed(given.decode()).heading:
            lab.note("the heading is still the one that was given: put your name there")
    elif page.status != 200:
        _no_page(lab, page)
    elif page.body == lab.file(f"{SITE}/index.html", BASE):
        _welcome_page(lab, mine)
    elif not page.body.strip():
        lab.not_yet(
            "page-empty",
            "The page that nginx gives out is empty: there is nothing in that file.",
            expected="your index.html, with something in it",
            actual="0 bytes",
            hint="is your index.html saved?",
            look=lab.inside(f"ls -l {SITE}"),
            where=lab.where("COPY", "ADD"),
        )
    elif not Parsed(page.text).is_html:
        lab.not_yet(
            "not-a-page",
            "Something else than a web page lies where nginx looks for index.html.",
            expected="the index.html of your folder",
            actual=page.text[:200],
            hint="which file goes where, in your COPY line?",
            look=lab.inside(f"head {SITE}/index.html"),
            where=lab.where("COPY", "ADD"),
        )
    elif mine:
        lab.note("this page is not your index.html, letter by letter: the Dockerfile changes or writes it")


@after(check_serves_your_page)
def check_page_is_styled(lab: Lab) -> None:
    """Your page arrives with its style."""
    page = Parsed(lab.running.fetch("/").text)
    pages.must_name_its_style(lab, page)
    for sheet in page.sheets:
        answer = lab.running.fetch(sheet)
        if answer.status != 200:
            _no_sheet(lab, unquote(sheet), answer, page)
        if answer.content_type != "text/css" or not has_rules(answer.text):
            lab.not_yet(
                "stylesheet-not-css",
                "A browser uses a stylesheet only when it comes as text/css, as nginx calls what is named .css."
                if has_rules(answer.text)
                else "A browser uses a stylesheet only when it has rules, and comes as text/css.",
                expected=f"{sheet} as text/css",
                actual=f"{len(answer.body)} bytes of {answer.content_type or 'no type at all'}",
                hint="what lies in the image under that name?",
                look=lab.inside(f"head {SITE}{sheet}"),
                where=lab.maker(SITE + unquote(sheet), BASE) or lab.where("COPY", "ADD"),
            )
        if rules(answer.text) == rules((lab.exercise.starter / "style.css").read_text("utf-8")):
            lab.note("the colours are still those that were given: change one")
    if lab.running.fetch("/Dockerfile").status == 200:
        lab.note("your Dockerfile can be downloaded at /Dockerfile, too: exercise-3 is about that")


@after(check_page_is_styled)
def check_stays_up(lab: Lab) -> None:
    """The container is still running."""
    # The base image's own start command is known to stay; whatever else was written must show it for a second.
    lab.running.must_stay_up(0 if lab.build().starts_as(BASE) else 1.2)


def _mine(lab: Lab) -> bytes:
    """Read the learner's page, wherever the folder has it; empty where it has none of that name."""
    name = lab.find("index.html")
    path = lab.folder / name
    return lab.read(name) if path.is_file() or path.is_symlink() else b""


def _no_page(lab: Lab, page: Response) -> None:
    look = lab.inside(f"ls -l {SITE}")
    if page.status == 403:
        wanted, seen = "your index.html", "403 Forbidden"
        if lab.running.exec("test", "-e", f"{SITE}/index.html").code == 0:
            _unreadable(lab, "page-not-readable", f"{SITE}/index.html", expected=wanted, actual=seen)
        lab.not_yet(
            "no-index-page",
            "The folder that nginx serves has no index.html any more.",
            expected=wanted,
            actual=seen,
            hint="look at what lies in that folder now",
            look=look,
            where=lab.where("COPY", "ADD", "RUN"),
        )
    from workshop.judging.nginx import sites  # only this failure needs it

    lab.not_yet(
        "no-page",
        "nginx answers, but it has no page to give.",
        expected="200, and your index.html",
        actual=f"{page.status}" + (sites.complaint(lab.running) or f": {page.text[:200]}"),
        hint="is there a file index.html in the folder that nginx serves?",
        look=look,
        where=sites.line_for(lab, "/", "root") or lab.where("COPY", "ADD", "RUN"),
    )


def _unreadable(lab: Lab, reason: str, path: str, *, expected: str, actual: str) -> NoReturn:
    """Say which line left a file so that nginx may not read it."""
    folder = path.rpartition("/")[0]
    makers = list(filter(None, (lab.maker(one, BASE) for one in (path, folder))))
    changed = next((one for one in makers if re.match(r"RUN\b.*\b(chmod|chown|umask)\b", one.text, re.I | re.S)), None)
    lab.not_yet(
        reason,
        "Since this line nginx may not read the file: it has a user of its own."
        if changed
        else "COPY keeps a file's permissions, and the web server's user may not read this one.",
        expected=expected,
        actual=actual,
        hint="look at the permissions of your files",
        look=lab.inside(f"ls -la {folder}"),
        where=changed or next(iter(makers), None) or lab.where("COPY", "ADD", "RUN"),
    )


def _welcome_page(lab: Lab, mine: bytes) -> NoReturn:
    """Say why the base image's page is still there: look for the learner's own in every layer."""
    if not mine:
        _misnamed(lab)
    wanted, seen = "your index.html", "“Welcome to nginx!”, the page of the base image"
    look = lab.inside(f"ls -l {SITE}")
    instead = functools.partial(lab.not_yet, expected=wanted, actual=seen)
    found = lab.build().where_is(mine, BASE)
    where = lab.where("COPY", "ADD", containing="index") or lab.where("COPY", "ADD")
    if f"{SITE}/index.html" in found:
        instead(
            "page-replaced-later",
            "Your page gets into the image, and a later instruction puts the base image's page back.",
            hint="read the Dockerfile from the line that copies your page downwards",
            where=where,
        )
    if found:
        _elsewhere(lab, found[0], lab.bringer(found[0], BASE) or where, seen)
    pages.must_get_in(lab, "index.html", expected=wanted, seen=seen, look=look)
    if where and re.match(r"(COPY|ADD)\s+\[", where.text, re.IGNORECASE) and "'" in where.text:
        instead(
            "list-was-not-json",
            "The list in [ ] is not a proper list, so every piece of it was taken for a pattern, and none fits a file.",
            hint="which quotes does a list need?",
            look=look,
            where=where,
        )
    one, aim = _aim(lab, where)
    if one and len(one.sources) > 1 and lab.find("index.html") in one.sources and (spoiled := _spoiled(aim)):
        instead(
            "copy-needs-folder",
            "There is no such folder, so each file was written over the one before, under one name." + spoiled,
            hint="compare the last word of the line with the folder that nginx serves",
            look=lab.inside(f"ls -l / {SITE}"),
            where=where,
        )
    begun = lab.where("FROM")
    if where and begun and where.line < begun.line:
        instead(
            "begun-anew",
            "Each FROM begins a new image, and only the last one counts: what stands above it is not in there.",
            hint="how often does the Dockerfile say FROM?",
            look=look,
            where=begun,
        )
    if later := lab.where("ONBUILD", containing="index") or (None if where else lab.where("ONBUILD")):
        instead(
            "kept-for-later",
            "ONBUILD keeps an instruction for other images, built FROM this one. In your own image it does nothing.",
            hint="when should the page be copied?",
            look=look,
            where=later,
        )
    instead(
        "welcome-page",
        "Your index.html is not in the image: no line of the Dockerfile takes it there.",
        hint="which instruction takes files from your folder into the image?",
        look=look,
        where=where or begun,
    )


def _misnamed(lab: Lab) -> NoReturn:
    """Say that there is no index.html, and which file was probably meant to be one."""
    names = [path.relative_to(lab.folder).as_posix() for path in lab.folder.rglob("*") if path.is_file()]
    if not (near := nearest("index.html", names, 0.8)):
        lab.read("index.html")  # says what is missing
    lab.not_yet(
        "file-misnamed",
        f"Your page is called {near}. nginx looks for index.html; upper and lower case count.",
        expected="a page called index.html",
        actual=f"{near}, and “Welcome to nginx!” at /",
        hint="what should the file be called?",
        look=lab.inside(f"ls -l {SITE}"),
        where=lab.where("COPY", "ADD", containing=near or ""),
    )


def _spoiled(aim: str) -> str:
    """Say what is odd about the path of a destination; empty where nothing is."""
    if "\\" in aim:
        return " A Dockerfile writes paths with / between their parts, on Windows too."
    odd = aim[-2:-1] == "/" and not aim[-1].isalnum()
    return f" Nothing ends a line of a Dockerfile: the {aim[-1]} belongs to the path." if odd else ""


def _aim(lab: Lab, where: Where | None) -> tuple[Instruction | None, str]:
    """Give the instruction on a line, and the path that it copies to, as it is written."""
    one = lab.dockerfile.at(where.line) if where else None
    return one, (one.destination or "") if one else ""


def _elsewhere(lab: Lab, place: str, where: Where | None, seen: str) -> NoReturn:
    """Say why the page lies at `place`, given the line that brought it."""
    one, aim = _aim(lab, where)
    reason, hint = "page-elsewhere", "compare the two paths, letter by letter"
    why = f"Your page is in the image, at {place}. nginx does not look there: it serves {SITE}/index.html."
    why += _spoiled(aim)
    name = next(iter(re.findall(r"\$\{?(\w+)", aim)), "") if one and not _spoiled(aim) else ""
    if one and name:
        sets = [pair for other in above(lab.dockerfile, one) for pair in other.pairs if other.keyword in ("ARG", "ENV")]
        if name not in dict(sets) and place.rpartition("/")[0] == re.sub(r"\$\{?\w+\}?", "", aim).rstrip("/"):
            outside = [key for other in lab.dockerfile.in_stage(None) for key, _ in other.pairs]
            cause = "no line above gives it a value"
            if name in outside:
                cause = "an ARG above FROM is for the FROM lines only"
            why = f"${name} is empty in this line: {cause}. So your page went to {place}."
            reason, hint = "variable-is-empty", "where would this stage learn the value?"
    folder = places.quoted(place.rpartition("/")[0] or "/")
    lab.not_yet(
        reason,
        why,
        expected=f"your index.html at {SITE}/index.html",
        actual=seen,
        hint=hint,
        look=lab.inside(f"ls {folder} {SITE}"),
        where=where,
    )


def _no_sheet(lab: Lab, sheet: str, answer: Response, parsed: Parsed) -> None:
    name, page = sheet.rpartition("/")[2], lab.find("index.html")
    wanted, seen = f"{sheet} with status 200", f"status {answer.status}"
    where = lab.where("COPY", "ADD", containing=name) or lab.where("COPY", "ADD")
    look = lab.inside(f"ls -l {SITE}")
    file = lab.folder / lab.find(name)
    found = lab.build().where_is(file.read_bytes(), BASE) if file.is_file() else []
    if not file.is_file() and lab.where_in(page, name):
        lab.not_yet(
            "stylesheet-misnamed",
            f"The page asks for {sheet}, and your folder has no {name}.",
            expected=wanted,
            actual=seen,
            hint="compare the name in the link with the names of your files",
            look=look,
            where=lab.where_in(page, name),
        )
    if answer.status == 403:
        _unreadable(lab, "stylesheet-not-readable", SITE + sheet, expected=wanted, actual=seen)
    hint = "look at which files your Dockerfile names, and where it puts them"
    if sheet.startswith(f"{SITE}/"):
        reason, where, hint = "address-is-a-path", lab.where_in(page, sheet), "what is the address of your page itself?"
        why = f"{sheet} is a path in the image. A browser asks for an address, and / is already the folder {SITE}."
    elif found:
        reason, why = "stylesheet-elsewhere", f"It is in the image, at {found[0]}; the page asks for it at {sheet}."
        if parsed.base:
            why += " A <base> stands before every address of its page."
            where, hint = lab.where_in(page, parsed.base), "what would the address be without this line?"
    else:
        pages.must_get_in(lab, name, expected=wanted, seen=seen, look=look)
        reason, why = (
            "stylesheet-missing",
            f"The page asks for {sheet}, and it is not in the image: COPY takes only what you name.",
        )
    lab.not_yet(
        reason,
        why,
        expected=wanted,
        actual=seen,
        hint=hint,
        look=look,
        where=where,
    )
