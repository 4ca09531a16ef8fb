"""Exercise 10 is done when what the build deleted is in no layer of the image."""

import gzip
import hashlib
import io
import re
import tarfile
import zlib
from dataclasses import replace

from workshop import Finding, Image, Lab, Layer, NotYet, Where, after
from workshop.judging import counting, packed

STARTER = "junk-in-a-layer"
BASE = "busybox"
OTHER_BASE = "nginx:mainline-alpine"
LOGO, REPORT = "/www/logo.txt", "/report.txt"
ALLOWED = 1_000_000
"""Bytes that the answer may add to busybox: report and logo need under one thousand."""
JUNK = 20 * 1024 * 1024
"""Bytes of junk that the starter makes; as many zeros have one checksum always, and are junk all the same."""
ENOUGH = 20_000_000
_SUM = re.compile(r"^([0-9a-f]{64}) +\S.*$", re.MULTILINE)
_AT_ONCE = re.compile(r"\bdd [^|&;]*of=[^|&;]+[|&] ")
"""The junk being made while the next command runs already."""
_UNWRITTEN = re.compile(r"\bsha256sum [^|&;>]*(?:&&|;)")
"""A checksum that goes to the build's own output."""
_ODD_SIZE = re.compile(r"\bhead\b[^|&;]* -c *(\d+[A-Z]\w*)")
_NOTHING = hashlib.sha256(b"").hexdigest()


def check_image_builds(lab: Lab) -> None:
    """Your Dockerfile builds."""
    lab.ahead(counting.from_scratch)
    try:
        lab.build()
    except NotYet as failed:
        raise NotYet(_why_not_built(lab, failed.finding)) from failed


@after(check_image_builds)
def check_report_is_there(lab: Lab) -> None:
    """The container prints the report: a checksum."""
    report = _text(lab.file(REPORT) or b"")
    where = lab.where("RUN", containing="report") or lab.where("RUN", "COPY") or lab.where("CMD", "ENTRYPOINT")
    look = lab.inside(f"cat {REPORT}")
    expected = f"in {REPORT}, the checksum of 20 MB of junk, as sha256sum writes it"
    found = _SUM.search(report)
    elsewhere = [f"/{path}" for path in lab.build().files_above(BASE) if path.rpartition("/")[2] == "report.txt"]
    if not found or found[0].strip() != report.strip():
        reason, why = (
            ("report-elsewhere", f"The image has a report, but at {elsewhere[0]}.")
            if lab.file(REPORT) is None and elsewhere
            else ("report-missing", f"The image has no {REPORT}. {_why_no_report(lab, where)}")
            if lab.file(REPORT) is None
            else ("report-empty", _why_empty(where))
            if not report.strip()
            else ("report-wrong", f"{REPORT} holds more than the one line that sha256sum writes of the junk.")
            if found
            else ("report-wrong", f"{REPORT} has a checksum, and not the name that sha256sum writes behind it.")
            if re.fullmatch("[0-9a-f]{64}", report.strip())
            else ("report-wrong", f"{REPORT} does not hold what sha256sum writes.")
        )
        lab.not_yet(
            reason,
            why,
            expected=expected,
            actual=report.strip()
            or (", ".join(elsewhere) or "no such file" if reason != "report-empty" else "an empty file"),
            hint="what else is written into this file?"
            if found
            else "what does this step print while it is built, and is the junk there, by that name, at that moment?",
            look=look,
            where=where,
        )
    if found[1] == _NOTHING:
        odd = next((size for one in lab.dockerfile.all("RUN") if (size := _ODD_SIZE.search(one.text))), None)
        lab.not_yet(
            "report-of-nothing",
            f"This is the checksum of nothing at all: BusyBox's head does not know the size {odd[1]}, and the build "
            "went on though it failed."
            if odd
            else "This is the checksum of nothing at all: where sha256sum reads, nothing is, or nothing is any more.",
            expected=expected,
            actual=found[0],
            hint="what does this step print while it is built?"
            if odd
            else "in which order do making, reading and deleting happen?",
            look=look,
            where=where,
        )
    fresh = _fresh_report(lab)
    written = any(found[1] in text for text in _own_texts(lab))
    if written or (found[1] != hashlib.sha256(bytes(JUNK)).hexdigest() and counting.is_of(found[1], fresh)):
        lab.not_yet(
            "report-made-up",
            "This checksum stands in your files, so it was known before the build made any junk."
            if written
            else "Each build comes to this very checksum, so it is not one of fresh junk.",
            expected=expected + ", another one in each build without the cache",
            actual=found[0],
            hint="of what is it the checksum? And from where does the starter take its junk?",
            look=look if written else f"docker build --no-cache {lab.typed}",
            where=where,
        )
    if (size := counting.bytes_read(fresh)) is not None and size < ENOUGH:
        lab.not_yet(
            "report-of-too-little",
            "This is the checksum of less than 20 MB: that much junk was not made, or not all of it was read.",
            expected=expected,
            actual=f"the checksum of {size / 1e6:.2g} MB" if size >= ALLOWED else f"the checksum of {size} bytes",
            hint="the junk may be big: it is what the step leaves behind that must be small",
            look=look,
            where=where,
        )
    output = lab.printed(expected=f"docker run prints {REPORT}")
    if found[1] not in output.stdout:
        lab.not_yet(
            "report-not-printed",
            f"{REPORT} is in the image, but a container that is started without a command does not print it.",
            expected=f"docker run prints {REPORT}",
            actual=output.text.strip() or "nothing",
            hint="what does the container start? The last FROM begins a new image, with the base's own command",
            look=f"docker run --rm {lab.image_name}",
            where=_starting(lab),
        )


