"""Every mistake that the diagnosis is tested on: its files, the words behind `docker`, and what must be said of it.

What Docker said of it lies in `tests/recordings/CASE/`; `tests/record.py` records it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

BUSYBOX, NGINX = "FROM busybox\n", "FROM nginx:mainline-alpine\n"
NAME = "recorded-for-tests"
"""Image and container name of every case; removed again after each."""


@dataclass(frozen=True)
class Case:
    """One mistake: files, the words behind `docker`, and what the diagnosis must say about them."""

    name: str
    files: dict[str, str | bytes | None] = field(default_factory=dict)
    command: str = f"build -t {NAME} ."
    before: tuple[str, ...] = ()
    links: dict[str, str] = field(default_factory=dict)
    line: int | None = None
    detail: str = ""
    silent: tuple[str, ...] = ()  # builders that accept it
    tags: tuple[str, ...] = ("nginx:mainline-alpine", "busybox:latest")

    @property
    def reason(self) -> str:
        """The name in front of the dot."""
        return self.name.partition(".")[0]

    @property
    def builds(self) -> bool:
        """Whether a builder speaks, or only the client and the engine."""
        return self.command.startswith("build")


def build(
    name: str,
    dockerfile: str | bytes,
    line: int | None = None,
    *,
    detail: str = "",
    silent: str = "",
    **files: str | bytes,
) -> Case:
    """Make the usual case: one Dockerfile, built; in names of files "__" is a dot."""
    more = {key.replace("__", "."): value for key, value in files.items()}
    return Case(name, {"Dockerfile": dockerfile, **more}, line=line, detail=detail, silent=tuple(silent.split()))


def run(
    name: str, dockerfile: str, words: str, *before: str, line: int | None = None, detail: str = "", **files: str
) -> Case:
    """Make a case that builds quietly and then says `docker …`."""
    more = {key.replace("__", "."): value for key, value in files.items()}
    return Case(
        name, {"Dockerfile": dockerfile, **more}, words, (f"build -q -t {NAME} .", *before), line=line, detail=detail
    )


CASES = (
    Case("no-folder-named", command="build"),
    Case("dockerfile-missing", {"index.html": ""}),
    Case("dockerfile-missing.ending", {"Dockerfile.txt": BUSYBOX}, detail="other-name"),
    Case("dockerfile-missing.typo", {"Dokerfile": BUSYBOX}, detail="other-name"),
    Case("dockerfile-missing.flag", {"Dockerfile": BUSYBOX}, f"build -t {NAME} -f Other .", detail="other-name"),
    Case("dockerfile-is-a-folder", {"Dockerfile": None}),
    Case("folder-missing", command=f"build -t {NAME} docker-102"),
    Case("image-name-invalid.capitals", {"Dockerfile": BUSYBOX}, "build -t Banana .", detail="capitals"),
    Case("image-name-invalid.space", {"Dockerfile": BUSYBOX}, "build -t banana-smith/ ."),
    build("image-name-invalid.base", "FROM Busybox\n", 1, detail="capitals"),
    build("image-name-invalid.colon", "FROM busybox:\n", 1),
    build("unknown-instruction", BUSYBOX + "\nRNU echo hi\n", 3, detail="typo"),
    build("unknown-instruction.lost-backslash", BUSYBOX + "RUN echo a\n  && echo b\n", 3, detail="lost-backslash"),
    build("unknown-instruction.text", BUSYBOX + "CMD <<EOF\necho hi\nEOF\n", 3, detail="text-not-taken"),
    build("unknown-instruction.command", BUSYBOX + "\ncd /app\n", 3, detail="command"),
    build("unknown-instruction.no-blank", BUSYBOX + "\nWORKDIR=/app\n", 3, detail="no-blank"),
    build("unknown-instruction.fence", "```dockerfile\n" + BUSYBOX + "```\n", 1, detail="fence"),
    build("unknown-instruction.slashes", BUSYBOX + "// a note\n", 2, detail="slashes"),
    build("unknown-instruction.conflict", BUSYBOX + "<<<<<<< HEAD\nRUN true\n=======\n", 2, detail="conflict"),
    build("instruction-arguments.comment", "FROM busybox # small\n", 1, detail="comment"),
    build("instruction-arguments.equals", BUSYBOX + "ARG NAME = banana\n", 2, detail="equals"),
    build("instruction-arguments.two", "FROM busybox COPY index.html /\n", 1, detail="two"),
    build("instruction-arguments.blank", "FROM nginx: mainline-alpine\n", 1, detail="blank"),
    build(
        "file-not-in-image.before-its-copy",
        BUSYBOX + "WORKDIR /app\nRUN sed -i 's/\\r$//' app.sh\nCOPY app.sh .\n",
        3,
        app__sh="echo hi\r\n",
        detail="later",
    ),
    build("unknown-instruction.word", BUSYBOX + "RUN echo a\nbanana b\n", 3),
    build("unknown-instruction.invisible", BUSYBOX + "RUN\u00a0echo a\n", 2, detail="invisible-character"),
    build("unknown-instruction.utf-16", ("FROM busybox\n").encode("utf-16"), 1, detail="not-utf-8"),
    build("unknown-instruction.utf-16-without-mark", "FROM busybox\n".encode("utf-16-le"), 1, detail="not-utf-8"),
    build("null-byte", BUSYBOX + "COPY inde\0x.html /\n", 2, index__html=""),
    build("null-byte.command", BUSYBOX + "# a\0\nRUN echo a\0b\n", 3),
    build("null-byte.first-word", BUSYBOX + "C\0OPY index.html /\n", 2, index__html=""),
    build("before-from", "RUN echo hi\n" + BUSYBOX, 1),
    build("before-from.copy", "COPY a b\n", 1),
    build("dockerfile-empty", ""),
    build("dockerfile-empty.comments", "# nothing yet\n\n"),
    build("base-name-blank", "FROM ${BASE}\n", 1),
    build("base-image-not-here", "FROM registry.invalid/kitchen\n", 1),
    build("base-image-not-here.variable", "ARG TAG=1.0\nFROM busybox:${TAG}\n", 2, detail="other-tag"),
    build("base-image-not-here.latest", "FROM nginx\nRUN true\n", 1, detail="latest"),
    build("base-image-not-here.tag", "FROM nginx:mainline-alpin\nRUN true\n", 1, detail="other-tag"),
    build("base-image-not-here.name", "FROM bysubox\nRUN true\n", 1, detail="misspelt"),
    build("stage-name-unknown.base", BUSYBOX[:-1] + " AS kitchen\n" + "FROM kichen\n", 2, detail="misspelt"),
    build(
        "stage-name-unknown.from",
        BUSYBOX[:-1] + " AS kitchen\n" + BUSYBOX + "COPY --from=kichen /a /b\n",
        3,
        detail="misspelt",
    ),
    build(
        "base-image-not-here.platform",
        "FROM --platform=linux/s390x busybox\nRUN true\n",
        1,
        detail="platform",
        silent="classic",
    ),
    build("syntax-line-needs-network", "# syntax=docker/dockerfile:1\n" + BUSYBOX, 1, silent="classic"),
    build("copy-source-missing", BUSYBOX + "\nCOPY stlye.css /\n", 3, detail="typo", style__css=""),
    Case(
        "copy-source-missing.space",
        {"Dockerfile": BUSYBOX + "COPY index.html our menu.txt /x/\n", "index.html": "", "our menu.txt": ""},
        line=2,
        detail="space",
    ),
    build("copy-source-missing.nothing-like-it", BUSYBOX + "COPY style.css /\n", 2),
    build("copy-source-missing.shell", BUSYBOX + "COPY a.txt /a/ && ls\n", 2, detail="shell", a__txt=""),
    build("copy-source-missing.case", BUSYBOX + "COPY Index.html /\n", 2, detail="case", index__html=""),
    build("copy-source-missing.absolute", BUSYBOX + "COPY /home/me/style.css /\n", 2, detail="absolute", style__css=""),
    build(
        "copy-source-missing.ignored",
        BUSYBOX + "COPY style.css /\n",
        2,
        detail="ignored",
        style__css="",
        __dockerignore="*.css\n",
    ),
    build("copy-source-missing.one-of-two", BUSYBOX + "COPY a.txt b.txt /d/\n", 2, a__txt=""),
    Case(
        "copy-source-missing.elsewhere",
        {"Dockerfile": BUSYBOX + "COPY style.css /\n", "css/style.css": ""},
        line=2,
        detail="elsewhere",
    ),
    Case(
        "copy-source-missing.link",
        {"Dockerfile": BUSYBOX + "COPY link /l/\n"},
        links={"link": "gone"},
        line=2,
        detail="dangling-link",
    ),
    build(
        "copy-source-missing.stage",
        BUSYBOX[:-1] + " AS a\n" + BUSYBOX + "COPY --from=a /oven/cake /\n",
        3,
        detail="not-in-stage",
    ),
    build(
        "copy-source-missing.kept",
        BUSYBOX[:-1] + " AS a\nONBUILD RUN mkdir /oven\n" + BUSYBOX + "COPY --from=a /oven /oven\n",
        4,
        detail="kept",
    ),
    build(
        "copy-source-missing.image",
        BUSYBOX[:-1] + " AS a\nRUN mkdir /oven\n" + NGINX + "COPY --from=busybox /oven /oven\n",
        4,
        detail="not-in-image",
    ),
    build(
        "copy-source-missing.in-stage",
        BUSYBOX[:-1] + " AS a\nRUN mkdir /oven\n" + BUSYBOX + "COPY /oven /oven\n",
        4,
        detail="in-stage",
    ),
    build(
        "copy-source-missing.option",
        BUSYBOX[:-1] + " AS a\n" + BUSYBOX + "COPY /etc/passwd --from=a /etc/\n",
        3,
        detail="option",
    ),
    build("copy-source-missing.comment", BUSYBOX + "COPY a.txt /d/ # why\n", 2, detail="comment", a__txt=""),
    build("copy-source-missing.order", BUSYBOX + "COPY /usr/www/ a.txt\n", 2, detail="order", a__txt=""),
    build("copy-source-missing.order.dot", BUSYBOX + "COPY /usr/www/ .\n", 2, detail="order", a__txt=""),
    build("quote-not-closed.files", BUSYBOX + 'COPY "a.txt b.txt" /d/\n', 2, detail="files", a__txt="", b__txt=""),
    build("copy-source-missing.list", BUSYBOX + "COPY ['a.txt', '/d/']\n", 2, detail="list", silent="buildkit"),
    build("copy-source-missing.backslash", BUSYBOX + "COPY .\\a.txt /d/\n", 2, detail="backslash", a__txt=""),
    build("copy-source-missing.joining-word", BUSYBOX + "COPY a.txt to /d/\n", 2, detail="joining-word", a__txt=""),
    build("copy-outside-folder", BUSYBOX + "COPY ../style.css /\n", 2),
    build("address-not-reached", BUSYBOX + "ADD https://example.invalid/style.css /\n", 2),
    build("copy-pattern-matches-nothing", BUSYBOX + "COPY *.nope /d/\n", 2, silent="buildkit"),
    build("copy-needs-folder", BUSYBOX + "COPY a.txt b.txt /d\n", 2, a__txt="", b__txt="", silent="buildkit"),
    build("copy-needs-folder.space", BUSYBOX + "COPY a.txt / d\n", 2, detail="space", a__txt=""),
    build("copy-needs-destination", BUSYBOX + "COPY style.css\n", 2, style__css=""),
    build("copy-takes-no-address", BUSYBOX + "COPY http://example.org/x /\n", 2),
    Case("copy-folder-onto-file", {"Dockerfile": BUSYBOX + "COPY d /bin/sh\n", "d/x": ""}, line=2),
    build("copy-needs-destination.add", BUSYBOX + 'ADD ["style.css"]\n', 2, style__css=""),
    build("file-instead-of-folder", BUSYBOX + "COPY a.sh /app\nWORKDIR /app\n", 3, detail="copied", a__sh=""),
    build("file-instead-of-folder.below", BUSYBOX + "COPY a.sh /app\nWORKDIR /app/d\n", 3, detail="copied", a__sh=""),
    build("file-instead-of-folder.copy", BUSYBOX + "ADD a.sh app\nCOPY a.sh /app/\n", 3, detail="copied", a__sh=""),
    build("file-instead-of-folder.run", BUSYBOX + "RUN touch /app\nWORKDIR /app\n", 3),
    build("run-step-failed", BUSYBOX + "RUN echo one; false\n", 2),
    build("run-step-failed.said", BUSYBOX + "RUN tar -xf /dev/null\n", 2, detail="said"),
    build("list-was-not-json.run", BUSYBOX + "RUN ['echo', 'hi']\n", 2),
    build("list-was-not-json.run-no-quotes", BUSYBOX + "RUN [echo, hi]\n", 2),
    build("list-was-not-json.run-no-spaces", BUSYBOX + "RUN ['echo','hi']\n", 2),
    build("list-was-not-json.test", BUSYBOX + "RUN if [-f /x ]; then true; else false; fi\n", 2, detail="test"),
    build("file-not-in-image", BUSYBOX + "RUN cat /no/such/file\n", 2),
    build("file-not-in-image.folder", BUSYBOX + "RUN tar -cf /a.tar -C /www .\n", 2),
    build("file-not-in-image.not-copied", BUSYBOX + "RUN cp index.html /\n", 2, detail="not-copied", index__html=""),
    build("file-not-in-image.outside", BUSYBOX + "RUN cp ../a.txt /\n", 2, detail="outside", a__txt=""),
    build("file-not-in-image.later", BUSYBOX + "RUN sh a.sh\nCOPY a.sh /\n", 2, detail="later", a__sh=""),
    build("file-not-in-image.folder-later", BUSYBOX + "RUN chown 1 /data\nRUN mkdir /data\n", 2, detail="later"),
    build(
        "file-not-in-image.elsewhere", BUSYBOX + "COPY a.sh /x/\nRUN chmod +x a.sh\n", 3, detail="elsewhere", a__sh=""
    ),
    build(
        "file-not-in-image.backslash",
        BUSYBOX + "WORKDIR /x\nCOPY a.sh \\x\\a.sh\nRUN chmod +x a.sh\n",
        4,
        detail="backslash",
        a__sh="",
    ),
    build(
        "file-not-in-image.ignored",
        BUSYBOX + "COPY . .\nRUN sed -n 1p a.txt\n",
        3,
        detail="ignored",
        a__txt="",
        __dockerignore="*.txt\n",
    ),
    build(
        "file-not-in-image.ignored-pattern",
        BUSYBOX + "COPY c /src/c\nRUN ls /src/c/*.txt\n",
        3,
        detail="ignored",
        __dockerignore="**/*.txt\n",
        **{"c/a.txt": "", "c/a.csv": ""},
    ),
    build(
        "file-not-in-image.other-stage",
        BUSYBOX[:-1] + " AS a\nRUN mkdir /oven\n" + BUSYBOX + "RUN cp -r /oven /www\n",
        4,
        detail="other-stage",
    ),
    build("file-not-in-image.kept", BUSYBOX + "ONBUILD COPY a.sh /\nRUN sh /a.sh\n", 3, detail="kept", a__sh=""),
    build("folder-not-in-image.stage", BUSYBOX + NGINX + BUSYBOX + "RUN mkdir /a/b\n", 4, detail="stage"),
    build("adduser-asks", BUSYBOX + "RUN adduser app\n", 2),
    build("group-unknown", BUSYBOX + "RUN adduser -S app\n", 2),
    build("user-tool-missing", BUSYBOX + "RUN useradd app\n", 2),
    build(
        "script-wants-words",
        BUSYBOX + "COPY a.sh /\nRUN sh a.sh one\n",
        3,
        a__sh="echo ${1:?what for} ${2:?where to}\n",
    ),
    build("windows-line-endings", BUSYBOX + "COPY a.sh /\nRUN sh a.sh\n", 3, a__sh="set -eu\r\necho hi\r\n"),
    build("tool-missing-in-image.bash", BUSYBOX + "RUN bash -c ls\n", 2, detail="language"),
    build("user-unknown.run", BUSYBOX + "RUN chown ap /etc\n", 2),
    build("platform-invalid", "FROM --platform=$NOTHING busybox\nCOPY a.txt /\n", 1, a__txt=""),
    build("flag-without-value", BUSYBOX[:-1] + " AS a\n" + BUSYBOX + "COPY --from a /etc/passwd /\n", 3),
    build("flag-needs-buildkit.recent", BUSYBOX + "COPY --link a.txt /\n", 2, detail="recent", a__txt=""),
    build("stage-name-unknown.nobody", BUSYBOX + BUSYBOX + "COPY --from=kitchen /out /out\n", 3, detail="nobody"),
    build(
        "stage-name-unknown.other", "FROM busybox AS b\nFROM busybox\nCOPY --from=kitchen /o /\n", 3, detail="nobody"
    ),
    build("folder-not-in-image", BUSYBOX + "RUN echo hi > /www/hi\n", 2),
    build("folder-not-in-image.mkdir", BUSYBOX + "RUN mkdir /a/b\n", 2),
    build("folder-not-in-image.touch", BUSYBOX + "RUN touch /a/b\n", 2),
    build("run-step-failed.not-found", BUSYBOX + "RUN bananify\n", 2, detail="127"),
    build("program-not-found.run", BUSYBOX + 'RUN ["bananify"]\n', 2),
    build("run-step-failed.not-executable", BUSYBOX + "RUN echo >/x; /x\n", 2, detail="126"),
    build("run-step-failed.syntax", BUSYBOX + "RUN if true\n", 2, detail="2"),
    build("run-step-failed.continued", BUSYBOX + "RUN true && \\\n  true\nRUN true && \\\n    exit 3\n", 4),
    build("run-step-failed.killed", BUSYBOX + "RUN sh -c 'kill -9 $$'; exit $?\n", 2, detail="137"),
    build("instruction-inside-run", BUSYBOX + "RUN echo a && \\\n COPY a b\n", 2),
    build("package-tool-missing", BUSYBOX + "RUN apt-get update\n", 2),
    build("no-network-in-build", BUSYBOX + "RUN wget http://deb.debian.invalid/\n", 2),
    build("flag-needs-buildkit", BUSYBOX + "COPY --chmod=755 a.sh /\n", 2, detail="mode", a__sh="", silent="buildkit"),
    build(
        "flag-needs-buildkit.mount",
        BUSYBOX + "RUN --mount=type=cache,target=/c true\n",
        2,
        detail="mount",
        silent="buildkit",
    ),
    build("flag-needs-buildkit.exclude", BUSYBOX + "COPY --exclude=b . /\n", 2, detail="exclude"),
    build("unknown-flag", BUSYBOX + "COPY --form=a b c\n", 2),
    build("heredoc-not-understood", BUSYBOX + "RUN <<EOF\necho hi\nEOF\n", 3, silent=""),
    build(
        "stage-name-unknown.later",
        BUSYBOX[:-1] + " AS one\nCOPY --from=two /a /b\n" + BUSYBOX[:-1] + " AS two\nCOPY --from=one /b /\n",
        2,
        detail="later",
    ),
    Case("stage-name-unknown.target", {"Dockerfile": BUSYBOX}, f"build -t {NAME} --target kichen ."),
    build("stage-name-unknown.number", BUSYBOX + "COPY --from=3 /a /b\n", 2),
    build("stage-name-unknown.self", BUSYBOX[:-1] + " AS one\nCOPY --from=one /a /b\n", 2, detail="itself"),
    Case(
        "build-arg-not-used",
        {"Dockerfile": BUSYBOX},
        f"build -t {NAME} --build-arg VERSION=1 .",
        silent=("buildkit", "classic"),
    ),
    build("user-unknown", BUSYBOX + "USER app\nRUN true\n", 3),
    build("user-unknown.chown", BUSYBOX + "COPY --chown=app a.txt /\n", 2, silent="buildkit", a__txt=""),
    build("permission-denied-in-build", BUSYBOX + "USER nobody\nRUN mkdir /app\n", 3),
    build("disk-full", BUSYBOX + "RUN echo hi >/dev/full && dd if=/dev/zero of=/dev/full\n", 2),
    build("instruction-arguments.from", "FROM busybox kitchen\n", 1),
    build("instruction-arguments.workdir", BUSYBOX + "WORKDIR\n", 2),
    build("instruction-arguments.env", BUSYBOX + "ENV NAME\n", 2),
    build("instruction-arguments.label", BUSYBOX + "LABEL a=b c\n", 2),
    build("instruction-arguments.json", BUSYBOX + 'CMD ["a", 1]\n', 2, detail="bare"),
    build("quote-not-closed", BUSYBOX + 'LABEL "version: 1"\n', 2),
    build("instruction-arguments.health", BUSYBOX + "HEALTHCHECK wget\n", 2),
    build("instruction-arguments.shell", BUSYBOX + "SHELL bash\n", 2),
    build("instruction-arguments.port", BUSYBOX + "EXPOSE eighty\n", 2),
    build("instruction-arguments.signal", BUSYBOX + "STOPSIGNAL SIGBANANA\n", 2),
    build("dockerignore-invalid", BUSYBOX + "COPY . /d/\n", __dockerignore="!\n"),
    build("dockerignore-invalid.backslash", BUSYBOX + "COPY . /d/\n", detail="backslash", __dockerignore="notes\\\n"),
    build(
        "dockerignore-invalid.utf-16",
        BUSYBOX + "COPY . /d/\n",
        detail="not-utf-8",
        silent="classic",
        __dockerignore="notes\n".encode("utf-16"),
    ),
    run("image-not-here", BUSYBOX, "run --rm banana-smith-imgae", detail="misspelt"),
    run("container-name-taken", BUSYBOX, f"run --name {NAME} {NAME} true", f"create --name {NAME} {NAME}"),
    run("container-still-running", BUSYBOX, f"rm {NAME}", f"run -d --name {NAME} {NAME} sleep 60"),
    run("image-in-use", BUSYBOX + "LABEL a=b\n", f"rmi {NAME}", f"create --name {NAME} {NAME}"),
    run(
        "port-taken-by-container",
        BUSYBOX,
        f"run --rm -p 127.0.0.1:48123:80 {NAME} true",
        f"run -d --name {NAME} -p 127.0.0.1:48123:80 {NAME} sleep 60",
    ),
    run("container-not-here", BUSYBOX, f"logs {NAME}-nowhere"),
    run("container-not-running", BUSYBOX, f"exec {NAME} true", f"create --name {NAME} {NAME} true"),
    run("port-not-published", BUSYBOX, f"port {NAME} 80", f"run -d --name {NAME} {NAME} sleep 60"),
    run("program-not-found", BUSYBOX, f"run --rm {NAME} Good morning"),
    run("program-not-found.built-in", BUSYBOX + 'CMD ["cd", "/"]\n', f"run --rm {NAME}", line=2, detail="built-in"),
    run("program-not-found.path", BUSYBOX, f"run --rm {NAME} /start.sh", detail="path"),
    run(
        "program-not-found.nothing",
        'FROM scratch\nCOPY a /\nCMD ["cat", "/a"]\n',
        f"run --rm {NAME}",
        line=3,
        detail="nothing",
        a="",
    ),
    run(
        "program-not-found.backslash",
        BUSYBOX + 'CMD ["\\\\app\\\\a.sh"]\n',
        f"run --rm {NAME}",
        line=2,
        detail="backslash",
    ),
    run("option-unknown", BUSYBOX + 'CMD ["httpd", "--fore"]\n', f"run --rm {NAME}", line=2),
    run(
        "program-not-found.one-string", BUSYBOX + 'CMD ["httpd -f"]\n', f"run --rm {NAME}", line=2, detail="one-string"
    ),
    run("program-not-executable", BUSYBOX + "RUN echo '#!/bin/sh' >/start.sh\n", f"run --rm {NAME} /start.sh"),
    run(
        "interpreter-missing",
        BUSYBOX + "COPY s.sh /s.sh\nRUN chmod +x /s.sh\n",
        f"run --rm {NAME} /s.sh",
        s__sh="#!/bin/bash\n",
    ),
    run("wrong-kind-of-program", BUSYBOX + "RUN echo hi >/s && chmod +x /s\n", f"run --rm {NAME} /s"),
    run("program-not-found.entrypoint", NGINX, f"run --rm {NAME} /bin/bash", detail="bash"),
    run("list-was-not-json.with-words", BUSYBOX + "ENTRYPOINT ['sh', '-c']\n", f"run --rm {NAME} WORD", line=2),
    run("program-not-found.nginx", NGINX + 'CMD ["nginx -g x"]\n', f"run --rm {NAME}", line=2, detail="one-string"),
    run("nginx-option-unknown", NGINX + "CMD nginx -g daemon off;\n", f"run --rm {NAME}", line=2),
    run("list-was-not-json", BUSYBOX + "CMD ['httpd', '-f']\n", f"run --rm {NAME}", line=2),
    run("no-command", "FROM scratch\nCOPY a /\n", f"run --rm {NAME}", a=""),
    run(
        "nginx-config-refused",
        NGINX + "COPY my.conf /etc/nginx/nginx.conf\n",
        f"run --rm {NAME}",
        my__conf="server {\n  listen 80;\n}\n",
    ),
    run("nginx-may-not-write", NGINX + "USER nginx\n", f"run --rm {NAME}", line=2),
    run("tool-missing-in-image", BUSYBOX, f"run --rm {NAME} sh -c 'curl http://127.0.0.1/'"),
    run("nothing-listens", BUSYBOX, f"run --rm {NAME} wget -q -O - http://127.0.0.1:81/"),
    run("name-does-not-resolve", BUSYBOX, f"run --rm {NAME} wget -q -O - http://banana.invalid/"),
    run("image-name-invalid.run", BUSYBOX, "run --rm Banana", detail="capitals"),
    Case("engine-not-running", command="-H unix:///nowhere/docker.sock ps"),
    Case("engine-not-running.tcp", command="-H tcp://127.0.0.1:1 ps"),
)
