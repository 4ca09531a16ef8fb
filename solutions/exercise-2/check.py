"""Exercise 2 is done when every address gets its own answer: the page, the stylesheet, or 404."""

import dataclasses
import re
from typing import NoReturn

from workshop import Lab, NotYet, Response, Where, after
from workshop.judging import pages
from workshop.judging.markup import Parsed
from workshop.judging.nginx import sites, tried

BASE = "nginx:mainline-alpine"
SITE = "/usr/share/nginx/html"
PLACEHOLDER = "server_hostname"
STARTER = "page-for-every-address"


def check_image_builds(lab: Lab) -> None:
    """Your Dockerfile builds."""
    try:
        lab.build()
    except NotYet as failure:
        where = failure.finding.where
        if where and re.search(r"nginx +-s|(service|systemctl|rc-service).*nginx", where.text):
            lab.not_yet(
                "no-nginx-while-building",
                "While an image is built, no nginx runs in it that could be told anything. It reads its configuration "
                "when a container starts.",
                expected="an image",
                actual=failure.finding.actual,
                hint="what would happen without this line?",
                where=where,
            )
        raise


@after(check_image_builds)
def check_page_answers(lab: Lab) -> None:
    """The page still comes at /."""
    try:
        page = lab.running.fetch("/")
    except NotYet as silence:
        if silence.finding.reason == "nobody-listens-there" and not lab.running.listeners():
            sites.must_be_read(lab, "nginx runs, but has no site to serve, so it listens on no port")
        if silence.finding.reason in ("nobody-listens-there", "listens-on-loopback") and not silence.finding.where:
            raise NotYet(dataclasses.replace(silence.finding, where=sites.line_for(lab, "/", "listen"))) from silence
        raise
    if page.status != 200:
        _no_page(lab, page)
    if page.body in _sheets(lab):
        lab.not_yet(
            "stylesheet-as-page",
            "/ is answered with your stylesheet: your configuration leads there, whatever was asked for.",
            expected="your page at /",
            actual="your stylesheet at /",
            hint="what in this line depends on the address that was asked for, and what stands before it?",
            look=lab.asking("/"),
            where=sites.line_for(lab, "/", "try_files", "rewrite", "index", "alias"),
        )
    if page.content_type != "text/html":
        lab.not_yet(
            "page-not-html",
            "A browser shows a page only when it is called text/html; nginx takes that from its list of types.",
            expected="/ as text/html",
            actual=f"/ as {page.content_type or 'no type at all'}",
            hint="which line of your configuration has to do with types?",
            look=lab.inside("nginx -T"),
            where=sites.line_for(lab, "/", "types", "default_type"),
        )
    if "<title>Index of /" in page.text:
        lab.not_yet(
            "folder-is-listed",
            "/ is a folder. The file that index names is not in it, and with autoindex nginx then lists what is there.",
            expected="your index.html",
            actual=page.text[:60],
            hint="compare the name behind index with your page's",
            look=lab.inside("nginx -T"),
            where=sites.line_for(lab, "/", "index", "autoindex"),
        )
    if page.body == lab.file(f"{SITE}/index.html", BASE):
        _welcome_page(lab)
    if sites.answering(lab, "/", "return") and (odd := tried.odd(lab, "/")):
        odd.tell(lab, "/", page.text[:100])


