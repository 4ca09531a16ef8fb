"""Exercise 9 is done when an edit of the app installs nothing again, and a new dependency is installed."""

import re
from dataclasses import replace

from workshop import Finding, Image, Lab, NotYet, Where, after
from workshop.diagnosis.missing import takes
from workshop.engine.containers import Output
from workshop.judging import ignorefile

STARTER = "reinstalls-on-edit"
LIB = "/app/lib"
MARK = f"{LIB}/.install-id"
MENU = "menu.txt"
INSTALLER = "install-deps.sh"
NEW_ID = b"\n[ ! -f lib/.install-id ] || cat /proc/sys/kernel/random/uuid >> lib/.install-id\n"
STARTED_WITH = "installed as "
"""What the edited app.sh says before the install id that its container has."""


def check_image_builds(lab: Lab) -> None:
    """Your Dockerfile builds."""
    lab.ahead(_with_new_dependency)
    try:
        lab.build()
    except NotYet as failed:
        raise NotYet(_why_not_installed(lab, failed)) from failed


@after(check_image_builds)
def check_app_runs(lab: Lab) -> None:
    """An edit of app.sh gets into the image and runs."""
    image = _edited(lab)
    output = lab.once(_started)
    if output.code == 0 and f"edited {lab.nonce}" in output.stdout.splitlines():
        return
    look = lab.inside(f'sh -c "pwd; ls -la . /app {LIB}"')
    if not (places := image.where_is(_new_app(lab), "busybox")):
        any_app = [path for layer in image.layers_above("busybox") for path in layer.files if path.endswith("app.sh")]
        lab.not_yet(
            "app-frozen" if any_app else "app-not-in-image",
            "The image has an app.sh, but not the one of your folder: what was edited there does not arrive."
            if any_app
            else "There is no app.sh in the image. COPY takes what you name, without what .dockerignore names.",
            expected="the app.sh of your folder, as it is now",
            actual=f"/{any_app[0]}, with another text" if any_app else "no file of that name above the base image",
            hint="which line takes app.sh into the image? Does .dockerignore let it through?",
            look=look,
            where=lab.ignored_by(lab.find("app.sh"))
            or lab.where("COPY", "ADD", "RUN", containing="app.sh")
            or lab.where("COPY", "ADD"),
        )
    if lab.file(MARK, image) is None:
        _no_lib(lab, image)
    if f"edited {lab.nonce}" not in output.text and "can't open" not in output.text:
        lab.printed(image=image, expected="docker run prints what app.sh prints")  # which says why a program fails
    hint = "compare what the container starts, in which folder, and where app.sh lies"
    where = lab.where("CMD", "ENTRYPOINT") or lab.where("WORKDIR")
    if f"edited {lab.nonce}" in output.text:
        reason, why = "app-fails", f"app.sh starts, and ends with exit code {output.code}. What it printed says why."
        hint, where = "what does app.sh print, and what does it look for?", None
    elif "can't open" in output.text:
        reason = "app-fails"
        folder = image.config.get("WorkingDir") or "/"
        why = f"app.sh is in the image, at {places[0]}. The container starts in {folder}, and does not find what its "
        why += "command names."
    else:
        reason = "app-not-started"
        why = f"app.sh is in the image, at {places[0]}, but a container of the image does not start it."
        if not lab.where("CMD", "ENTRYPOINT"):
            why += " The Dockerfile does not say what to start, so it is what the base image starts."
    lab.not_yet(
        reason,
        why,
        expected="docker run prints what app.sh prints",
        actual=output.text.strip() or "nothing at all",
        hint=hint,
        look=look,
        where=where,
    )