@after(check_image_builds)
def check_logo_is_unpacked(lab: Lab) -> None:
    """The logo is at /www/logo.txt, unpacked."""
    logo = _unpack(_given(lab))
    if lab.file(LOGO) == logo:
        return
    image = lab.build()
    everywhere = image.where_is(logo, BASE)
    places = [path for path in everywhere if lab.file(path) == logo]
    contents = _contents(image)
    archives = [path for _, path, content in contents if content in _archives(lab)]
    archives += [path for _, path, _ in contents if path.rpartition("/")[2].startswith("logo.") and f"/{path}" != LOGO]
    lying = lab.file(LOGO)
    reason, why, actual = (
        ("logo-elsewhere", f"The logo is in the image, but at {places[0]}.", places[0])
        if places
        else ("logo-deleted", "The logo was in the image, and a later step deleted it.", "no such file")
        if everywhere and lying is None
        else (
            "logo-not-unpacked",
            "The archive came into the image as it is; nothing unpacked it.",
            f"/{archives[0]}, packed",
        )
        if archives
        else ("logo-wrong", f"{LOGO} is saved as UTF-16, as Windows programs do; the logo is not.", repr(lying[:20]))
        if lying and b"\0" in lying
        else ("logo-wrong", f"Something else lies at {LOGO}.", lying.decode(errors="replace")[:200])
        if lying is not None
        else ("logo-missing", "The logo did not get into the image.", "no such file")
    )
    bringer = lab.bringer(places[0], BASE) if places else None
    lab.not_yet(
        reason,
        why,
        expected=f"the unpacked logo at {LOGO}",
        actual=actual,
        hint="does COPY take a folder, or what is in it?"
        if bringer and "--from" in bringer.text and places[0].endswith("/logo.txt")
        else "what happens to the archive on its way into the image, and where does it arrive?",
        look=lab.inside("ls -lR /www"),
        where=bringer
        or (lab.where("RUN", containing="rm ") if reason == "logo-deleted" else None)
        or lab.where("COPY", "ADD", containing="logo")
        or lab.where("COPY", "ADD")
        or lab.where("FROM"),
    )


@after(check_report_is_there)
def check_no_layer_has_the_junk(lab: Lab) -> None:
    """No layer holds the junk."""
    image = lab.build()
    if image.is_on(OTHER_BASE):
        lab.not_yet(
            "other-base",
            f"This image stands on {OTHER_BASE}, which alone is far bigger than the junk.",
            expected=f"an image on {BASE}",
            actual=f"an image on {OTHER_BASE}",
            hint="which base does the starter have, and what does your image need of another?",
            look=f"docker history {lab.image_name}",
            where=lab.where("FROM"),
        )
    big = _junk(lab, image)
    names = _names_of_base(lab) if big else set()
    junk = [one for one in big if not _is_bases(one[1], names)]
    if not junk:
        return
    place, path, size = next((one for one in junk if _still_there(image, one[0], one[1])), junk[0])
    step = lab.made_layer(place, BASE)
    still = _still_there(image, place, path)
    lab.not_yet(
        "junk-not-deleted" if still else "junk-in-a-layer",
        f"/{path} is still in the image: nothing deletes it."
        if still
        else "A later step deletes or empties it. That only hides it: a layer never changes those below, and whoever "
        "has the image has them all.",
        expected="layers without the junk",
        actual=f"/{path}: {size / 1e6:.2g} MB in layer {place + 1} of the {len(_layers(image))} on top of {BASE}",
        hint="when the step that makes it ends, what does it leave behind?",
        look=f"docker history {lab.image_name}",
        where=step or lab.where("RUN", "COPY"),
    )