@after(check_page_answers)
def check_stylesheet_arrives(lab: Lab) -> None:
    """Who asks for /style.css gets your stylesheet."""
    page, sheet = (lab.running.fetch(path) for path in ("/", "/style.css"))
    if sheet.status != 200:
        _no_sheet(lab, sheet)
    if _says(sheet) == _says(page) or sheet.text.lstrip().startswith("<"):
        sites.must_end_its_lines(lab)
        if odd := tried.odd(lab, "/style.css"):
            odd.tell(lab, "/style.css", "the page again")
        called = "" if sheet.content_type == "text/html" else f", only called {sheet.content_type} now"
        lab.not_yet(
            "page-for-every-address",
            "nginx answers every address with the page, so the browser gets HTML where it asked for rules, and drops "
            "it. The stylesheet lies in the image; the configuration never looks at what was asked for.",
            expected="/style.css as text/css, with the rules of your style.css",
            actual=f"/style.css is the page again{called}: {sheet.text.strip()[:60]} …",
            hint="what does this line do with the address that was asked for?",
            look=lab.asking("/style.css"),
            where=sites.line_for(lab, "/style.css", "try_files", "rewrite", "error_page"),
        )
    if sheet.content_type != "text/css":
        sites.must_end_its_lines(lab)
        own = sites.answering(lab, "/style.css", "types")
        lab.not_yet(
            "stylesheet-not-css",
            "The right file arrives, under the wrong type; a browser uses a stylesheet only when it is text/css.",
            expected="/style.css as text/css",
            actual=f"/style.css as {sheet.content_type or 'no type at all'}",
            hint="this list takes the place of nginx's own, /etc/nginx/mime.types: is it needed?"
            if own
            else "nginx takes types from /etc/nginx/mime.types; does your configuration still include it?",
            look=lab.asking("/style.css"),
            where=own[1] if own else sites.line_for(lab, "/style.css", "default_type"),
        )
    if sheet.body not in _sheets(lab) and not lab.build().where_is(sheet.body, BASE):
        lab.not_yet(
            "stylesheet-not-yours",
            "Something comes as text/css, but it is no file that your Dockerfile put into the image.",
            expected="your style.css, whole",
            actual=sheet.text[:200] or "an empty answer",
            hint="let nginx find the file, instead of answering in its place",
            look=lab.asking("/style.css"),
        )
    parsed = Parsed(page.text)
    pages.must_name_its_style(lab, parsed)
    if lost := next((one for one in parsed.sheets if lab.running.fetch(one).status != 200), None):
        lab.not_yet(
            "stylesheet-misnamed",
            f"/style.css answers, but the page asks for its style at {lost}.",
            expected="a stylesheet at the address that the page names",
            actual=f"{lab.running.fetch(lost).status} for {lost}",
            hint="compare the link in the page with the one that was given",
            look=lab.asking(lost),
            where=lab.where_in(lab.find("index.html"), "stylesheet"),
        )


@after(check_page_answers)
def check_page_names_its_container(lab: Lab) -> None:
    """The page names the container that served it."""
    text = lab.running.fetch("/").text
    hostname = str(lab.running.container.inspect()["Config"]["Hostname"])
    if hostname in text and PLACEHOLDER not in text:
        return
    expected = f"the container's name, {hostname}, wherever index.html says {PLACEHOLDER}"
    look = lab.inside("nginx -T")
    if hostname in text:
        lab.not_yet(
            "replaced-only-once",
            f"The first {PLACEHOLDER} was replaced, a later one was not.",
            expected=expected,
            actual=_around(text, PLACEHOLDER),
            hint="compare the sub_filter lines with those that were given",
            look=look,
            where=sites.line_for(lab, "/", "sub_filter_once", "sub_filter"),
        )
    if PLACEHOLDER in text:
        if len(names := [path.rpartition("/")[2] for path in sites.read_by(lab.running)]) > 1:
            lab.not_yet(
                "another-site-answers",
                f"nginx has several sites, in {' and '.join(names)}, and this page did not come from yours. Of "
                "sites on one port, the first one read answers, unless the asked name fits another.",
                expected=expected,
                actual=_around(text, PLACEHOLDER),
                hint="what was the line for that you took out of the Dockerfile?",
                look=lab.inside("ls /etc/nginx/conf.d"),
                where=lab.where("COPY", "ADD", containing=".conf"),
            )
        sites.must_be_read(lab, _around(text, PLACEHOLDER))
        why, where = _not_filled_in(lab)
        lab.not_yet(
            "name-not-filled-in",
            why,
            expected=expected,
            actual=_around(text, PLACEHOLDER),
            hint="compare the sub_filter lines with those that were given, and the block they stand in",
            look=look,
            where=where,
        )
    shown = _shown_instead(lab, text)
    where = lab.where("RUN", "ENV", "ARG", containing="host")
    why = f"The page neither says {PLACEHOLDER} nor the container's name."
    if shown and PLACEHOLDER.encode() in (lab.file(f"{SITE}/index.html") or b""):
        why = f"nginx replaces {PLACEHOLDER}, but not by the name of the container that serves the page."
        where = sites.line_for(lab, "/", "sub_filter")
    elif PLACEHOLDER.encode() not in lab.read(name := lab.find("index.html")):
        why = f"Your {name} does not say {PLACEHOLDER} any more, so what it says now is the same in each container."
        where = lab.where_in(name, "hostname") or where
    elif shown:
        why = (
            "The page shows something else than the name of the container that serves it: the name is known only when "
            "the container starts, so it can't be written during the build."
        )
    lab.not_yet(
        "another-name",
        why,
        expected=expected,
        actual=f"“{shown}” in its place" if shown else text[:300],
        hint="docker ps shows the container's name in its first column; nginx has a variable for it",
        look=lab.while_running("docker exec look hostname"),
        where=where,
    )