@after(check_app_runs)
def check_lib_comes_from_the_build(lab: Lab) -> None:
    """lib/ in the image is the one that the build installed."""
    image = _edited(lab)
    mark = lab.file(MARK, image)
    where = lab.maker(MARK, "busybox", image) or lab.where("COPY", "ADD")
    look = lab.inside(f'sh -c "ls -la {LIB}; cat {MARK}"')
    hint = "which COPY takes lib/ along, and which file could keep it out of the build context, by its exact name?"
    if (lab.folder / ".dockerignore").is_file():
        hint = "which COPY takes lib/ along, and how must .dockerignore call it, seen from your folder?"
    if not mark:
        _no_lib(lab, image)
    if mark in (_laptop_mark(lab), own := _read(lab, "lib/.install-id")):
        layers = image.layers_above("busybox")
        installed = {layer.read(path) for layer in layers for path in layer.files if path.endswith(".install-id")} - {
            mark
        }
        why = "A COPY brought the laptop's lib/ along and laid it over the one that was just installed."
        why += _ignoring(lab)
        if lab.file(f"{LIB}/lib/.install-id", image):
            why = f"What was installed lies in {LIB}/lib: cp and mv put a folder into one of that name that is there "
            why += "already. A COPY brought that one, the laptop's, along."
        elif not installed:
            why = "This lib/ is the laptop's: nothing that the build installed is in the image."
            why += " Each container installs, when it starts." if _installed_at_start(lab, mark) else ""
            hint = "let the build run the installer"
            if _honest(lab) and _installing(lab):
                why, hint = f"{why} Your installer ran.", "what does it do where a lib/ lies already?"
        lab.not_yet(
            "laptop-lib",
            why,
            expected=f"{MARK} with the id of this build's installation",
            actual=f"{_text(own)}: the id in the lib/ of your folder"
            if lab.file(MARK, lab.build()) == own
            else f"{_text(mark)}: the id in the lib/ that verify put there, as another laptop would",
            hint=hint,
            look=look,
            where=where,
        )
    for path, content in _laptop(lab).items():
        if lab.file(f"/app/{path}", image) == content:
            lab.not_yet(
                "laptop-lib-mixed-in",
                "Something was installed, and files of the laptop's lib/ were laid among it, or over it.",
                expected=f"in {LIB}, only what this build installed",
                actual=f"/app/{path} came from the folder on the laptop",
                hint=hint,
                look=look,
                where=lab.maker(f"/app/{path}", "busybox", image) or where,
            )
    if _installed_at_start(lab, mark):
        lab.not_yet(
            "installs-at-start",
            "The image holds what the build installed, and each container installs it again when it starts.",
            expected="a container that starts with the lib/ of its image",
            actual="another install id than the image's, in each container",
            hint="which instruction does something once, and which one each time a container starts?",
            look=lab.started_shown(),
            where=lab.where("CMD", "ENTRYPOINT", containing="install") or lab.where("CMD", "ENTRYPOINT"),
        )


@after(check_lib_comes_from_the_build)
def check_edit_installs_nothing(lab: Lab) -> None:
    """An edit of app.sh does not install anything again."""
    # Somebody else's build of the same files may have got in between: then a list nobody else has tells the truth. And
    # where two began at once, the later one's WORKDIR counts, below which the first finds nothing: hence a second list.
    if any(_same_installation(lab, {**_honest(lab), **more}) for more in ({}, _new_list(lab, 1), _new_list(lab, 2))):
        return
    runs = [one for one in lab.dockerfile.all("RUN") if "install" in one.text]
    look = f"docker build {lab.typed}"
    if len(runs) > 1:
        lab.not_yet(
            "installs-twice",
            "One installation comes out of the cache; a second one, further down, ran again after your edit.",
            expected="the same install id before and after an edit of app.sh",
            actual="two different ids",
            hint="which of the two installations does the image need?",
            look=look,
            where=lab.line(runs[-1].first_line),
        )
    last = runs[-1] if runs else lab.dockerfile.last("RUN")
    above = [
        one
        for one in lab.dockerfile.all("COPY", "ADD")
        if last and one.stage == last.stage and one.first_line < last.first_line and takes(one, "app.sh")
    ]
    mounts = last and not above and "--mount" in last.text
    lab.not_yet(
        "reinstalls-on-edit",
        ("The installation mounts" if mounts else "The installation stands below a line that reads")
        + " app.sh. When a file that a step reads has changed, it runs "
        "again, and so does every step below it.",
        expected="the same install id before and after an edit of app.sh",
        actual="two different ids: everything was installed again",
        hint="edit app.sh and build again: which is the first step that is not cached, and what does it copy?",
        look=look,
        where=lab.line((above[0] if above else last).first_line)
        if last and (above or mounts)
        else lab.where("COPY", "ADD"),
    )


