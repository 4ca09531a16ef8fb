"""Exercise 12 is done when the guestbook runs as an ordinary user, who may write the count and nothing else."""

import re
from typing import NoReturn

from workshop import Lab, NotYet, Response, Where, after
from workshop.judging import pages, users

STARTER = "runs-as-root"
COUNTER = "/cgi-bin/hit"


def check_image_builds(lab: Lab) -> None:
    """Your Dockerfile builds."""
    lab.build()


@after(check_image_builds)
def check_container_runs(lab: Lab) -> None:
    """A container of it starts, and stays up."""
    listens = lab.running.opened()  # waits until it has its port, or is gone
    if not listens and not lab.running.is_up() and "change directory" in lab.running.last_words():
        _not_readable(lab, lab.running.last_words())
    users.must_not_end_by_su(lab.running)
    if not lab.running.is_up() and re.search(
        "permission denied|not permitted", lab.running.last_words(), re.IGNORECASE
    ):
        lab.not_yet(
            "start-needs-root",
            "What the container starts does something at once that an ordinary user may not, and ends with that.",
            expected="a container that is still running",
            actual=lab.running.last_words(),
            hint="which lines of the Dockerfile are still done by root?",
            look=lab.started_shown(),
            where=lab.where("CMD", "ENTRYPOINT"),
        )
    lab.running.must_stay_up()


@after(check_container_runs)
def check_starts_as_ordinary_user(lab: Lab) -> None:
    """It runs as an ordinary user, not as root."""
    users.must_be_ordinary(lab.running)


@after(check_container_runs)
def check_page_opens(lab: Lab) -> None:
    """The guestbook opens."""
    page = lab.running.fetch("/")
    if page.status == 200 and page.body.strip():
        return
    seen = f"{page.status}, from a folder with:\n" + lab.running.exec("ls", "-lan", "/www", user="0").stdout.strip()
    if lab.running.exec("test", "-e", "/www/index.html", user="0").code == 0:
        _not_readable(lab, seen)
    lab.not_yet(
        "page-missing",
        "There is no index.html in the folder that httpd serves.",
        expected="the guestbook",
        actual=seen,
        hint="which lines of the Dockerfile bring the pages, and where to?",
        look=lab.inside("ls -lR /www"),
        where=lab.where("COPY", "ADD"),
    )


@after(check_page_opens)
def check_counter_counts(lab: Lab) -> None:
    """Each visit to /cgi-bin/hit counts one more."""
    try:
        answers = [lab.running.fetch(COUNTER) for _ in range(3)]
    except NotYet as failed:  # httpd started it, and it ended before it said anything
        if failed.finding.reason != "no-http-answer":
            raise
        _not_started(lab, "no answer at all")
    for answer in answers:
        if answer.status != 200:
            _not_counted(lab, answer)
    counts = [re.findall(r"\d+", answer.text)[:1] for answer in answers]
    numbers = [int(count[0]) for count in counts if count]
    if len(numbers) < 3 or [one - numbers[0] for one in numbers] != [0, 1, 2]:
        lab.not_yet(
            "counter-stuck",
            "The counter answers, but it does not add one for each visit.",
            expected="three visits, three numbers, each one higher",
            actual="\n".join(answer.text.strip() for answer in answers),
            hint="is the number written down where the next visit finds it?",
            look=lab.inside("cat /www/cgi-bin/hit"),
            where=lab.where("RUN", containing="hit") or lab.where("COPY", "ADD"),
        )
    mode, _, kept = lab.running.exec("sh", "-c", "stat -L -c %a /data; cat /data/*", user="0").stdout.partition("\n")
    if str(numbers[2]) not in kept.split():
        lab.note("the count does not lie in /data any more, where others would look for it")
    elif mode.strip().endswith(("7", "6", "3", "2")):
        lab.note("everybody may write to /data; giving it to the one user who needs it is enough")


@after(check_starts_as_ordinary_user, check_page_opens)
def check_pages_are_safe(lab: Lab) -> None:
    """That user can't change the pages."""
    places = _served(lab, pages.files_with(lab.running, lab.running.fetch("/").body))
    folders = {place.rpartition("/")[0] or "/" for place in places}
    if not folders:
        lab.not_yet(
            "pages-not-files",
            "No file in the container holds the page that it serves.",
            expected="the guestbook as a file",
            actual="a page that is written anew for each visitor",
            hint="leave the pages files that httpd only reads",
        )
    folders |= _linked(lab, folders)
    writable = [path for folder in sorted(folders) for path in users.may_write(lab.running, folder)]
    if writable:
        _writable(lab, sorted(folders)[0], sorted(writable, key=lambda path: path not in places))
    lab.running.must_stay_up()