@after(check_stylesheet_arrives)
def check_unknown_addresses_are_404(lab: Lab) -> None:
    """An address that doesn't exist answers 404."""
    page = lab.running.fetch("/")
    for name in ("{}", "{}/", "{}.css", "{}.html", "banana/{}"):
        path = "/" + name.format(f"no-such-{lab.nonce}")
        answer = lab.running.fetch(path)
        if answer.status == 404:
            continue
        sites.must_end_its_lines(lab)
        seen = answer.text.strip()[:80]
        reason, why = "unknown-address", "Nothing of that name exists, and 404 is the number for that."
        if answer.status == 200 and _says(answer) == _says(page):
            reason, seen = "unknown-gets-the-page", "your page again"
            why = "Everything unknown gets the home page. So no mistake in an address is ever noticed, as before."
        elif answer.status == 200:
            reason = "unknown-is-200"
            why = "The text may say that nothing was found, but the number says 200: all is well."
        elif 300 <= answer.status < 400:
            reason = "unknown-is-redirected"
            why = f"Everything unknown is sent to {answer.headers.get('location', 'another address')}."
        elif answer.status == 500:
            reason, why = "goes-round-in-circles", tried.circle(lab, path)
        where = sites.line_for(lab, path, "try_files", "error_page")
        hint = "what stands last in the list of things to try?"
        listed = sites.answering(lab, path, "try_files")
        if answer.status == 200 and listed and listed[0].words[-1] == "=404":
            instead = sites.anywhere(lab, "error_page", "404")
            hint = "read the list from the left: which entry is always there, whatever was asked for?"
            if instead:
                hint, where = "the list ends with 404; which line makes something else of that number?", instead[1]
        lab.not_yet(
            reason,
            why,
            expected=f"404 for {path}",
            actual=f"{answer.status}: {seen}",
            hint=hint,
            look=lab.asking(path),
            where=where,
        )


@after(check_unknown_addresses_are_404)
def check_stays_up(lab: Lab) -> None:
    """The container is still running."""
    # The base image's own start command is known to stay; another one must show it for a second.
    lab.running.must_stay_up(0 if lab.build().starts_as(BASE) else 1.2)


def _sheets(lab: Lab) -> list[bytes]:
    return [path.read_bytes() for path in lab.folder.rglob("*.css") if path.is_file()]


def _not_filled_in(lab: Lab) -> tuple[str, Where | None]:
    """Say why nothing replaces the placeholder, and which line to look at."""
    why = f"Nothing replaces {PLACEHOLDER} in this answer any more."
    found = sites.answering(lab, "/", "sub_filter") or sites.anywhere(lab, "sub_filter")
    if not found:
        server = sites.anywhere(lab, "server")
        return f"{why} No line of your site says sub_filter.", server[1] if server else None
    words, where = found[0].words[1:], found[1]
    if re.search("[\u2018-\u201f]", " ".join(words)):
        why = "These curly quotes are letters for nginx, so it looks for them in the page, too."
    elif len(words) == 2 and PLACEHOLDER in words[1]:
        why = f"sub_filter takes first what to look for, then what to put there. This one puts {PLACEHOLDER} there."
    return why, where


def _must_get_in(lab: Lab, name: str, seen: str) -> None:
    pages.must_get_in(lab, name, expected=f"your {name}", seen=seen, look=lab.inside(f"ls -l {SITE}"))


def _welcome_page(lab: Lab) -> NoReturn:
    file = lab.folder / lab.find("index.html")
    places = lab.build().where_is(file.read_bytes(), BASE) if file.is_file() else []
    if not places:
        _must_get_in(lab, "index.html", "“Welcome to nginx!”")
    lab.not_yet(
        "page-elsewhere" if places else "welcome-page",
        f"Your page is in the image, at {places[0]}; nginx serves the base image's page instead."
        if places
        else "nginx serves the page that came with the base image; yours is not in the image.",
        expected="your index.html",
        actual="“Welcome to nginx!”",
        hint="where does the Dockerfile put the page, and where does the configuration look?",
        look=lab.inside(f"ls -l {SITE}"),
        where=lab.where("COPY", "ADD", containing="index") or lab.where("COPY", "ADD"),
    )


