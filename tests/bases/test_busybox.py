"""The busybox stand-in does what the official image does, as far as lesson, exercises and curiosity go."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from workshop.engine import labels

from .left_out import LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Engine, Server


@pytest.fixture(scope="module")
def box(engine: Engine, busybox: str) -> Iterator[Server]:
    """One container to try programs in; /new has the accounts as they were."""
    keep = "mkdir /new && cp -p /etc/passwd /etc/group /etc/shadow /new && exec httpd -f"
    with engine.serving(busybox, "sh", "-c", keep) as server:
        server.get()
        yield server


OFFICIAL = Path(__file__).with_name("data") / "busybox-1.37-programs.txt"
"""`busybox --list` of the official image (BusyBox 1.37: `make defconfig` with ar and inotifyd)."""


def test_every_official_program_is_there_or_knowingly_left_out(engine: Engine, busybox: str) -> None:
    official = set(OFFICIAL.read_text().split())
    left_out = {name for names in LEFT_OUT.values() for name in names.split()}
    here = set(engine.run(busybox, "ls", "/bin").split())
    assert official - here == left_out


def test_it_starts_a_shell_that_ends_without_input(engine: Engine, busybox: str) -> None:
    attrs = engine.inspect(busybox)
    assert attrs["Config"]["Cmd"] == ["sh"]
    assert not attrs["Config"]["Entrypoint"]
    assert not attrs["Config"]["WorkingDir"]
    assert [line.split("=")[0] for line in attrs["Config"]["Env"]] == ["PATH"]
    assert engine.run(busybox) == ""


def test_it_says_that_it_is_a_stand_in(engine: Engine, busybox: str, nginx: str) -> None:
    for image in (busybox, nginx):
        marks = engine.inspect(image)["Config"]["Labels"]
        assert marks[labels.WORKSHOP] == labels.NAME
        assert "packages" in marks[labels.STANDIN]
        assert "Stand-in" in engine.run(image, "cat", "/etc/os-release")


def test_a_shell_with_one_command_becomes_that_command(engine: Engine, busybox: str, nginx: str) -> None:
    for image in (busybox, nginx):
        processes = engine.run(image, "sh", "-c", "ps").splitlines()[1:]
        assert len(processes) == 1
        assert processes[0].split()[:2] == ["1", "root"]
        assert "ps" in processes[0]


def test_users_and_folders_are_those_of_the_official_image(engine: Engine, busybox: str) -> None:
    seen = engine.script(
        busybox,
        """id nobody; id www-data; id operator; cut -d: -f1,3 /etc/passwd | tr '\\n' ' '; echo
        stat -c '%a %U %n' /tmp /root /home /var/www /etc/shadow /usr/bin/env; head -n1 /etc/shadow""",
    )
    assert seen.splitlines() == [
        "uid=65534(nobody) gid=65534(nobody) groups=65534(nobody)",
        "uid=33(www-data) gid=33(www-data) groups=33(www-data)",
        "uid=37(operator) gid=37(operator) groups=37(operator)",
        "root:0 daemon:1 bin:2 sys:3 sync:4 mail:8 www-data:33 operator:37 nobody:65534 ",
        "1777 root /tmp",
        "700 root /root",
        "755 nobody /home",
        "755 www-data /var/www",
        "600 root /etc/shadow",
        "777 root /usr/bin/env",
        "root:*::0:::::",
    ]


ACCOUNTS = {
    "a user with a group and a home of its own": (
        "adduser -D app; id app; tail -n1 /etc/passwd; tail -n1 /etc/group; stat -c '%a %U:%G' /home/app; "
        "tail -n1 /etc/shadow | sed 's/[0-9]*:0:/DAY:0:/'",
        "uid=1000(app) gid=1000(app) groups=1000(app)\n"
        "app:x:1000:1000:Linux User,,,:/home/app:/bin/sh\napp:x:1000:\n2755 app:app\napp:!:DAY:0:99999:7:::",
    ),
    "no home": ("adduser -D -H app; ls -d /home/app", "ls: /home/app: No such file or directory"),
    "another home, shell, name and number": (
        "adduser -D -h /srv/x -s /bin/false -g 'An App' -u 4711 app; ls -d /srv/x; tail -n1 /etc/passwd",
        "adduser: /srv/x: No such file or directory\nls: /srv/x: No such file or directory\n"
        "app:x:4711:4711:An App:/srv/x:/bin/false",
    ),
    "the long options": (
        "adduser --disabled-password --no-create-home --uid 4711 --ingroup users app; id app",
        "uid=4711(app) gid=100(users) groups=100(users)",
    ),
    "a system user in a system group": (
        "addgroup -S svc; adduser -S -D -H -G svc svc; id svc; tail -n1 /etc/passwd; tail -n1 /etc/group",
        "uid=100(svc) gid=101(svc) groups=101(svc)\nsvc:x:100:101:Linux User,,,:/home/svc:/bin/false\nsvc:x:101:svc",
    ),
    "a group's number": ("addgroup -g 1234 team; tail -n1 /etc/group", "team:x:1234:"),
    "the first free numbers": (
        "adduser -D one; addgroup two; adduser -D three; tail -n3 /etc/group",
        "one:x:1000:\ntwo:x:1001:\nthree:x:1002:",
    ),
    "into a group, once": (
        "adduser -D app; addgroup team; addgroup app team; adduser app team; tail -n1 /etc/group",
        "team:x:1001:app",
    ),
    "out of a group": (
        "adduser -D app; addgroup team; addgroup app team; delgroup app team; tail -n1 /etc/group",
        "team:x:1001:",
    ),
    "a user is taken": ("adduser -D nobody; echo $?", "adduser: user 'nobody' in use\n1"),
    "a number is taken": ("adduser -D -u 33 app; echo $?", "adduser: uid '33' in use\n1"),
    "no such group": ("adduser -D -G nope app; echo $?", "adduser: unknown group nope\n1"),
    "the group's name is taken": ("adduser -D users; echo $?", "adduser: group 'users' in use\n1"),
    "a system user wants nogroup, which is not there": ("adduser -S app; echo $?", "adduser: unknown group nogroup\n1"),
    "a user goes, and its group, and its place in others": (
        "adduser -D app; addgroup team; addgroup app team; deluser --remove-home app; "
        "grep app /etc/passwd /etc/shadow /etc/group; ls /home; tail -n1 /etc/group",
        "default\nteam:x:1001:",
    ),
    "nobody's user": ("deluser app; echo $?", "deluser: unknown user app\n1"),
    "a group that a user still has": (
        "adduser -D app; delgroup app; echo $?",
        "delgroup: 'app' still has 'app' as their primary group!\n1",
    ),
    "a group goes": ("addgroup team; delgroup team; grep -c team /etc/group", "0"),
    "only root may": (
        "su -s /bin/sh nobody -c 'adduser -D app'; echo $?",
        "adduser: permission denied (are you root?)\n1",
    ),
    "a password can't be set without a terminal": ("adduser -H app </dev/null >/dev/null 2>&1; id -u app", "1000"),
    "a password": (
        "adduser -D app; echo app:secret | chpasswd; grep -c 'app:!' /etc/shadow",
        "chpasswd: password for 'app' changed\n0",
    ),
}


@pytest.mark.parametrize("case", ACCOUNTS)
def test_accounts_are_made_as_busybox_makes_them(box: Server, case: str) -> None:
    lines, expected = ACCOUNTS[case]
    as_new = "cp -p /new/* /etc/; rm -rf /home/[!d]*; exec 2>&1; cd /;"
    assert box.inside(f"{as_new} {lines}") == expected


SMALL = {
    "printenv": ("A=1 printenv A; printenv NOPE; echo $?", "1\n1"),
    "nohup": ("nohup echo on", "on"),
    "nice": ("nice; nice -n 5 nice; nice nice", "0\n5\n10"),
    "comm": ("seq 1 3 >a; seq 2 4 >b; comm a b; comm -12 a b", "1\n\t\t2\n\t\t3\n\t4\n2\n3"),
    "cksum": ("seq 1000 >a; cksum a; cksum </dev/null", "1830648734 3893 a\n4294967295 0"),
    "sum": ("seq 10 >a; sum a", "29633     1"),
    "split": (
        "seq 10 >a; split -l 4 a; cat xac; split -b 50k -a 3 /bin/busybox y; cat y* | cmp - /bin/busybox",
        "9\n10",
    ),
    "base32": ("printf hello | base32; printf hello | base32 | base32 -d", "NBSWY3DP\nhello"),
    "tsort": ("printf 'a b b c' | tsort", "a\nb\nc"),
    "mountpoint": ("mountpoint /proc; mountpoint -q /etc; echo $?", "/proc is a mountpoint\n1"),
    "hd": ("printf hi | hd | head -n1", "00000000  68 69                                             |hi|"),
    "install": (
        "install -d -m 700 -o nobody /x/y; echo 1 >a; install -m 640 a /x/y; install -D a /z/z/b; install -t /x a; "
        "stat -c '%a %U %n' /x/y /x/y/a /z/z/b /x/a",
        "700 nobody /x/y\n640 root /x/y/a\n755 root /z/z/b\n755 root /x/a",
    ),
    "pgrep, pkill": (
        "sleep 51 & sleep 52 & pgrep -x sleep | wc -l; pkill -n -x sleep; wait $!; pgrep -a -x sleep | cut -d' ' -f2-; "
        "pkill -KILL sleep; wait; pgrep -x sleep; echo $?; pgrep -v sl | grep -c '^1$'",
        "2\nsleep 51\n1\n1",
    ),
    "tree": ("mkdir -p /t/a; touch /t/a/b /t/c; tree /t", "/t\n├── a\n│   └── b\n└── c\n\n1 directories, 2 files"),
    "flock": ("flock /tmp/lock echo mine", "mine"),
    "envdir": ("mkdir e; echo v >e/K; envdir e printenv K", "v"),
    "getconf": ("getconf PAGE_SIZE", "4096"),
    "ipaddr": ("ipaddr | grep -c LOOPBACK", "1"),
    "pwdx": ("cd /tmp; pwdx $$ | cut -d: -f2", " /tmp"),
    "pstree": ("pstree | head -n1", "httpd"),
    "ttysize": ("ttysize", "80 24"),
    "find -delete": ("mkdir -p a/b; touch a/b/.env a/c; find . -name .env -delete; find a -type f", "a/c"),
    "tar, which sees what is compressed": (
        "echo 1 >a; echo 2 >b; tar czf x.tgz --exclude=b a b; mkdir o; tar xf x.tgz -C o; ls o; tar -tf x.tgz",
        "a\na",
    ),
    "wget -T": (
        "wget -q -T 2 -O - http://127.0.0.1/nope; echo $?; wget -qT2 -O- http://127.0.0.1/nope; echo $?; "
        "echo hi >/hi; cd /; wget -T 5 -qO- http://127.0.0.1/hi; wget -qO- --timeout=5 http://127.0.0.1/hi",
        "wget: server returned error: HTTP/1.1 404 Not Found\n1\n" * 2 + "hi\nhi",
    ),
    "nc -z": (
        "nc -z 127.0.0.1 80; echo $?; nc -zv -w 1 localhost 80; echo $?; nc -z 127.0.0.1 81 2>/dev/null; echo $?",
        "0\n0\n1",
    ),
    "nc -lk": (
        "nc -lk -p 8081 -e echo one & until nc -z 127.0.0.1 8081 2>/dev/null; do :; done; "
        "nc 127.0.0.1 8081 </dev/null; nc -w 2 127.0.0.1 8081 </dev/null; kill $!",
        "one\none",
    ),
    "netstat -p": ("netstat -tlnp | grep -c :80; netstat -tulpen | grep -c :80", "1\n1"),
    "pidof": ("pidof -s httpd; pidof -o 1 httpd; echo $?; pidof nope; echo $?", "1\n1\n1"),
    "shells": ("add-shell /bin/x; add-shell /bin/x; cat /etc/shells; remove-shell /bin/x; cat /etc/shells", "/bin/x"),
}


@pytest.mark.parametrize("program", SMALL)
def test_small_programs_work(box: Server, program: str) -> None:
    lines, expected = SMALL[program]
    assert box.inside(f"cd $(mktemp -d); exec 2>&1; {lines}") == expected.strip()


def test_its_web_server_serves_and_its_wget_knows_localhost(engine: Engine, busybox: str) -> None:
    serve = "mkdir /www && echo bananas >/www/index.html && exec httpd -f -p 8080 -h /www"
    with engine.serving(busybox, "sh", "-c", serve, port=8080) as server:
        assert server.get() == (200, "bananas\n")
        assert server.inside("wget -qO- http://localhost:8080") == "bananas"
        assert "httpd" in server.inside("cat /proc/1/cmdline")


@pytest.mark.parametrize("builder", ["classic", "buildkit"])
def test_it_can_be_built_on_without_a_network(engine: Engine, busybox: str, tmp_path: Path, builder: str) -> None:
    program = "docker" if builder == "classic" else "/usr/bin/docker"
    if not shutil.which(program):
        pytest.skip(f"no {program} here")
    (tmp_path / "Dockerfile").write_text(
        f"FROM {busybox}\nRUN adduser -D -H app && mkdir /data && chown app /data\nUSER app\n"
        "CMD touch /data/x && id -un\n"
    )
    with engine.built(tmp_path, program=program, buildkit=builder == "buildkit") as image:
        assert engine.run(image) == "app"
