"""Exercise 11 is done when the image serves the finished, signed site, and nothing else of the kitchen is in it."""

import hashlib
import html
import json
import re
from dataclasses import replace
from pathlib import Path

from workshop import Image, Lab, NotYet, Response, Where, after
from workshop.judging import packed, shipping
from workshop.judging.running import Running

STARTER = "kitchen-shipped"
BASE = "nginx:mainline-alpine"
SITE = "/usr/share/nginx/html"
ALLOWED = 300_000
"""Bytes that the answer may add to nginx: the finished site has about one thousand."""
LONG = 16
"""Letters that a word of a key has that is told from any other word; a real key is one such word."""
PAPERS = ("Dockerfile", "README.md", ".dockerignore")
"""Files of the folder that are no part of the site, either."""


def check_image_builds(lab: Lab) -> None:
    """Your Dockerfile builds."""
    try:
        lab.build()
    except NotYet as failed:
        if (told := _about_words(lab, failed.finding.actual)) is None:
            raise
        reason, why, hint = told
        raise NotYet(replace(failed.finding, reason=reason, why=why, hint=hint)) from failed


@after(check_image_builds)
def check_image_is_nginx_and_little_more(lab: Lab) -> None:
    """It stands on nginx:mainline-alpine and adds less than 300 kB."""
    image = _other(lab)
    lab.ahead(_site)
    if not image.is_on(BASE):
        last = lab.dockerfile.final_stage
        lab.not_yet(
            "another-base",
            f"The last FROM line is the product. This one does not make it from {BASE}.",
            expected=f"a last stage made FROM {BASE}",
            actual=last.instruction.text if last else "no FROM line",
            hint="which stage should ship, and is it the last one?",
            look=f"docker history {lab.image_name}",
            where=lab.line(last.first_line) if last else None,
        )
    shipping.must_be_small(lab, image, ALLOWED, [BASE])


@after(check_image_is_nginx_and_little_more)
def check_site_is_served(lab: Lab) -> None:
    """It serves the finished pages and their signature."""
    served = lab.once(_site)
    pages = {name: served.fetch(f"/{name}") for name in ["", *_pages(lab), "signature.txt"]}
    welcome = lab.file(f"{SITE}/index.html", BASE)
    if pages[""].status == 403 and lab.file(f"{SITE}/index.html", _other(lab)):
        lab.not_yet(
            "site-not-readable",
            "The pages are where nginx looks, and it may not read them: it serves as a user of its own, not as root.",
            expected="files that everyone may read, in folders that everyone may enter",
            actual="403 Forbidden",
            hint="what do chmod, umask and --chmod say about others?",
            look=lab.inside(f"ls -la {SITE}"),
            where=lab.where("RUN", "COPY", containing="chmod") or lab.where("RUN", containing="umask"),
        )
    if all(page.status != 200 or page.body == welcome for name, page in pages.items() if name != "signature.txt"):
        _no_site(lab)
    for name, page in pages.items():
        if page.status != 200:
            _not_served(lab, name, page)
        if name == "signature.txt" or _cooked(lab).decode() in page.text:
            continue
        lab.not_yet(
            "site-frozen",
            f"/{name} is there, but it was not made of the texts as they are now: this is an older one, or was cooked "
            "by another recipe.",
            expected=f"in /{name}, every line of its text, with &lt; for < and &amp; for &",
            actual=page.text[-200:].partition("\n")[2] or page.text[-200:],
            hint="is build.sh started while the image is built, with the texts of your folder?",
            look=lab.inside(f"cat {SITE}/{name or 'index.html'}"),
            where=lab.where("COPY", containing=SITE) or lab.where("COPY", "ADD", "RUN"),
        )
    _check_signature(lab, pages)
    served.must_stay_up()


