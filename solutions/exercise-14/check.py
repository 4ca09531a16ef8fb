"""Exercise 14 is done when the image of the Banana Gazette can be shipped: every point of its release list holds."""

from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from typing import NoReturn

from workshop import Image, Lab, NotYet, Where, after
from workshop.inside.layers import Layer
from workshop.judging import causes, health, pages, shipping, stopping, users, versions
from workshop.judging.nginx import sites
from workshop.judging.running import Running

STARTER = "deleted-is-not-gone"
BASES = ("nginx:mainline-alpine", "busybox")
PORT = "8080/tcp"
SERVED = "/usr/share/nginx/html"
LIMIT = 300_000
"""Bytes above the base: the pages need three thousand."""
KINDS = {
    "key": "The signing key",
    "env-file": "The password file .env",
    "drafts": "A draft that is not for print",
    "sources": "The source of an article",
    "tools": "The script that makes the pages",
}
"""What must not ship, the worst first."""


def marks(lab: Lab) -> dict[str, bytes]:
    """A mark in all that must not ship, news in the articles, and one more article: files that nobody else builds.

    As build.sh runs its own mark, the build id has it too, and none that another line writes.
    """
    names = _names(lab, *KINDS)
    place = next((name for name in names if _kind(name) == "sources"), "content/").rpartition("/")[0]
    tell = f'echo {lab.nonce} >> "$out/build-id.txt"\n'.encode()
    marked = {name: lab.read(name) + _mark(lab, name) + (tell if _kind(name) == "tools" else b"") for name in names}
    return {**marked, f"{place}/extra-{lab.nonce}.txt": _mark(lab, "content/")}


def shipped(lab: Lab) -> Image:
    """The image that is judged: the one of a folder with these marks."""
    return lab.build(edits=lab.once(marks))


def changed(lab: Lab) -> Image:
    """It with another style and another VERSION: one build that answers for both when the pages stay."""
    return lab.build(args={versions.VARIABLE: _version(lab)}, edits=lab.once(marks) | _style(lab))


def site(lab: Lab) -> Running:
    """The one container that the checks share; port 8080 is published in any case, so that each point stands alone."""
    image = lab.once(shipped)
    ports = sorted({*image.exposed, PORT})
    return lab.start(image, ports=ports, health=health.TIMING if health.test_of(image) else {})


def base(lab: Lab) -> str:
    """The base image that it stands on; the first that it may where it stands on none."""
    return next(filter(lab.once(shipped).is_on, BASES), BASES[0])


def layers(lab: Lab) -> list[Layer]:
    """What that image has above its base."""
    return lab.once(shipped).layers_above(lab.once(base))


def folder(lab: Lab) -> str:
    """The folder of the image that the pages are in."""
    place = shipping.place_of(lab.once(layers), "build-id.txt")
    if not place:
        lab.not_yet(
            "pages-missing",
            "What build.sh makes is not in the image that is shipped: the last stage has to fetch it.",
            expected=f"the pages, signature.txt and build-id.txt in {SERVED}",
            actual="no build-id.txt in any layer",
            hint="where does build.sh write to, and which stage is that in?",
            look=f"docker run --rm --entrypoint ls {lab.image_name} -l {SERVED}",
            where=lab.where("COPY", containing="--from") or lab.where("FROM"),
        )
    return place.rpartition("/")[0]


def check_image_builds(lab: Lab) -> None:
    """Your Dockerfile builds."""
    lab.once(shipped)
    lab.ahead(changed, site, *([Lab.build] if lab.own else []))  # the learner may look into their own afterwards


@after(check_image_builds)
def check_container_runs(lab: Lab) -> None:
    """A container of it starts, and answers."""
    lab.once(site).fetch("/")
    lab.once(site).must_stay_up()