@after(check_edit_installs_nothing)
def check_new_dependency_is_installed(lab: Lab) -> None:
    """A changed deps.txt is installed; this takes a slow second."""
    unasked = f"{LIB}/slice/{MENU}"
    if _lacks_slice(lab) and lab.file(unasked, _edited(lab)):
        lab.not_yet(
            "new-dependency-ignored",
            "slice is installed, and deps.txt does not name it: what is installed does not follow that list.",
            expected=f"in {LIB}, only what deps.txt names",
            actual=f"{unasked} is there",
            hint="which file tells the installer what to install, and where does that file come from?",
            look=lab.inside(f"ls {LIB}"),
            where=_installing(lab),
        )
    try:
        image = _with_new_dependency(lab)
    except NotYet as failed:
        lab.not_yet(
            "new-dependency-breaks-build",
            "With one more name in deps.txt, the build fails: the installer does not find that archive in the image.",
            expected="an image with slice installed, too",
            actual=failed.finding.actual,
            hint="which archives of vendor/ does the Dockerfile take along?",
            where=lab.where("COPY", "ADD", containing="vendor") or failed.finding.where,
        )
    missing = _lacks_slice(lab)
    wanted = [f"{LIB}/slice/{MENU}"] if missing else []
    before = lab.file(MARK, lab.build(edits=_honest(lab)))
    if lab.file(MARK, image) != before and all(lab.file(path, image) for path in wanted):
        return
    lab.not_yet(
        "new-dependency-ignored",
        "deps.txt got one more name, and the installation did not notice: it reads another list, or an older one.",
        expected=f"a new install id, and {LIB}/slice" if missing else "a new install id",
        actual="the same install id as before"
        if lab.file(MARK, image) == before
        else f"a new install id, but no {LIB}/slice",
        hint="which file tells the installer what to install, and where does that file come from?",
        where=_installing(lab),
    )


def _lacks_slice(lab: Lab) -> bool:
    return b"slice" not in lab.read(lab.find("deps.txt")).split()


def _with_new_dependency(lab: Lab) -> Image:
    """Build with one more name in the list; where all are in it, with another comment."""
    name, more = lab.find("deps.txt"), "slice" if _lacks_slice(lab) else "# nothing new"
    listed = lab.read(name).decode(errors="replace").rstrip()
    return lab.build(edits={**_edits(lab), name: f"{listed}\n{more}\n# {lab.nonce}\n"})


def _same_installation(lab: Lab, edits: dict[str, bytes]) -> bool:
    """Whether builds before and after an edit of app.sh have one installation."""
    before, now = lab.build(edits=edits), lab.build(edits={**edits, **_edits(lab)})
    return lab.file(MARK, before) == lab.file(MARK, now)


def _new_list(lab: Lab, number: int) -> dict[str, bytes]:
    name = lab.find("deps.txt")
    return {name: lab.read(name).rstrip() + f"\n# {number} {lab.nonce}\n".encode()}


def _edited(lab: Lab) -> Image:
    """Build with an edited app.sh, on a laptop with another lib/."""
    return lab.build(edits=_edits(lab))


def _started(lab: Lab) -> Output:
    return lab.finish(image=_edited(lab))


def _installed_at_start(lab: Lab, mark: bytes) -> bool:
    """Whether the edited app.sh has seen another installation than the image's."""
    seen = [line for line in lab.once(_started).stdout.splitlines() if line.startswith(STARTED_WITH)]
    return bool(seen) and seen != [f"{STARTED_WITH}{line}" for line in _text(mark).splitlines()]


def _edits(lab: Lab) -> dict[str, bytes]:
    return {lab.find("app.sh"): _new_app(lab), **_laptop(lab), **_honest(lab)}


def _honest(lab: Lab) -> dict[str, bytes]:
    """Have an installer that was changed mark each run with another id all the same."""
    name = lab.find(INSTALLER)
    own = _read(lab, name)
    changed = own and own != (lab.exercise.starter / INSTALLER).read_bytes()
    return {name: own.rstrip() + NEW_ID} if changed else {}


def _laptop(lab: Lab) -> dict[str, bytes]:
    return {
        "lib/.install-id": _laptop_mark(lab),
        f"lib/peel/{MENU}": f"peel 0.1 of laptop {lab.nonce}\n".encode(),
        f"lib/left-over-{lab.nonce}.txt": f"left over on laptop {lab.nonce}\n".encode(),
    }


def _laptop_mark(lab: Lab) -> bytes:
    return f"from-laptop-{lab.nonce}\n".encode()


def _new_app(lab: Lab) -> bytes:
    first, end, rest = lab.read(lab.find("app.sh")).partition(b"\n")
    saying = f"echo 'edited {lab.nonce}'\nsed 's/^/{STARTED_WITH}/' {MARK} 2> /dev/null || :\n"
    return first + (end or b"\n") + saying.encode() + rest


def _read(lab: Lab, name: str) -> bytes:
    path = lab.folder / name
    return path.read_bytes() if path.is_file() else b""


def _text(content: bytes) -> str:
    return content.decode(errors="replace").strip()


def _installing(lab: Lab) -> Where | None:
    return next((lab.line(one.first_line) for one in lab.dockerfile.all("RUN") if "install" in one.text), None)