@after(check_image_is_nginx_and_little_more)
def check_no_layer_has_the_kitchen(lab: Lab) -> None:
    """No layer holds the texts, build.sh, or the key."""
    image = _other(lab)
    above = image.layers_above(BASE)
    marks = {"the signing key": _secret(lab), "the script": _mark(lab), "a text": _raw(lab)}
    papers = {name: (lab.folder / name).read_bytes() for name in PAPERS if (lab.folder / name).is_file()}
    files = [(path, place, layer.read(path)) for place, layer in enumerate(above) for path in layer.files]
    held = [packed.held(content, marks.values()) for _, _, content in files]
    found = [
        (what, path, place)
        for what, mark in marks.items()
        for (path, place, _), words in zip(files, held, strict=True)
        if mark and (mark in path.encode() or mark in words)
    ] + [
        (f"your {name}", path, place)
        for name, paper in papers.items()
        for path, place, content in files
        if paper and paper == content
    ]
    if not found:
        return
    shown = {path for _, path, place in found if not any(layer.hides(path) for layer in above[place + 1 :])}
    hidden = not {path for _, path, _ in found} <= shown
    only_key = {what for what, _, _ in found} == {"the signing key"}
    reason, why, hint = (
        (
            "deleted-not-gone",
            "It was copied in one step and deleted in another. The lower layer still has it, and so does whoever "
            "gets the image.",
            "cook where nothing ships; the product must never have had it",
        )
        if hidden
        else (
            ("key-shipped", "The site is signed, and the key lies next to it.", "which line takes the key along?")
            if only_key
            else (
                "kitchen-shipped",
                "What was only needed to make the site went into the product, too.",
                "what does this line take along besides the finished site?"
                if len(lab.dockerfile.stages) > 1
                else "must the stage that cooks be the one that serves?",
            )
        )
    )
    lab.not_yet(
        reason,
        why,
        expected="layers with the finished site only",
        actual="\n".join(
            f"{what}: /{path}, in layer {place + 1} of your {len(above)}" for what, path, place in found[:6]
        ),
        hint=hint,
        look=f"docker history {lab.image_name}",
        where=lab.made_layer(found[0][2], BASE, image),
    )


@after(check_no_layer_has_the_kitchen)
def check_settings_and_history_have_no_key(lab: Lab) -> None:
    """Neither the image's settings nor its history tell the key."""
    image = _other(lab)
    settings = json.dumps(image.config, ensure_ascii=False)
    known = "\n".join([settings, *(step["CreatedBy"] for step in image.history)])
    key = next((one for form in packed.forms(_secret(lab)) if (one := form.decode(errors="replace")) in known), "")
    if not key:
        return
    where = shipping.telling(lab, key)
    if key in settings:
        lab.not_yet(
            "key-in-settings",
            "What ENV and LABEL say is kept in the image's settings, for everyone to read.",
            expected="settings without the key",
            actual=next((f"{kind}: {value}" for kind, value in image.config.items() if key in str(value)), ""),
            hint="who needs the key, and when?",
            look=f'docker image inspect -f "{{{{json .Config}}}}" {lab.image_name}',
            where=where,
        )
    steps = [step["CreatedBy"] for step in image.history if key in step["CreatedBy"]]
    if steps:
        lab.not_yet(
            "key-in-history",
            "The image's history keeps the words of each step, values of ARG included.",
            expected="a history without the key",
            actual=steps[0],
            hint="who needs the key, and when? Can it come from a file, in a stage that does not ship?",
            look=f"docker history --no-trunc {lab.image_name}",
            where=where,
        )


def _about_words(lab: Lab, said: str) -> tuple[str, str, str] | None:
    """Say which of its words build.sh could do nothing with: the reason, why, and a hint."""
    order = "in which order does build.sh want its words? Its first lines say so"
    if texts := re.search(r"build\.sh: no texts in (\S+)", said):
        if texts[1].rpartition("/")[2] in {path.parent.name for path in _texts(lab)}:
            return None
        why = f"build.sh takes its first word for the folder of the texts; here that is {texts[1]}, and none is there."
        return "another-word-for-the-texts", why, order
    named = re.search(r"build\.sh: no signing key at (.+)", said)
    key = named[1].strip() if named else ""
    if key.endswith(".key") or key.startswith("/run/secrets/"):
        return "key-not-in-the-kitchen", *_about_the_place(key)
    if not key:
        return None
    why = f"build.sh takes its third word for the key; here that is {key}, and no key is there."
    if key == _key(lab).decode(errors="replace"):
        why = "build.sh takes its third word for the name of the key's file; here it is what stands in that file."
        order = "which word does build.sh want there? Its first lines say so"
    return "another-word-for-the-key", why, order