@after(check_image_builds)
def check_pages_are_made(lab: Lab) -> None:
    """It has a page for each article as it is now, and the signature fits."""
    where = lab.where("RUN", containing="build.sh")
    where = where or lab.maker(f"{lab.once(folder)}/index.html", lab.once(base), lab.once(shipped))
    key = next((content for name, content in lab.once(marks).items() if _kind(name) == "key"), None)
    signed = sha256(lab.read("signing.key") if key is None else key)
    for name in _pages(lab):
        page = _file(lab, name)
        if page is None or (name != "index.html" and _news(lab).encode() not in page):
            added = lab.nonce in name
            lab.not_yet(
                "pages-not-made-from-articles",
                "An article was added to the folder, and the build made no page of it."
                if added
                else "An article was changed, and its page is missing or the old one after the build.",
                expected=f"{name} with the new line “{_news(lab)}”",
                actual=(page or b"no page").decode("utf-8", "replace")[-200:],
                hint="are the pages made by the build, from whatever articles are in the folder?",
                where=(lab.where("COPY", "ADD", containing=".txt") if added else None) or where,
            )
        signed.update(page)
    signature = (_file(lab, "signature.txt") or b"no signature.txt").decode("utf-8", "replace").strip()
    if signature != signed.hexdigest():
        _not_signed(lab, signature, signed.hexdigest(), where)
    made = _file(lab, "build-id.txt") or b""
    if lab.nonce.encode() not in made:
        lab.not_yet(
            "build-id-not-its-own",
            "/build-id.txt is not the one that this run of build.sh wrote: another line writes it.",
            expected="a new id from each run of build.sh",
            actual=made.decode("utf-8", "replace").strip()[:100],
            hint="which line writes that file, after build.sh did?",
            where=lab.where("RUN", "COPY", containing="build-id") or where,
        )


@after(check_container_runs, check_pages_are_made)
def check_pages_are_served(lab: Lab) -> None:
    """Visitors get the pages, with their style; a wrong address is a 404."""
    running, place = lab.once(site), lab.once(folder)
    for name in ("", *_pages(lab), "style.css", "signature.txt"):
        answer = running.fetch(f"/{name}")
        if answer.status != 200 or (not name and answer.body != _file(lab, "index.html")):
            lab.not_yet(
                "page-not-readable"
                if answer.status == 403
                else "style-missing"
                if ".css" in name
                else "pages-elsewhere",
                "nginx may not read it."
                if answer.status == 403
                else f"It is not where nginx looks for it: in {SERVED}.",
                expected=f"/{name}, from the pages in {place}",
                actual=f"{answer.status}: {answer.text[:80]}",
                hint="compare the folder nginx serves with the folder things are copied to",
                look=f"docker run --rm --entrypoint ls {lab.image_name} -l {SERVED}",
                where=lab.where("COPY", "ADD", containing="css" if ".css" in name else "--from")
                or lab.where("COPY", "ADD", containing="theme"),
            )
        if ".css" in name and (answer.content_type != "text/css" or not answer.body.strip()):
            lab.not_yet(
                "style-not-css",
                "A browser uses a stylesheet only when it has rules, and comes as text/css.",
                expected="text/css",
                actual=f"{len(answer.body)} bytes of {answer.content_type or 'no type'}",
                hint="what lies there under that name, and does the configuration include mime.types?",
                where=lab.where("COPY", containing="conf") or lab.where("RUN", containing="style"),
            )
    for nowhere in (f"/no-{lab.nonce}", f"/no-{lab.nonce}.html"):
        if (stray := running.fetch(nowhere)).status != 404:
            lab.not_yet(
                "no-404",
                "The server has a page for every address; who has a wrong one never learns it.",
                expected=f"404 for {nowhere}",
                actual=f"{stray.status}: {stray.text[:80]}",
                hint="look at try_files and error_page in the configuration",
                where=lab.where("COPY", "RUN", containing="conf"),
            )


@after(check_image_builds)
def check_nothing_else_ships(lab: Lab) -> None:
    """No layer holds the key, .env, drafts, article sources or tools."""
    secrets = [(_kind(name), (lab.exercise.starter / name).read_text().strip()) for name in ("signing.key", ".env")]
    marks = [*secrets, *((kind, f"{kind}-{lab.nonce}") for kind in KINDS)]
    found = shipping.find(lab.once(shipped), lab.once(layers), marks)
    known = [one for one in found if lab.nonce not in one.path] or found  # the article that was added is none of theirs
    shipping.must_ship_nothing_of(lab, lab.once(shipped), lab.once(base), known, KINDS)


@after(check_image_builds)
def check_small(lab: Lab) -> None:
    """Above its base, the image has less than 300 kB."""
    shipping.must_be_small(lab, lab.once(shipped), LIMIT, BASES)