def _no_page(lab: Lab, page: Response) -> NoReturn:
    sites.must_end_its_lines(lab)
    index = lab.running.fetch("/index.html")
    named = sites.answering(lab, "/", "index")
    look = lab.inside("nginx -T")
    said = sites.complaint(lab.running)
    where = sites.line_for(lab, "/", "root") or lab.where("COPY", "ADD", containing="index")
    if odd := (tried.odd if page.status in (403, 404) else tried.passed_on)(lab, "/"):
        odd.tell(lab, "/", f"{page.status} for /" + said)
    elif page.status == 500:
        reason, why, where = "goes-round-in-circles", tried.circle(lab, "/"), sites.line_for(lab, "/", "try_files")
        hint = (
            "which variable changes when nginx goes on by itself?"
            if "$request_uri" in why
            else "read what stands last in the list of things to try, sign by sign"
        )
    elif "directory index of" in said and named and "index.html" not in named[0].words:
        reason, where = "index-not-found", named[1]
        why = "/ is a folder; of a folder nginx sends the file that index names, and yours names one that isn't there."
        hint = "compare that name with your page's"
    elif index.status == 200:
        reason, why = (
            "folder-not-tried",
            "/index.html answers, / does not: / is a folder, and what you try are files only.",
        )
        hint = "the list of things to try can name a folder, too; then its index.html is used"
        where = sites.line_for(lab, "/", "try_files")
    elif "Permission denied" in said:
        reason, why = "page-not-readable", "The page is there, but nginx's user may not read it."
        hint, look = "look at the permissions", lab.inside(f"ls -lR {SITE}")
    elif 300 <= page.status < 400:
        reason = "page-is-redirected"
        why = f"/ is sent to {page.headers.get('location', 'another address')} instead of answered."
        hint, where = "which line of the configuration sends it away?", sites.line_for(lab, "/", "return", "rewrite")
    else:
        reason, why = "page-not-found", "nginx runs with your site, but finds no index.html where it looks."
        hint = "compare the root in the configuration with where the Dockerfile puts the page"
    lab.not_yet(
        reason,
        why,
        expected="200 for /, and the page",
        actual=f"{page.status} for /" + said,
        hint=hint,
        look=look,
        where=where,
    )


def _no_sheet(lab: Lab, sheet: Response) -> NoReturn:
    file = lab.folder / lab.find("style.css")
    places = lab.build().where_is(file.read_bytes(), BASE) if file.is_file() else []
    where = lab.where("COPY", "ADD", containing="style") or lab.where("COPY", "ADD")
    root = sites.answering(lab, "/style.css", "root")
    if sheet.status == 403:
        reason, why = "stylesheet-not-readable", "The stylesheet is there, but nginx's user may not read it."
    elif places and (odd := tried.odd(lab, "/style.css")):
        odd.tell(lab, "/style.css", f"{sheet.status} for /style.css" + sites.complaint(lab.running))
    elif places and root and (folder := root[0].words[-1].rstrip("/")) != SITE and f"{folder}/style.css" not in places:
        reason, where = "another-root", root[1]
        why = f"For /style.css this root counts: nginx looks for {folder}/style.css, and the file lies at {places[0]}."
    elif f"{SITE}/style.css" in places:
        reason, why = (
            "stylesheet-not-tried",
            f"The file lies at {SITE}/style.css, and nginx does not look there for it.",
        )
        where = sites.line_for(lab, "/style.css", "alias", "internal", "root")
    elif places:
        reason, why = "stylesheet-elsewhere", f"The file lies at {places[0]}; nginx does not look there for /style.css."
    else:
        _must_get_in(lab, "style.css", f"{sheet.status} for /style.css")
        reason, why = "stylesheet-missing", "The file is not in the image: no line of the Dockerfile takes it there."
    lab.not_yet(
        reason,
        why,
        expected="200 for /style.css",
        actual=f"{sheet.status} for /style.css" + sites.complaint(lab.running),
        hint="follow the address through your configuration: which block, which root, which file?",
        look=lab.inside(f"ls -l {SITE}"),
        where=where,
    )


def _says(answer: Response) -> str:
    return answer.text.strip()


def _around(text: str, word: str) -> str:
    return next((line.strip() for line in text.splitlines() if word in line), text[:200])


def _shown_instead(lab: Lab, text: str) -> str:
    """Find what stands in the page where the learner's index.html has the placeholder."""
    page = lab.folder / "index.html"
    for line in page.read_text("utf-8", "replace").splitlines() if page.is_file() else []:
        before, found, behind = line.partition(PLACEHOLDER)
        match = re.search(re.escape(before.strip()) + "(.*?)" + re.escape(behind.strip()), text) if found else None
        if match:
            return match[1]
    return ""
