"""Which user a container runs as, and what that user may change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .running import Running
    from .verdict import Where

_WHERE = """
above=$1
while [ "${above:-/}" != / ]; do
  above=${above%/*} at=${above:-/}
  if [ -O "$at" ] || { [ -w "$at" ] && [ ! -k "$at" ]; }; then echo "$at"; fi
done
find "$1" ! -type l | while IFS= read -r path; do
  if [ -O "$path" ]; then
    echo "$path"
  elif [ -d "$path" ]; then
    new="$path/.docker-101-$2"
    ( : > "$new" ) 2>/dev/null && { echo "$path"; rm -f "$new"; }
  elif [ -f "$path" ]; then
    ( : >> "$path" ) 2>/dev/null && echo "$path"
  fi
done
"""
"""Tries to write, and changes nothing; asking for permissions alone would miss what other rules allow or forbid.

An owner can take back what forbids it to write, and who may write to the folder above can put another in the place.
"""
_SU = re.compile(r"(?<![\w-])su(?![\w.-])")
_S_BIT = ("find", "/", "-xdev", "-type", "f", "-perm", "-4000")
"""Lists the programs that run as their owner, whoever starts them."""
_BY_S_BIT = """
dir=$(mktemp -d) || exit
new=$1
shift
for file; do
  ln -sf "$file" "$dir/su"
  for preserve in "" -p; do
    [ "$(timeout 1 "$dir/su" $preserve -c 'id -u' 2>/dev/null < /dev/null)" = 0 ] && { echo "$file"; break 2; }
  done
  for words in "$new/x" "of=$new/x" "/etc/passwd $new/x" "--install -s $new"; do
    timeout 1 "$file" $words > /dev/null 2>&1 < /dev/null
    [ "$(ls "$new")" ] && { echo "$file"; break 2; }
  done
done
rm -r "$dir"
"""
"""Tries each of them: as su, which BusyBox is by that name, and as a shell that keeps it; then as tee, dd, cp and the
like, which write to a folder of root's. BusyBox gives root up for most of its programs, not for its own --install.
"""


def numbers(running: Running) -> tuple[int | None, int | None]:
    """Read two user numbers: that of process 1, and that of programs which `docker exec` starts; None: unreadable.

    The lowest of a process's four numbers (real, effective, saved, file system) counts: who kept a 0 can be root again.
    """
    read = running.exec("cat", "/proc/1/status", "/proc/self/status").stdout
    found = re.findall(r"^Uid:\s+(.+)$", read, re.MULTILINE)
    lowest = [min(int(word) for word in one.split()) for one in found]
    return (lowest[0] if len(lowest) > 1 else None), (lowest[-1] if lowest else None)


def may_write(running: Running, folder: str) -> list[str]:
    """List the files and folders, those above `folder` first, by which the container's default user can change it."""
    return running.exec("sh", "-c", _WHERE, "sh", folder, running.lab.nonce).stdout.splitlines()


def must_be_ordinary(running: Running) -> None:
    """Not there yet, with the cause, when the container starts as root, or its first process is root."""
    lab = running.lab
    named = str(running.image.config.get("User") or "")
    server, default = numbers(running)
    if default is None:
        default = 0 if named.partition(":")[0] in ("", "root", "0") else 1
    if default and server:
        _must_stay_ordinary(running)
        return
    where = lab.where("USER")
    look = f"docker run --rm --entrypoint id {running.image.name}"
    expected = "a container that starts as an ordinary user"
    actual = f"the first process is user {server}, and docker exec gives user {default}; 0 is root"
    if default == 0 and server:
        by_su = _su(running)
        lab.not_yet(
            "only-the-server-is-not-root",
            ("su gives up root for one command only" if by_su else "The server gave up root by itself")
            + ", after the container was started as root. The image's own user is still root, and so is everybody who "
            "comes in through docker exec.",
            expected=expected,
            actual=actual,
            hint="let the image say who runs it, not the command",
            look=look,
            where=by_su or lab.where("CMD", "ENTRYPOINT"),
        )
    if default and server == 0:
        lab.not_yet(
            "server-becomes-root",
            "The image names an ordinary user, yet the first process runs as root: something in it gives root back.",
            expected=expected,
            actual=actual,
            hint="look at the programs that have the s bit: find / -perm +4000",
            look=look,
            where=lab.where("RUN"),
        )
    if named.partition(":")[0] not in ("", "root") and not re.fullmatch(r"0+", named.partition(":")[0]):
        lab.not_yet(
            "user-with-number-zero",
            f"The user is called {named}, and has the number 0. The kernel knows numbers only, and 0 is root.",
            expected=expected,
            actual=actual,
            hint="look into the image's /etc/passwd: the third field is the number",
            look=f"docker run --rm --entrypoint cat {running.image.name} /etc/passwd",
            where=lab.where("RUN", containing="passwd") or lab.where("RUN", containing="adduser") or where,
        )
    _is_root(running, actual)


def must_not_end_by_su(running: Running) -> None:
    """Not there yet when the container has ended, and it was su that should have started its server."""
    lab = running.lab
    if running.is_up() or not (line := _su(running)):
        return
    why = "su starts somebody's shell. It needs root, a user who has a shell, and the whole command as one word behind "
    why += "-c; else it ends at once. And even so, the image's own user would still be root."
    user = str(running.image.config.get("User") or "")
    if ordinary := user.partition(":")[0] not in ("", "root", "0"):
        why = f"The container starts as {user} already. su can't switch then: only root becomes another at once."
    lab.not_yet(
        "switched-by-su",
        why,
        expected="a container that is still running",
        actual=running.last_words() or "it ended, and printed nothing",
        hint="what is left for su to do when the image says who runs it?"
        if ordinary
        else "which instruction says who runs what comes after it?",
        look=lab.started_shown(),
        where=line,
    )


def _su(running: Running) -> Where | None:
    """Quote the line by which what the container starts becomes another user with su."""
    from . import scripts

    lab = running.lab
    for one in reversed(lab.dockerfile.instructions):
        if one.keyword in ("ENTRYPOINT", "CMD") and _SU.search(one.text):
            return lab.line(one.first_line)
    for name, text in scripts.of_command(lab):
        if words := re.search(rf"^[ \t]*(?:exec +)?{_SU.pattern}", text.decode("utf-8", "replace"), re.MULTILINE):
            return lab.where_in(name, words[0])
    return None


def _must_stay_ordinary(running: Running) -> None:
    lab = running.lab
    files = running.exec(*_S_BIT).stdout.split()
    if not files:
        return
    roots = f"/.docker-101-{lab.nonce}"
    running.exec("mkdir", "-m", "755", roots, user="0")
    by = running.exec("sh", "-c", _BY_S_BIT, "sh", roots, *files).stdout.split()
    wrote = bool(running.exec("ls", roots, user="0").stdout.strip())
    if by:
        lab.not_yet(
            "can-become-root",
            f"It starts as an ordinary user, and {by[0]} is root's, with the s bit: by it anybody inside "
            + ("writes where only root may." if wrote else "becomes root, without a password."),
            expected="an ordinary user who stays one",
            actual=running.exec("ls", "-l", *by).stdout.strip(),
            hint="what does the s in its permissions mean, and who needs it?"
            if wrote
            else "what does the s in its permissions mean, and has root a password?",
            look=f"docker run --rm --entrypoint ls {running.image.name} -l {by[0]}",
            where=lab.where("RUN", containing=by[0].rpartition("/")[2]) or lab.where("RUN"),
        )


def _is_root(running: Running, actual: str) -> None:
    lab = running.lab
    shipped = len(lab.dockerfile.stages) - 1
    mine = [one for one in lab.dockerfile.instructions if one.keyword == "USER" and one.stage == shipped]
    where = lab.where("USER") or lab.where("CMD", "ENTRYPOINT") or lab.where("FROM")
    if len(mine) > 1:
        reason, why = "root-again", "The last USER line wins, and here it is root."
        hint = "read the USER lines from the top down; who is it in the end?"
    elif mine and not running.image.config.get("User"):
        reason, why = "runs-as-root", "The USER line comes to nothing: its variable has no value here."
        hint = "where does the variable get its value? An ARG or ENV must stand above, in the same stage"
    elif mine:
        reason, why = "runs-as-root", "The USER line names root, which is who it was before."
        hint = "which users does the image have, besides root?"
    elif where and lab.where("USER"):
        reason, why = (
            "user-in-another-stage",
            "The USER line stands in an earlier stage; each FROM starts as its base says.",
        )
        hint = "which stage is the one that is shipped?"
    elif switch := lab.where("RUN", containing="su "):
        where = switch
        reason, why = "switched-in-run", "su in RUN lasts as long as that RUN; the next line is root again."
        hint = "which instruction says who runs what comes after it?"
    elif switch := _su(running):
        where = switch
        reason, why = "switched-for-nothing", "su has a shell of its own; the commands beside it are still root's."
        hint = "which instruction says who runs what comes after it?"
    elif lab.where("RUN", containing="adduser") or lab.where("RUN", containing="/etc/passwd"):
        where = lab.where("RUN", containing="adduser") or lab.where("RUN", containing="/etc/passwd")
        reason, why = "user-never-used", "A user is made, and nothing starts as that user."
        hint = "which instruction says who runs what comes after it?"
    else:
        reason, why = "runs-as-root", "No line says who runs the container, so it is root, as in the base image."
        hint = "which instruction says who runs what comes after it?"
    lab.not_yet(
        reason,
        why,
        expected="a container that starts as an ordinary user",
        actual=actual,
        hint=hint,
        look=f"docker run --rm --entrypoint id {running.image.name}",
        where=where,
    )