@after(check_logo_is_unpacked)
def check_no_layer_has_the_archive(lab: Lab) -> None:
    """No layer holds the archive."""
    image = lab.build()
    for place, path, content in _contents(image):
        if not packed.holds(content, _archives(lab)):
            continue
        still = _still_there(image, place, path)
        lab.not_yet(
            "archive-not-deleted" if still else "archive-in-a-layer",
            f"The logo is unpacked, and the archive still lies in the image, at /{path}."
            if still
            else "The step that brings it has a layer of its own, and that holds it. A later step can only hide it.",
            expected="layers without the archive",
            actual=f"/{path}: in layer {place + 1} of the {len(_layers(image))} on top of {BASE}",
            hint="can the logo get into the image without its archive?",
            look=f"docker history {lab.image_name}",
            where=lab.made_layer(place, BASE) or lab.where("COPY", "ADD"),
        )


@after(check_no_layer_has_the_junk, check_no_layer_has_the_archive)
def check_image_is_small(lab: Lab) -> None:
    """Your layers add less than 1 MB to busybox."""
    image = lab.build()
    size = sum(layer.size for layer in _layers(image))
    if not image.is_on(BASE):
        size -= sum(layer.size for layer in _all_of_base(lab))
        lab.note("this image does not share busybox's layer, so others can't share it either")
    if size < ALLOWED:
        return
    everything = any(_is_bases(path, _names_of_base(lab)) for _, path, _ in _junk(lab, image))
    lab.not_yet(
        "copied-everything" if everything else "still-too-big",
        "A COPY took all files of another stage along, busybox's own programs too: they are there twice now."
        if everything
        else "No single file is big, but together they are.",
        expected=f"less than {ALLOWED / 1e6:.0f} MB on top of {BASE}",
        actual=f"{size / 1e6:.1f} MB",
        hint="which files does the image need? Name those" if everything else "look at the size of each line",
        look=f"docker history {lab.image_name}",
        where=lab.where("COPY", containing="--from") or lab.where("RUN", "COPY"),
    )


def _text(content: bytes) -> str:
    """Decode a report; one that is no text, or a long one, is only told of."""
    text = content.decode(errors="replace")
    return text if len(text) < ALLOWED // 1000 and "\ufffd" not in text else f"{len(content)} bytes of something else"


def _why_empty(where: Where | None) -> str:
    if where and _UNWRITTEN.search(where.text):
        return "A > fills its file with what the one command in front of it prints, and that is not sha256sum here."
    return "There was nothing to read when the checksum was made, and the build went on."


def _starting(lab: Lab) -> Where | None:
    """Find the line that says what a container starts: the last FROM where a stage left behind has the CMD."""
    last, one = lab.dockerfile.final_stage, lab.dockerfile.last("CMD", "ENTRYPOINT")
    behind = one and last and one.stage != last.index and not lab.dockerfile.stage_named(last.base)
    return lab.where("FROM") if behind else lab.where("CMD", "ENTRYPOINT") or lab.where("FROM")


def _why_no_report(lab: Lab, where: Where | None) -> str:
    if where and "||" in where.text:
        return "What stands behind || runs only when the command before it failed."
    if lab.where("CMD", "ENTRYPOINT", containing="sha256sum"):
        return "It is made when a container starts, and not while the image is built."
    return "No RUN writes it, or it stayed in another stage."


def _fresh_report(lab: Lab) -> str:
    """Read the report of a build from scratch, which tells of how many bytes it is where a RUN's shell made it."""
    try:
        return (lab.file(REPORT, counting.from_scratch(lab)) or b"").decode(errors="replace")
    except NotYet:
        return ""  # the plain build did well, so it is what is new in this one