def _served(lab: Lab, places: list[str]) -> list[str]:
    """Pick, of several files that hold the page, those without which it is not served."""
    if len(places) < 2:
        return places

    def needed(place: str) -> bool:
        lab.running.exec("mv", place, f"{place}.away", user="0")
        status = lab.running.fetch("/").status
        lab.running.exec("mv", f"{place}.away", place, user="0")
        return status != 200

    return list(filter(needed, places)) or places


def _linked(lab: Lab, folders: set[str]) -> set[str]:
    """List what is reached through links among the pages: where a link to the page is, and the counter's own place."""
    tops = sorted({*folders, "/www"})
    found = lab.running.exec("readlink", "-f", *(f"{top}{COUNTER}" for top in tops), user="0").stdout.splitlines()
    linked = {path for path in found if not path.startswith(tuple(f"{top}/" for top in tops))}
    return linked | {top for top in tops if lab.running.exec("test", "-L", f"{top}/index.html").code == 0}


def _not_readable(lab: Lab, seen: str) -> NoReturn:
    lab.not_yet(
        "page-not-readable",
        "The pages are there, and the server's user may not read them.",
        expected="the guestbook",
        actual=seen,
        hint="the user must be able to read the pages, and to enter their folder; it need not own them",
        look=f"docker run --rm --user 0 {lab.image_name} ls -laR /www",
        where=lab.where("RUN", containing="chmod") or lab.where("COPY", "ADD"),
    )


def _writable(lab: Lab, folder: str, writable: list[str]) -> NoReturn:
    seen = lab.running.exec("ls", "-ld", *writable[:4]).stdout.strip()
    why = "Who breaks in through the counter can change what this user can change, and that is the pages, too."
    modes = [line[:10] for line in seen.splitlines() if len(line) > 10]
    if folder.startswith(f"{writable[0].rstrip('/')}/"):
        why = f"This user may change {writable[0]}, so it can move {folder} away and put other pages in its place."
    elif any(mode[8] == "w" for mode in modes):
        why += " Their permissions let everybody write."
    elif modes and all("w" not in mode for mode in modes):
        why += " They belong to it, and an owner can always give itself the permission to write."
    if home := lab.where("RUN", containing=f"-h {writable[0]}"):
        why += " adduser gives it the folder behind -h, its home."
    blamed = ("chown", "chmod", "install")
    lab.not_yet(
        "pages-writable",
        why,
        expected=f"a user who can read {folder}, and can't write there",
        actual=f"places that the user can change: {len(writable)}\n{seen}",
        hint="give the program what it writes, not what it serves",
        look=lab.inside(f"ls -lR {folder}"),
        where=home
        or lab.maker(writable[0], "busybox")
        or next(filter(None, (lab.where("RUN", containing=word) for word in blamed)), None)
        or lab.where("COPY", "ADD", containing="--ch")
        or lab.where("COPY", "ADD"),
    )


def _not_counted(lab: Lab, answer: Response) -> NoReturn:
    look = lab.inside("ls -la /data")
    refused = re.search(r"create (\S+): (.+)", answer.text)
    if not refused:
        _not_started(lab, f"{answer.status}: {answer.text}\n{lab.running.last_words(3)}", found=answer.status != 404)
    _cannot_write(lab, refused[1], refused[2].strip(), look)


def _not_started(lab: Lab, seen: str, *, found: bool = True) -> NoReturn:
    """Say why httpd got nothing from the counter; `found`: httpd took it for a program."""
    program, look = f"/www{COUNTER}", "ls -l /www/cgi-bin"
    may = all(lab.running.exec("test", how, program).code == 0 for how in ("-r", "-x"))
    if lab.running.exec("test", "-f", program, user="0").code:
        reason, why = "counter-missing", "There is no program cgi-bin/hit among the pages."
        hint = "which folder does httpd serve?"
        if lab.running.exec("test", "-f", "/www/hit", user="0").code == 0:
            why += " It lies at /www/hit: of a folder that * stands for, COPY takes what is in it."
            hint, look = "what does COPY make of each name that * stands for?", "ls -lR /www"
    elif not may:
        reason = "counter-not-executable"
        why = "httpd runs the counter as a program; its user must be allowed to read and to run it."
        hint = "look at the permissions of the program, and of its folder"
    elif b"\r\n" in (lab.running.container.read(program) or b""):
        reason = "windows-line-endings"
        why = "The lines of cgi-bin/hit end as Windows writes them, with an invisible \\r; so nothing can run it."
        hint, look = "save the file with LF line endings", f"head -n 1 {program}"
    else:
        reason, why = "counter-fails", "httpd runs the counter, and it fails."
        hint = "run the program by hand, in the container" if found else "what does its first line name?"
    lab.not_yet(
        reason,
        why,
        expected="You are visitor 1.",
        actual=seen,
        hint=hint,
        look=lab.inside(look),
        where=lab.where("RUN", "COPY", "ADD", containing="cgi") or lab.where("COPY", "ADD"),
    )