def _about_the_place(key: str) -> tuple[str, str]:
    """Say why no key is where build.sh was to find it, and a hint."""
    if key.startswith("/run/secrets/"):
        return (
            "A secret mount holds what docker build gets by --secret, and verify gives none. The key is a file of this "
            "folder.",
            "the stage that cooks does not ship: what else takes a file into it?",
        )
    return (
        "build.sh needs the key to sign, and the stage that cooks has none at that place. The key may be there: only "
        "the last stage ships.",
        "what do COPY and .dockerignore let into that stage, and to which path?",
    )


def _site(lab: Lab) -> Running:
    return lab.start(_other(lab))


def _other(lab: Lab) -> Image:
    """Build with other texts and another key, and with a mark in the script, so that all three can be found again."""
    marked = {path: _raw(lab) for path in _texts(lab)}
    marked |= {script: _mark(lab) for script in lab.folder.rglob("build.sh")}
    edits = {
        (name := path.relative_to(lab.folder).as_posix()): lab.read(name).rstrip() + b"\n" + mark + b"\n"
        for path, mark in marked.items()
    }
    return lab.build(edits={**edits, lab.find("signing.key"): _new_key(lab)})


def _texts(lab: Lab) -> list[Path]:
    """Find the texts, wherever the learner may have put their folder, in the order in which build.sh takes them."""
    given = {path.name for path in (lab.exercise.starter / "content").iterdir()}
    found = [path for path in lab.folder.rglob("*.txt") if path.parent.name == "content" or path.name in given]
    return sorted(found, key=lambda one: one.name) or [lab.folder / "content/index.txt"]


def _raw(lab: Lab) -> bytes:
    return f"<fresh {lab.nonce}> & co.".encode()


def _cooked(lab: Lab) -> bytes:
    return f"&lt;fresh {lab.nonce}&gt; &amp; co.".encode()


def _mark(lab: Lab) -> bytes:
    return f"# kitchen {lab.nonce}".encode()


def _key(lab: Lab) -> bytes:
    """Give the part that the folder's key and the other one share, by which each is found."""
    return lab.read(lab.find("signing.key")).strip()


def _secret(lab: Lab) -> bytes:
    """Give what tells the key: without what only names it, such as the words before a colon."""
    longest = max(_key(lab).split(), key=len, default=b"")
    return longest if len(longest) >= LONG else _key(lab)


def _new_key(lab: Lab) -> bytes:
    return _key(lab) + f"-{lab.nonce}\n".encode()


def _pages(lab: Lab) -> list[str]:
    return [f"{path.stem}.html" for path in _texts(lab)]


def _not_served(lab: Lab, name: str, page: Response) -> None:
    signature = name == "signature.txt"
    lab.not_yet(
        "signature-missing" if signature else "page-missing",
        "The pages are there, and the signature that build.sh wrote next to them is not."
        if signature
        else f"Some of the site is there; /{name} is not.",
        expected=f"/{name} with status 200",
        actual=f"status {page.status}",
        hint="what does build.sh write, and what of it goes over?",
        look=lab.inside(f"ls -l {SITE}"),
        where=lab.where("COPY", containing="--from") or lab.where("COPY", "ADD"),
    )


def _holding(lab: Lab, mark: bytes) -> list[str]:
    layers = _other(lab).layers_above(BASE)
    return [f"/{path}" for layer in layers for path in layer.files if mark in layer.read(path)]


