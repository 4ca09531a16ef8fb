"""What is in the two stand-ins, layer by layer: the same paths, users, port and settings as the official images."""

from __future__ import annotations

import functools
import hashlib
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workshop.engine import labels

from .archive import Recipe
from .layer import RUNS, Layer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .packages import Unpacked

FILES = Path(__file__).with_name("files")
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NOT_IN_ALPINE = frozenset(
    "ar dpkg dpkg-deb ftpget ftpput httpd rpm rpm2cpio telnet telnetd tftp udhcpd".split()  # noqa: SIM905 - a word list
)
"""BusyBox programs that the official busybox image has and Alpine, under the official nginx, has not."""
RESOLVING = ("libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2", "libm.so.6", "libpthread.so.0")
"""What the official busybox image has beside the C library, for programs that a learner copies in."""


SMALL = ("getconf", "flock", "chrt")
"""What no script can play."""
WHOLE = ("find", "tar")
"""Programs of the distribution's own, for options that Debian's BusyBox is built without; scripts hand over to them."""
APART = "/usr/libexec"
"""Where these lie, so that they are not in PATH."""


def busybox(packages: Unpacked) -> Recipe:
    """Describe the stand-in for `busybox`: one layer, every program a name of the one file in /bin."""
    program = packages.program("busybox")
    base = Layer("ADD busybox.tar / # stand-in", _stamp(program))
    _common(base, packages, program, "busybox")
    base.tree(FILES / "busybox")
    _shadow(base, FILES / "busybox")
    for name in _applets(program, "--list"):
        base.hardlink(f"/bin/{name}", "/bin/busybox")
    for own in _own_programs():
        base.file(f"/bin/{own.name}", own.read_bytes(), RUNS)
    shell = packages.shell()
    base.file("/bin/ash", shell.read_bytes(), RUNS)
    base.hardlink("/bin/sh", "/bin/ash")
    whole = [packages.program(name) for name in WHOLE]
    for one in whole:
        base.file(f"{APART}/{one.name}", one.read_bytes(), RUNS)
    base.symlink("/usr/bin/env", "../../bin/env")
    extra = {name: packages.library(name) for name in RESOLVING}
    # Apart from /lib, which a build step may take away without harm to the official image's shell.
    _libraries(base, _small_programs(base, packages) | packages.libraries([shell, *whole]) | extra, "/usr/lib")
    for folder in ("/dev", "/proc", "/sys", "/home/default", "/usr/sbin", "/var/spool/mail"):
        base.folder(folder)
    base.folder("/home", owner=(65534, 65534))
    base.folder("/var/www", owner=(33, 33))
    return Recipe([base], _config(packages, Cmd=["sh"]), ['CMD ["sh"]'])


def nginx(packages: Unpacked) -> Recipe:
    """Describe the stand-in for `nginx:mainline-alpine`: a small distribution, nginx, its entrypoint, curl."""
    program = packages.program("nginx")
    stamp = _stamp(program)
    server, had = _server(packages, program, stamp)
    scripts = FILES / "entrypoint"
    copies = []
    for script in sorted(found for found in scripts.rglob("*") if found.is_file()):
        inside = script.relative_to(scripts)
        copy = Layer(f"COPY {script.name} /{'' if inside.parent == Path() else inside.parent} # stand-in", stamp)
        copy.file(str(inside), script.read_bytes(), RUNS)
        copies.append(copy)
    copies.sort(key=lambda layer: "docker-entrypoint.sh /" not in layer.made_by)
    version = re.search(rb"nginx/(\d+\.\d+\.\d+)", program.read_bytes())
    config = _config(
        packages,
        f"NGINX_VERSION={version[1].decode() if version else 'unknown'}",
        "PKG_RELEASE=1",
        Cmd=["nginx", "-g", "daemon off;"],
        Entrypoint=["/docker-entrypoint.sh"],
        ExposedPorts={"80/tcp": {}},
        StopSignal="SIGQUIT",
    )
    words = ['ENTRYPOINT ["/docker-entrypoint.sh"]', "EXPOSE map[80/tcp:{}]", "STOPSIGNAL SIGQUIT"]
    words += ['CMD ["nginx" "-g" "daemon off;"]']
    return Recipe([_distribution(packages, stamp), server, *copies, _curl(packages, stamp, had)], config, words)


@functools.cache
def mark() -> str:
    """Name the way in which stand-ins are made now: another one for every change in this folder."""
    here = Path(__file__).parent
    files = sorted(one for one in here.rglob("*") if one.is_file() and "__pycache__" not in one.parts)
    whole = hashlib.sha256()
    for one in files:
        content = one.read_bytes().replace(b"\r\n", b"\n")
        whole.update(f"{one.relative_to(here).as_posix()} {len(content)}\n".encode() + content)
    return whole.hexdigest()[:12]


def _distribution(packages: Unpacked, stamp: int) -> Layer:
    program = packages.program("busybox")
    base = Layer("ADD rootfs.tar / # stand-in", stamp)
    _common(base, packages, program, "nginx")
    places = {}
    for path in _applets(program, "--list-full"):
        if Path(path).name not in NOT_IN_ALPINE:
            places[Path(path).name] = path
            base.symlink(path, "/bin/busybox")
    base.file("/bin/ash", packages.shell().read_bytes(), RUNS)
    base.symlink("/bin/sh", "/bin/ash")
    for own in _own_programs():
        base.file(places.get(own.name, f"/bin/{own.name}"), own.read_bytes(), RUNS)
    for account in ("passwd", "group"):
        content = (FILES / "nginx/etc" / account).read_bytes()
        base.file(f"/etc/{account}", content)
    _shadow(base, FILES / "nginx")
    for folder in ("/dev", "/proc", "/sys", "/home", "/media", "/mnt", "/opt", "/srv", "/run/lock", "/usr/local/bin"):
        base.folder(folder)
    base.symlink("/var/run", "../run")
    base.symlink("/var/lock", "../run/lock")
    return base