@after(check_pages_are_made)
def check_style_leaves_pages(lab: Lab) -> None:
    """Another style.css does not make the pages again."""
    image = lab.once(changed)
    if _made_again(lab) and _really_made_again(lab, edits=_style(lab)):
        _again(
            lab, "style", "style.css", "style.css is among the files that a line above the making of the pages copies."
        )
    style = _file(lab, "style.css", image)
    if style is not None and lab.nonce.encode() not in style:
        lab.not_yet(
            "style-not-from-the-folder",
            "style.css was changed in the folder, and the image has the old one.",
            expected="the style.css of the folder",
            actual=style.decode("utf-8", "replace")[:200],
            hint="which line brings the style into the image?",
            where=lab.where("COPY", "ADD", "RUN", containing="css"),
        )


@after(check_pages_are_made)
def check_version_leaves_pages(lab: Lab) -> None:
    """Another VERSION does not make the pages again."""
    if _made_again(lab) and _really_made_again(lab, args={versions.VARIABLE: _version(lab)}):
        why = "In its stage, every RUN below the ARG line is done again for another value, used or not."
        _again(lab, "version", "VERSION", why)


@after(check_image_builds)
def check_version_is_told(lab: Lab) -> None:
    """/version.txt and the label say VERSION, and dev without it."""
    for image, wanted in ((lab.once(shipped), versions.DEFAULT), (lab.once(changed), _version(lab))):
        told = lab.folder_of(SERVED, image).get("version.txt")
        if told is None:  # another folder, or written by the server itself
            answer = (lab.once(site) if wanted == versions.DEFAULT else lab.start(image)).fetch("/version.txt")
            told = answer.body if answer.status == 200 else None
        text = None if told is None else told.decode("utf-8", "replace").strip()
        for name, said in (("/version.txt", text), ("label", (image.config.get("Labels") or {}).get(versions.LABEL))):
            if said != wanted:
                versions.not_told(lab, name, said, wanted)


@after(check_container_runs)
def check_ordinary_user(lab: Lab) -> None:
    """It runs as an ordinary user."""
    users.must_be_ordinary(lab.once(site))


@after(check_container_runs)
def check_port(lab: Lab) -> None:
    """It serves on port 8080, and docker run -P publishes that."""
    running = lab.once(site)
    if PORT not in running.image.exposed:
        raise NotYet(causes.not_published(running, 8080))
    try:
        running.fetch("/", port=8080)
    except NotYet as failed:
        if failed.finding.reason != "nobody-listens-there":
            raise
        told = sites.anywhere(lab, "listen")
        where = told[1] if told and "8080" not in told[1].text else lab.where("CMD", "ENTRYPOINT")
        hint = "let the server listen on 8080: where is it told its port?"
        raise NotYet(replace(failed.finding, hint=hint, where=where or failed.finding.where)) from failed


@after(check_pages_are_served, check_port)
def check_health(lab: Lab) -> None:
    """It is healthy, and unhealthy without its front page."""
    running = lab.once(site)
    health.must_be_healthy(running)
    health.must_notice(running, pages.files_with(running, running.fetch("/").body), "the front page")
    health.must_look_often(running)


@after(check_container_runs)
def check_stops(lab: Lab) -> None:
    """On docker stop it ends at once (waits up to 3 s)."""
    stopping.must_stop(lab.once(site))


# What is looked at --------------------------------------------------------------------------------------------


def _kind(name: str) -> str:
    """Tell what a file of the folder is, wherever it lies, as a key of KINDS; empty where it may ship."""
    *parents, last = name.split("/")
    if last in ("signing.key", ".env", "build.sh"):
        return {"signing.key": "key", ".env": "env-file", "build.sh": "tools"}[last]
    return next((kind for part, kind in (("drafts", "drafts"), ("content", "sources")) if part in parents), "")


def _names(lab: Lab, *kinds: str) -> list[str]:
    """List the files of the folder that are of one of these kinds."""
    names = (path.relative_to(lab.folder).as_posix() for path in lab.folder.rglob("*") if path.is_file())
    return sorted(name for name in names if _kind(name) in kinds)