def _cannot_write(lab: Lab, path: str, problem: str, look: str) -> NoReturn:
    folder = path.rpartition("/")[0] or "/"
    who = lab.running.exec("id").stdout.strip()
    seen = lab.running.exec("ls", "-lad", folder, path, user="0").stdout.strip()
    owner = lab.running.exec("stat", "-c", "%U", folder, user="0").stdout.strip()
    where = lab.where("RUN", containing="chown") or lab.where("USER") or lab.where("RUN")
    reason, hint = "data-not-writable", "whose is the folder, and who is writing?"
    if not owner:
        reason, why = "data-missing", f"The counter writes to {path}, and there is no folder {folder}."
        where, hint = lab.where("RUN", containing="mkdir") or where, "which line makes that folder, letter by letter?"
    elif lab.running.exec("test", "-d", path, user="0").code == 0:
        reason, why = "count-file-is-a-folder", f"{path} is a folder, and the counter keeps its number in a file there."
        where, hint = lab.where("RUN", containing=path) or where, "the counter makes its file by itself; where?"
    elif path in seen:
        reason = "count-file-not-writable"
        why = f"The file {path} is there already, and this user may not change it."
        hint = "what a RUN above USER writes belongs to root"
    elif owner in ("root", "0"):
        why, where, hint = _belongs_to_root(lab, folder, seen) or (
            f"{folder} belongs to root, and others may not write there. The server is not root any more.",
            where,
            hint,
        )
    elif owner == lab.running.exec("id", "-un").stdout.strip():
        why = f"{folder} belongs to {owner}, who runs the server; its permissions let not even {owner} write there."
        where, hint = lab.where("RUN", containing="chmod") or where, "which letter is missing in its permissions?"
    else:
        reason = "data-belongs-to-another"
        why = f"{folder} belongs to {owner}, and that is not the user who runs the server."
        hint = "compare the two names"
    lab.not_yet(
        reason,
        why,
        expected="You are visitor 1.",
        actual="\n".join(filter(None, (problem, seen, f"the server is: {who}"))),
        hint=hint,
        look=look,
        where=where,
    )


def _belongs_to_root(lab: Lab, folder: str, seen: str) -> tuple[str, Where | None, str] | None:
    """Say why `folder` is still root's, or what root let others do there: why, where and a hint."""
    volume, change = lab.where("VOLUME", containing=folder), lab.where("RUN", containing=folder)
    mode = next(
        (one for one in reversed(lab.dockerfile.all("RUN")) if "chmod" in one.text and folder in one.text), None
    )
    given = next((one for one in reversed(lab.dockerfile.all("RUN")) if "chown" in one.text), None)
    if volume and change and change.line > volume.line:
        why = f"{folder} belongs to root. The classic builder drops what is changed in it below the VOLUME line."
        return why, volume, "what comes first, the change or the VOLUME?"
    if given and given.stage != len(lab.dockerfile.stages) - 1 and (copy := lab.where("COPY", containing="--from")):
        why = f"{folder} belongs to root: COPY gives to root what it copies, also from a stage where it was another's."
        return why, copy, "in which stage must the folder be given away, or with which option copied?"
    if lab.running.exec("test", "-u", f"/www{COUNTER}").code == 0:
        why = f"{folder} belongs to root. The counter has the s bit, which Linux heeds for programs, not for scripts."
        return why, lab.where("RUN", containing="chmod"), "who is it that writes the count, and whose is the folder?"
    if mode and seen[8:9] == "w":
        why = f"Others may write to {folder}, and not enter it: for a folder, that is the letter x."
        return why, lab.line(mode.first_line), "which letters does /tmp have?"
    if mode and re.search(r"\s\+w\b", mode.text):
        why = f"{folder} belongs to root. chmod +w, with no letter before the +, gives nobody what the umask forbids."
        return why, lab.line(mode.first_line), "who gets the permission: u, g or o?"
    return None