def _why_not_built(lab: Lab, found: Finding) -> Finding:
    """Say it in this exercise's words when a step misses a file that an earlier one deleted, or unpacked."""
    missed = re.search(r"can't (?:open|remove|stat) '?([^':\s]+)|([^':\s]+): No such file", found.actual)
    name = (missed[1] or missed[2]) if missed else ""
    at_once = next((one for one in lab.dockerfile.all("RUN") if _AT_ONCE.search(one.text)), None)
    adds = lab.where("ADD", containing="logo")
    if name.endswith(("logo.tar.gz", "logo.tar")) and adds:
        return replace(
            found,
            reason="archive-already-unpacked",
            why="ADD unpacks an archive on its way into the image. Its content arrived, and no archive for this "
            "command to find.",
            hint="what is left to do here, behind an ADD? And in which folder did it unpack?",
            where=adds,
        )
    if name.endswith("build-junk") and at_once:
        return replace(
            found,
            reason="not-waited-for",
            why=f"Behind a single & or | the next command starts at once, and {name} is not there yet.",
            hint="what stands between two commands of which the second needs the first?",
            where=lab.line(at_once.first_line),
        )
    if name and any(lab.where("RUN", containing=f"{into}{name}") for into in ("of=", "> ")):
        return replace(
            found,
            reason="junk-gone-too-early",
            why=f"When this command wants to read {name}, it is not there: an earlier command deleted it, or it lay "
            "where nothing outlives the step: in a VOLUME, in /dev/shm, or in a mount.",
            hint="in which order do making, reading and deleting happen, and in how many steps?",
            where=lab.where("RUN", containing="sha256sum"),
        )
    return found


def _layers(image: Image) -> list[Layer]:
    return image.layers_above(BASE)


def _all_of_base(lab: Lab) -> list[Layer]:
    return lab.image(BASE).layers_above("scratch")


def _junk(lab: Lab, image: Image) -> list[tuple[int, str, int]]:
    """List what is called build-junk and not empty, has the reported checksum, or is bigger than all may be."""
    found = _SUM.search((lab.file(REPORT) or b"").decode(errors="replace"))
    reported = found[1] if found else ""
    return [
        (place, path, entry.size)
        for place, layer in enumerate(_layers(image))
        for path, entry in layer.files.items()
        if entry.size >= ALLOWED
        or (entry.size and path.rpartition("/")[2] == "build-junk")
        or (entry.size and hashlib.sha256(layer.read(path)).hexdigest() == reported)
    ]


def _contents(image: Image) -> list[tuple[int, str, bytes]]:
    return [
        (place, path, layer.read(path))
        for place, layer in enumerate(_layers(image))
        for path, entry in layer.files.items()
        if 0 < entry.size < ALLOWED
    ]


def _names_of_base(lab: Lab) -> set[str]:
    return {path for layer in _all_of_base(lab) for path in layer.files}


def _is_bases(path: str, names: set[str]) -> bool:
    """Whether a path, or its end, is one of the base's: a copy of it, perhaps in another folder."""
    parts = path.split("/")
    return any("/".join(parts[at:]) in names for at in range(len(parts)))


def _still_there(image: Image, place: int, path: str) -> bool:
    return not any(layer.hides(path) for layer in _layers(image)[place + 1 :])


def _given(lab: Lab) -> bytes:
    return (lab.exercise.starter / "logo.tar.gz").read_bytes()


def _archives(lab: Lab) -> set[bytes]:
    """The archive as it was given and as it lies in the folder, packed and unpacked by gunzip."""
    own = lab.folder / "logo.tar.gz"
    packed = {_given(lab), *([own.read_bytes()] if own.is_file() else [])}
    return packed | {_gunzipped(one) for one in packed}


def _gunzipped(data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        return data


def _unpack(archive: bytes) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        content = opened.extractfile("logo.txt")
        return content.read() if content else b""


def _own_texts(lab: Lab) -> list[str]:
    """Read the small files of the answer."""
    files = [path for path in lab.folder.rglob("*") if path.is_file() and path.stat().st_size < ALLOWED]
    return [path.read_bytes().decode(errors="replace") for path in files]