def _mark(lab: Lab, name: str) -> bytes:
    kind = _kind(name)
    note = "" if kind == "drafts" else "# "  # which build.sh leaves out of a page
    return f"\n{note}{kind}-{lab.nonce}\n{_news(lab) if kind == 'sources' else ''}\n".encode()


def _news(lab: Lab) -> str:
    return f"Just in: the number {lab.nonce}."


def _version(lab: Lab) -> str:
    return f"1.2.{lab.nonce}"


def _style(lab: Lab) -> dict[str, bytes]:
    found = sorted(path.relative_to(lab.folder).as_posix() for path in lab.folder.rglob("style.css"))
    name = found[0] if found else "theme/style.css"
    return {name: lab.read(name) + f"\n/* {lab.nonce} */\n".encode()}


def _pages_of(names: Iterable[str]) -> list[str]:
    names = (name.rpartition("/")[2] for name in names)
    return sorted(f"{name.removesuffix('.txt')}.html" for name in names if name.endswith(".txt"))


def _pages(lab: Lab) -> list[str]:
    articles = (name for name in lab.once(marks) if _kind(name) == "sources")
    return sorted(["index.html", *_pages_of(articles)])


def _file(lab: Lab, name: str, image: Image | None = None) -> bytes | None:
    return lab.folder_of(lab.once(folder), image or lab.once(shipped)).get(name)


def _made_again(lab: Lab) -> bool:
    return _file(lab, "build-id.txt", lab.once(changed)) != _file(lab, "build-id.txt")


def _really_made_again(lab: Lab, *, args: dict[str, str] | None = None, edits: dict[str, bytes] | None = None) -> bool:
    """Whether this one change makes the pages again, also among files whose cached steps nobody else can have.

    Two verifications that begin at once may both make a step that builds of all files share, such as WORKDIR: then the
    later one counts, below which the first finds nothing again. By the second kind of files there are no more of those.
    """
    marked = lab.once(marks)
    more = {name: content + b"\n" for name, content in marked.items()}
    return all(
        _file(lab, "build-id.txt", lab.build(args=args, edits={**files, **(edits or {})}))
        != _file(lab, "build-id.txt", lab.build(edits=files))
        for files in (marked, more)
    )


# What is said -------------------------------------------------------------------------------------------------


def _not_signed(lab: Lab, signature: str, expected: str, where: Where | None) -> NoReturn:
    place, image = lab.once(folder), lab.once(shipped)
    published = sorted({*_pages_of(_names(lab, "drafts"))} & {*lab.folder_of(place, image)})
    if published:
        reason, why = "drafts-published", f"A draft became a page, {published[0]}, and was signed with the others."
        hint = "which lines bring what build.sh makes pages of?"
        where = lab.where("COPY", "ADD", "RUN", containing="drafts") or where
    else:
        reason, hint = (
            "signature-wrong",
            "keep the pages just as build.sh made them, with the key that is in the folder now",
        )
        why = "The signature does not fit: the pages were changed afterwards, or signed with another key."
        last = lab.maker(f"{place}/index.html", lab.once(base), image)
        where = last if last and last.text.upper().startswith("RUN") else where
    lab.not_yet(reason, why, expected=expected, actual=signature[:100], hint=hint, where=where)


def _again(lab: Lab, short: str, what: str, why: str) -> NoReturn:
    where = _above(lab, ("VERSION",), "ARG") if short == "version" else _above(lab, (" . ", "theme"), "COPY", "ADD")
    lab.not_yet(
        f"{short}-makes-pages-again",
        why,
        expected=f"the same /build-id.txt when only {what} is another",
        actual="a new one: build.sh ran again",
        hint="which lines stand above the one that makes the pages, and what do they depend on?",
        look=f"docker history {lab.image_name}",
        where=where or lab.where("RUN", containing="build.sh"),
    )


def _above(lab: Lab, words: tuple[str, ...], *keywords: str) -> Where | None:
    """Find the line with one of `words` that stands above the making of the pages, in its stage; else another."""
    make = next((one for one in lab.dockerfile.all("RUN") if "build.sh" in one.text), None)
    lines = [one for word in words for one in lab.dockerfile.all(*keywords) if word in one.text]
    here = [one for one in lines if make and one.stage == make.stage and one.first_line < make.first_line]
    return lab.line((here or lines)[0].first_line) if lines else None