def _ignoring(lab: Lab) -> str:
    """Say what is wrong with the file that should keep lib/ out, where there is one."""
    if not (lab.folder / ignorefile.NAME).is_file():
        other = next(iter(ignorefile.lookalikes(lab)), None)
        return f" {other} does not matter: the builder reads a file called exactly {ignorefile.NAME}." if other else ""
    if misread := ignorefile.misread(lab):
        return f" {misread[1]}"
    if lab.where_in(ignorefile.NAME, "!lib"):
        return " In .dockerignore, a line with ! lets in again what the lines above it keep out."
    return " .dockerignore is there, and none of its lines keeps lib out: each is a path from this folder on."


def _no_lib(lab: Lab, image: Image) -> None:
    """Say where the installed lib/ is, when it is not where it should be."""
    layers = image.layers_above("busybox")
    marks = [f"/{path}" for layer in layers for path in layer.files if path.endswith(".install-id")]
    some = next((path for layer in layers for path in layer.files if path.startswith("app/lib/")), None)
    installing = _installing(lab)
    at_start = lab.where("CMD", "ENTRYPOINT", containing="install")
    if MARK in marks:
        reason, why = "lib-missing", f"{LIB} was installed, and a later step deleted it."
        where = lab.where("RUN", containing="rm ")
        hint = "what must be gone before the installation, and what after it?"
    elif some and not marks:
        reason = "not-installed"
        why = f"{LIB} is there, but without the installer's mark: the installer did not fill it."
        where, hint = lab.bringer(some, "busybox", image), "what puts files into this folder, and from where?"
    elif marks:
        place = marks[0].rpartition("/")[0]
        reason, why = "lib-elsewhere", f"It was installed, but it lies in {place or '/'}."
        where, hint = lab.bringer(marks[0], "busybox", image), "in which folder does the installer start?"
        if where and "--from" in where.text:
            why, hint = f"{why} COPY of a folder copies what is in it.", "what does the last word of this line say?"
    elif (at_start and not installing) or _installed_at_start(lab, b""):
        reason, why = "lib-missing", "The image holds nothing installed: each container installs it when it starts."
        where = at_start or lab.where("CMD", "ENTRYPOINT")
        hint = "which instruction does something once, while the image is built?"
    else:
        reason, why = "lib-missing", "Nothing installed is in the image."
        where, hint = None, "where is it installed, and who takes it on?"
        if later := lab.where("ONBUILD", containing="install"):
            where, why = later, f"{why} ONBUILD does nothing now: it waits for a build that stands on this image."
        if installing and "||" in installing.text:
            why += " What stands behind || lets the build go on though the installation failed."
            hint = "what does this line say when nothing hides that it failed?"
    lab.not_yet(
        reason,
        why,
        expected=f"{MARK}, written by install-deps.sh during the build",
        actual=marks[0] if marks and MARK not in marks else "no such file",
        hint=hint,
        look=lab.inside(f"ls -la / /app {LIB}"),
        where=where or installing or lab.where("WORKDIR", "FROM"),
    )


def _why_not_installed(lab: Lab, failed: NotYet) -> Finding:
    """Say it in this exercise's words when the installer lacks a file; else leave it as it was found."""
    found = failed.finding
    archive = re.search(r"can't open 'vendor/(\S+\.tar)'", found.actual)
    lacks = re.search(r"can't open '?(install-deps\.sh)|can't read the list (\S+)", found.actual)
    mount = lab.where("VOLUME") or lab.where("RUN", containing="--mount")
    if "resource busy" in found.actual and mount:
        return replace(
            found,
            reason="volume-in-the-way",
            why="While a RUN works, a VOLUME above it is mounted, and so is its own --mount: that folder can't be "
            "deleted, and what is written there does not get into the image.",
            hint="does the image need this, and for this folder?",
            where=mount,
        )
    if not archive and not lacks:
        return found
    adds = lab.where("ADD", containing=".tar")
    if archive and adds:
        return replace(
            found,
            reason="archives-unpacked",
            why="ADD unpacks archives on the way into the image, so the installer finds none to unpack.",
            hint="another instruction copies files as they are",
            where=adds,
        )
    name = f"vendor/{archive[1]}" if archive else next(part for part in lacks.groups() if part) if lacks else ""
    folders = [one for one in lab.dockerfile.all("COPY") if "vendor" in [source.strip("./") for source in one.sources]]
    flat = next((one for one in folders if archive and "vendor" not in str(one.destination)), None)
    return replace(
        found,
        reason="installer-lacks-a-file",
        why=f"The installation runs in the image, as that is when this line's turn comes, and finds no {name}."
        + (f" COPY of a folder, as in line {flat.first_line}, copies what is in it." if flat else ""),
        hint="what does the installer read, and which line above it takes that along, and to where?",
    )