def _no_site(lab: Lab) -> None:
    """Say why nginx does not serve the site: look for it in the layers."""
    cooked, raw = _holding(lab, _cooked(lab)), _holding(lab, _raw(lab))
    reason, why = (
        ("site-elsewhere", f"The pages are in the image, at {cooked[0].rpartition('/')[0]}; nginx serves {SITE}.")
        if cooked
        else ("site-not-cooked", "The texts came into the image as they are; build.sh did not make pages of them.")
        if raw
        else ("welcome-page", "The finished site is not in the image: it stayed where it was cooked.")
    )
    if lab.where("VOLUME", containing=SITE):
        why += " Below a VOLUME, what a RUN writes into its folder is lost when the step ends."
    if later := lab.where("ONBUILD", containing=SITE):
        why += " ONBUILD keeps an instruction for other images, built FROM this one."
    lab.not_yet(
        reason,
        why,
        expected="the site",
        actual="nginx's own welcome page, or none at all",
        hint="which line carries the finished site over, and into which folder?",
        look=lab.inside(f"ls -lR {SITE}"),
        where=later or (lab.where("COPY", "ADD") if cooked or raw else lab.where("FROM")),
    )


def _check_signature(lab: Lab, pages: dict[str, Response]) -> None:
    together = b"".join(pages[name].body for name in _pages(lab))
    said = pages["signature.txt"].text.split()[:1]
    if said == [hashlib.sha256(_new_key(lab) + together).hexdigest()]:
        return
    key, others = (
        _new_key(lab),
        [path for path in lab.folder.iterdir() if path.is_file() and path.name != "signing.key"],
    )
    known = {
        "no key at all": b"",
        "the key as it is written down elsewhere: signing.key was another one in this build": lab.read(
            lab.find("signing.key")
        ),
        "signing.key without the line break at its end": key.strip(),
        "signing.key with other line breaks than its own": key.replace(b"\n", b"\r\n"),
        **{path.name: path.read_bytes() for path in others},
        "build.sh": lab.read(lab.find("build.sh")).rstrip() + b"\n" + _mark(lab) + b"\n",
    }
    used = [name for name, key in known.items() if [hashlib.sha256(key + together).hexdigest()] == said]
    if not used and all(pages[f"{path.stem}.html"].body == _page(lab, path) for path in _texts(lab)):
        used = ["another key than signing.key, or together with other pages"]
    cook = lab.where("RUN", containing="build.sh")
    lab.not_yet(
        "signed-with-another-key" if used else "signature-wrong",
        f"These pages were signed with {used[0]}."
        if used
        else "The signature does not fit these pages: they were changed after signing, or not signed by build.sh.",
        expected="the SHA-256 sum of signing.key and all pages, as build.sh makes it",
        actual=pages["signature.txt"].text.strip() or "an empty file",
        hint="which key does build.sh get, and from where?" if used else "does anything touch the pages afterwards?",
        where=cook if used else _touching(lab, cook),
    )


def _page(lab: Lab, text: Path) -> bytes:
    """Make of a text what build.sh makes of it."""
    content = lab.read(text.relative_to(lab.folder).as_posix()).rstrip() + b"\n" + _raw(lab)
    title, *lines = html.escape(content.decode(errors="replace").replace("\r", ""), quote=False).split("\n")
    head = f'<!doctype html>\n<meta charset="utf-8">\n<title>{title}</title>\n<h1>{title}</h1>\n'
    return (head + "".join(f"<p>{line}</p>\n" for line in lines if line.strip())).encode()


def _touching(lab: Lab, cook: Where | None) -> Where | None:
    """Find the line that changes what was cooked: the first below that does more than carry it over."""
    start = cook.line if cook and cook.line else 0
    below = [
        one for one in lab.dockerfile.instructions if one.first_line > start and one.keyword in ("RUN", "COPY", "ADD")
    ]
    own = [one for one in below if not one.flag("from")]
    return lab.line(own[0].first_line) if own else cook or lab.where("COPY", "ADD")