def _server(packages: Unpacked, program: Path, stamp: int) -> tuple[Layer, set[str]]:
    layer = Layer("RUN install nginx from this distribution's packages # stand-in", stamp)
    layer.file("/usr/sbin/nginx", program.read_bytes(), RUNS)
    envsubst = packages.program("envsubst")
    layer.file("/usr/local/bin/envsubst", envsubst.read_bytes(), RUNS)
    whole = [packages.program(name) for name in WHOLE]
    for one in whole:
        layer.file(f"{APART}/{one.name}", one.read_bytes(), RUNS)
    needed = packages.libraries([program, envsubst, packages.shell(), *whole]) | _small_programs(layer, packages)
    _libraries(layer, needed)
    layer.tree(FILES / "nginx")
    conf = (FILES / "nginx/etc/nginx/conf.d/default.conf").read_bytes()
    layer.file("/usr/share/nginx/default.conf.sha256", f"{hashlib.sha256(conf).hexdigest()}\n".encode())
    for name in ("mime.types", "fastcgi_params", "scgi_params", "uwsgi_params", "fastcgi.conf"):
        layer.file(f"/etc/nginx/{name}", packages.data(f"etc/nginx/{name}").read_bytes())
    layer.folder("/usr/lib/nginx/modules")
    layer.symlink("/etc/nginx/modules", "/usr/lib/nginx/modules")
    layer.folder("/var/cache/nginx")
    layer.symlink("/var/lib/nginx", "../cache/nginx")  # where Debian's nginx keeps what the official one keeps there
    layer.symlink("/var/log/nginx/access.log", "/dev/stdout")
    layer.symlink("/var/log/nginx/error.log", "/dev/stderr")
    layer.folder("/docker-entrypoint.d")
    return layer, set(needed)


def _curl(packages: Unpacked, stamp: int, had: set[str]) -> Layer:
    layer = Layer("RUN install curl from this distribution's packages # stand-in", stamp)
    program = packages.program("curl")
    layer.file("/usr/bin/curl", program.read_bytes(), RUNS)
    needed = packages.libraries([program])
    _libraries(layer, {name: path for name, path in needed.items() if name not in had})
    return layer


def _common(layer: Layer, packages: Unpacked, program: Path, image: str) -> None:
    layer.file("/bin/busybox", program.read_bytes(), RUNS)
    layer.folder("/tmp", mode=0o1777)  # noqa: S108 - a path in the image
    layer.folder("/var/tmp", mode=0o1777)  # noqa: S108 - a path in the image
    layer.folder("/root", mode=0o700)
    about = {
        "NAME": f"Workshop stand-in for {image}",
        "ID": "standin",
        "ID_LIKE": "debian",
        "PRETTY_NAME": f"Stand-in for the official {image} image, made of {packages.origin} packages",
    }
    layer.file("/etc/os-release", "".join(f'{key}="{value}"\n' for key, value in about.items()).encode())
    layer.file("/etc/nsswitch.conf", b"passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n")


def _shadow(layer: Layer, files: Path) -> None:
    users = [line.split(":")[0] for line in (files / "etc/passwd").read_text().splitlines()]
    lines = [f"{user}:{'*' if user == 'root' else '!'}::0:::::\n" for user in users]
    layer.file("/etc/shadow", "".join(lines).encode(), 0o600)


def _libraries(layer: Layer, found: dict[str, Path], folder: str = "/lib") -> None:
    for asked, path in sorted(found.items()):
        if asked.startswith("/lib64/") and "/lib64" not in layer:
            layer.symlink("/lib64", folder.lstrip("/"))
        target = asked if asked.startswith("/lib/") else f"{folder}/{Path(asked).name}"  # the loader, by its whole path
        layer.file(target, path.read_bytes(), RUNS)


def _applets(program: Path, how: str) -> list[str]:
    listed = subprocess.run([program, how], capture_output=True, text=True, check=True)
    return [path for path in listed.stdout.split() if Path(path).name != "busybox"]


def _small_programs(layer: Layer, packages: Unpacked) -> dict[str, Path]:
    """Add what no script can play; give the libraries that they need."""
    programs = [packages.program(name) for name in SMALL]
    for program in programs:
        layer.file(f"/bin/{program.name}", program.read_bytes(), RUNS)
    return packages.libraries(programs)


def _own_programs() -> Iterable[Path]:
    return sorted((FILES / "every/bin").iterdir())


def _config(packages: Unpacked, *env: str, **settings: object) -> dict[str, Any]:
    marks = {
        labels.WORKSHOP: labels.NAME,
        labels.STANDIN: f"made on this machine of {packages.origin} packages",
        labels.RECIPE: mark(),
    }
    return {"Env": [PATH, *env], "Labels": marks, "WorkingDir": "/" if env else "", **settings}


def _stamp(program: Path) -> int:
    return int(program.stat().st_mtime)  # the package's own time: the same wherever the package is
