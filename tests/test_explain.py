"""Each instruction is told in plain words, with what is doubtful and where; never raises."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dockerfile_corpus import CORPUS
from workshop.dockerfile import Dockerfile, parse
from workshop.dockerfile.model import KEYWORDS
from workshop.explain import Explanation, explain
from workshop.explain.about import ABOUT, WHEN
from workshop.explain.shell import commands


def told(text: str) -> Explanation:
    return explain(parse(text))[-1]


@pytest.mark.parametrize(
    ("line", "says", "when", "layer"),
    [
        (
            "FROM nginx:mainline-alpine AS web",
            "Starts from the image “nginx:mainline-alpine”, and calls this stage “web”.",
            "build",
            False,
        ),
        ("FROM scratch", "Starts from nothing at all.", "build", False),
        ("FROM one", "Starts from what the stage above made of “one”.", "build", False),
        (
            "RUN apk add  curl",
            "Runs a shell with the line “apk add curl”, and keeps the files that it changes.",
            "build",
            True,
        ),
        (
            'RUN ["a", "b", "c"]',
            "Runs the program “a” with “b” and “c”, and keeps the files that it changes.",
            "build",
            True,
        ),
        ("RUN <<E\na\nb\nE", "Runs a script of 2 lines, and keeps the files that it changes.", "build", True),
        ("COPY a b /c/", "Copies “a” and “b” from your folder to “/c/” in the image.", "build", True),
        (
            "COPY --chown=nginx --from=one /a /b",
            "Copies “/a” from “one” to “/b” in the image, owned by nginx.",
            "build",
            True,
        ),
        ("COPY <<E /x\nhi\nE", "Copies the text below to “/x” in the image.", "build", True),
        (
            "ADD http://example.org/x /x",
            "Copies what it finds at “http://example.org/x” to “/x” in the image.",
            "build",
            True,
        ),
        (
            "WORKDIR /app",
            "Makes the folder “/app” if it is missing, and stays in it: here, and in the container.",
            "both",
            True,
        ),
        (
            'CMD ["nginx", "-g", "daemon off;"]',
            "Starts the program “nginx” with “-g” and “daemon off;”, unless other words stand behind the image's name.",
            "start",
            False,
        ),
        (
            "CMD httpd -f",
            "Starts a shell with the line “httpd -f”, unless other words stand behind the image's name.",
            "start",
            False,
        ),
        (
            'ENTRYPOINT ["say"]',
            "Always starts the program “say”; words behind the image's name, or else CMD, follow.",
            "start",
            False,
        ),
        ("ENTRYPOINT say", "Always starts a shell with the line “say”.", "start", False),
        (
            "ENV A=1 B='two words'",
            "Sets “A=1” and “B=two words” for the steps below and for every container.",
            "both",
            False,
        ),
        (
            "ARG VERSION=1",
            "Declares “VERSION” for the rest of this stage; --build-arg can set it, and no container sees it.",
            "build",
            False,
        ),
        (
            "EXPOSE 80",
            "Notes that the server listens on port “80”; -P publishes it, this line alone does not.",
            "start",
            False,
        ),
        ("USER nginx", "From here on “nginx” runs the commands, and the container too.", "both", False),
        ("LABEL a=b", "Notes “a=b” on the image.", "never", False),
        (
            "HEALTHCHECK --interval=5s CMD wget x",
            "Every 5s runs a shell with the line “wget x” in the container: 0 is healthy, 1 is not.",
            "start",
            False,
        ),
        ("HEALTHCHECK NONE", "Switches off the health check of the base image.", "start", False),
        ("STOPSIGNAL SIGQUIT", "Makes docker stop send “SIGQUIT” to the main process.", "start", False),
        ("VOLUME /data", "Keeps what is under “/data” in a volume, outside the container.", "start", False),
        (
            'SHELL ["/bin/bash", "-c"]',
            "From here on “/bin/bash” and “-c” runs the commands that are not lists.",
            "both",
            False,
        ),
        ("ONBUILD RUN x", "Keeps this RUN for the build of an image that starts from this one.", "later", False),
        ("MAINTAINER Banana Smith", "Notes “Banana Smith” as the author.", "never", False),
    ],
)
def test_each_instruction_is_told_with_its_own_words(line: str, says: str, when: str, layer: bool) -> None:
    found = told(f"FROM busybox:1 AS one\n{line}\n")
    assert found.says == says
    assert (found.when, found.layer) == (when, layer)
    assert found.first_line == 2


def test_the_table_has_every_instruction() -> None:
    assert set(ABOUT) == set(KEYWORDS)
    assert {about.when for about in ABOUT.values()} == set(WHEN)


def test_cmd_behind_entrypoint_is_its_words() -> None:
    found = told('FROM busybox:1\nENTRYPOINT ["echo"]\nCMD ["Good", "morning"]\n')
    assert found.says == "Gives the ENTRYPOINT “Good” and “morning”, unless other words stand behind the image's name."


NGINX, BUSYBOX, DEBIAN = "FROM nginx:mainline-alpine\n", "FROM busybox:1\n", "FROM debian:12\n"
TWO = "FROM busybox:1 AS one\nRUN x\nFROM busybox:1\n"
DOUBTS = [
    ("FROM nginx\n", "latest-tag", 1, "nginx"),
    ("FROM nginx:latest\n", "latest-tag", 1, "nginx:latest"),
    ("FROM python\n", "latest-tag", 1, "python"),
    ("FROM --platform=linux/amd64 nginx:1\n", "platform-fixed", 1, "--platform"),
    ("FROM nginx:${TAG}\n", "base-name-blank", 1, "${TAG}"),
    (TWO, "stage-not-used", 1, "FROM"),
    (BUSYBOX + "RUN cd /app\n", "cd-ends-with-step", 2, "cd "),
    (BUSYBOX + "RUN mkdir /app && cd /app\n", "cd-ends-with-step", 2, "cd "),
    (BUSYBOX + "RUN export A=1\n", "export-ends-with-step", 2, "export"),
    (NGINX + "RUN nginx -g 'daemon off;'\n", "server-in-run", 2, "nginx"),
    (NGINX + "RUN service nginx start\n", "server-in-run", 2, "service"),
    (BUSYBOX + "RUN echo a && \\\n  COPY a b\n", "instruction-inside-run", 3, "COPY"),
    (NGINX + "RUN apt-get update && apt-get install -y curl\n", "package-tool-of-another-system", 2, "apt-get"),
    (BUSYBOX + "RUN apk add curl\n", "package-tool-of-another-system", 2, "apk"),
    (DEBIAN + "RUN apk add curl\n", "package-tool-of-another-system", 2, "apk"),
    ("FROM alpine:3 AS a\nFROM a\nRUN apt install x\n", "package-tool-of-another-system", 3, "apt"),
    (DEBIAN + "RUN apt-get update\n", "update-alone", 2, "update"),
    (DEBIAN + "RUN apt-get install -y curl\n", "install-without-update", 2, "install"),
    (DEBIAN + "RUN apt-get update && apt-get install curl\n", "install-asks", 2, "install"),
    (DEBIAN + "RUN sudo mkdir /x\n", "sudo-in-run", 2, "sudo"),
    (DEBIAN + "RUN curl http://x | sh\n", "pipe-hides-failure", 2, "curl"),
    (BUSYBOX + "COPY key.txt /srv/\nRUN rm /srv/key.txt\n", "removed-too-late", 3, "/srv/key.txt"),
    (BUSYBOX + "RUN dd of=/big\nRUN rm -f /big\n", "removed-too-late", 3, "/big"),
    (BUSYBOX + "RUN ['a', 'b']\n", "list-is-not-json", 2, "["),
    (BUSYBOX + 'RUN ["echo", "$HOME"]\n', "list-expands-nothing", 2, "$HOME"),
    (BUSYBOX + "COPY ../a /b\n", "copy-outside-folder", 2, "../a"),
    (BUSYBOX + "COPY /home/me/a /b\n", "copy-from-disk", 2, "/home/me/a"),
    (BUSYBOX + "COPY http://x/y /b\n", "copy-takes-no-address", 2, "http://x/y"),
    (BUSYBOX + "COPY . /app/\n", "copies-everything", 2, "."),
    (BUSYBOX + "COPY a /b # why\n", "comment-behind", 2, "#"),
    (BUSYBOX + "COPY a b /c\n", "copy-needs-folder", 2, "/c"),
    (BUSYBOX + "COPY a b\n", "copy-goes-anywhere", 2, "b"),
    (BUSYBOX[:-1] + " AS kitchen\n" + BUSYBOX + "COPY --from=kichen /a /b\n", "stage-name-unknown", 3, "kichen"),
    (BUSYBOX[:-1] + " AS a\nCOPY --from=b /a /b\n" + BUSYBOX[:-1] + " AS b\n", "stage-name-unknown", 2, "b"),
    (BUSYBOX + "ADD a /b\n", "add-where-copy-does", 2, "ADD"),
    (BUSYBOX + "ADD a.tar.gz /b\n", "add-unpacks", 2, "a.tar.gz"),
    (BUSYBOX + "WORKDIR app\n", "workdir-relative", 2, "app"),
    (BUSYBOX + "WORKDIR ~/app\n", "workdir-home", 2, "~/app"),
    (BUSYBOX + "CMD a\nCMD b\n", "only-last-counts", 2, "CMD"),
    (BUSYBOX + "CMD ['httpd', '-f']\n", "list-is-not-json", 2, "["),
    (BUSYBOX + 'CMD ["httpd -f"]\n', "one-string", 2, "["),
    (NGINX + "CMD nginx\n", "goes-to-background", 2, "nginx"),
    (BUSYBOX + 'CMD ["httpd", "-p", "80"]\n', "goes-to-background", 2, "httpd"),
    (BUSYBOX + "CMD sleep 9 &\n", "goes-to-background", 2, "sleep"),
    (BUSYBOX + "ENTRYPOINT a\nENTRYPOINT b\n", "only-last-counts", 2, "ENTRYPOINT"),
    (BUSYBOX + "ENTRYPOINT echo\n", "entrypoint-swallows-words", 2, "ENTRYPOINT"),
    (BUSYBOX + "ENV API_TOKEN=x\n", "secret-in-image", 2, "API_TOKEN"),
    (BUSYBOX + "ARG DB_PASSWORD\n", "secret-in-image", 2, "DB_PASSWORD"),
    (BUSYBOX + "ENV a b\n", "old-style", 2, "ENV"),
    (BUSYBOX + "ENV PATH=/app\n", "path-replaced", 2, "PATH"),
    ("ARG V=1\n" + BUSYBOX + "RUN echo $V\n", "arg-outside-stage", 3, "$V"),
    (BUSYBOX + "EXPOSE 8080:80\n", "expose-is-no-mapping", 2, "8080:80"),
    (BUSYBOX + "EXPOSE eighty\n", "expose-is-no-port", 2, "eighty"),
    (BUSYBOX + "USER root\n", "ends-as-root", 2, "root"),
    (BUSYBOX + "HEALTHCHECK CMD wget http://localhost/\n", "localhost-can-be-ipv6", 2, "localhost"),
    (BUSYBOX + "HEALTHCHECK CMD curl http://x/\n", "tool-not-in-base", 2, "curl"),
    (BUSYBOX + "HEALTHCHECK CMD a\nHEALTHCHECK CMD b\n", "only-last-counts", 2, "HEALTHCHECK"),
    (BUSYBOX + "STOPSIGNAL SIGKILL\n", "signal-kills", 2, "SIGKILL"),
    (BUSYBOX + "VOLUME /data\nRUN touch /data/x\n", "volume-too-early", 2, "/data"),
    (BUSYBOX + "MAINTAINER me\n", "maintainer-is-old", 2, "MAINTAINER"),
    (BUSYBOX + "LABEL a b\n", "old-style", 2, "LABEL"),
    (BUSYBOX + "ONBUILD RUN cd /x\n", "cd-ends-with-step", 2, "cd "),
    (BUSYBOX + "RNU x\n", "unknown-instruction", 2, "RNU"),
]


@pytest.mark.parametrize(("text", "name", "line", "shown"), DOUBTS, ids=[doubt[1] for doubt in DOUBTS])
def test_what_is_doubtful_is_named_at_its_place(text: str, name: str, line: int, shown: str) -> None:
    file = parse(text)
    found = [doubt for one in explain(file) for doubt in one.doubts if doubt.name == name]
    assert found, [doubt.name for one in explain(file) for doubt in one.doubts]
    span = found[0].span
    assert span.line == line
    assert file.line(line)[span.start - 1 : span.end - 1] == shown
    assert found[0].message.endswith(".") or "?" in found[0].message
    assert "{" not in found[0].message.replace("${", "")


GOOD = [
    "FROM busybox\nCOPY www/ /www/\n",
    "FROM nginx:mainline-alpine\nCOPY index.html style.css /usr/share/nginx/html/\nEXPOSE 80\n",
    "FROM nginx:mainline-alpine\nRUN rm /etc/nginx/conf.d/*\nCOPY wassup.conf /etc/nginx/conf.d/\n",
    'FROM busybox:1\nWORKDIR /www\nCOPY index.html .\nCMD ["httpd", "-f", "-p", "8080"]\n',
    'FROM nginx:mainline-alpine\nCMD ["nginx", "-g", "daemon off;"]\n',
    "FROM debian:12\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n",
    "FROM debian:12\nRUN <<EOF\n# COPY\napt-get update\napt-get install -y curl\nEOF\n",
    "FROM busybox:1 AS kitchen\nRUN echo cake >/cake\nFROM nginx:mainline-alpine\nCOPY --from=kitchen /cake /srv/\n",
    'FROM busybox:1\nCOPY run.sh /run.sh\nENTRYPOINT ["/run.sh"]\nCMD ["serve"]\n',
    "ARG TAG=1\nFROM busybox:${TAG}\nARG TAG\nLABEL tag=$TAG\n",
    "FROM busybox:1\nRUN cd /tmp && touch a\nHEALTHCHECK CMD wget -q -O /dev/null http://127.0.0.1:80/\nUSER 1000\n",
    'FROM busybox:1\nENV PATH=/app:$PATH\nCMD ["sh", "-c", "echo $PATH && sleep 1"]\n',
]


@pytest.mark.parametrize("text", GOOD)
def test_a_good_file_raises_no_doubt(text: str) -> None:
    assert [doubt.name for one in explain(parse(text)) for doubt in one.doubts] == []


def test_what_is_proposed_is_the_same_image() -> None:
    better = [explain(parse(f"FROM {name}\n"))[0].doubts[0].better for name in ("nginx", "team/python")]
    assert better == [
        "Name a tag, such as nginx:mainline-alpine.",
        "Name a tag: team/python:… and a version that there is.",
    ]


def test_what_the_older_builder_does_not_know_is_doubtful_only_there() -> None:
    text = "FROM busybox:1\nCOPY --chmod=755 a /a\nRUN <<E\nx\nE\n"
    assert [doubt.name for one in explain(parse(text)) for doubt in one.doubts] == []
    names = [doubt.name for one in explain(parse(text), buildkit=False) for doubt in one.doubts]
    assert names == ["needs-buildkit", "needs-buildkit"]


def test_directives_are_explained_too() -> None:
    found = explain(parse("# syntax=docker/dockerfile:1\n# escape=`\nFROM busybox:1\n"))
    assert [(one.keyword, one.first_line, [doubt.name for doubt in one.doubts]) for one in found] == [
        ("# syntax", 1, ["syntax-line-needs-network"]),
        ("# escape", 2, []),
        ("FROM", 3, []),
    ]


def test_a_shell_line_is_cut_into_its_commands() -> None:
    found = commands("A=1 /bin/x 'a && b' \"c;d\" 2>&1 && y || z | w; v & u >f 2>&1\nt")
    assert [(one.program, one.then) for one in found] == [
        ("x", "&&"),
        ("y", "||"),
        ("z", "|"),
        ("w", ";"),
        ("v", "&"),
        ("u", "\n"),
        ("t", ""),
    ]


def places_hold(file: Dockerfile) -> None:
    """Assert that every doubt points into the file."""
    lines = len(file.lines)
    for one in explain(file, buildkit=False):
        assert one.says
        assert 1 <= one.first_line <= one.last_line <= lines
        for doubt in one.doubts:
            assert one.first_line <= doubt.span.line <= one.last_line
            assert 1 <= doubt.span.start < doubt.span.end


@pytest.mark.parametrize("name", CORPUS)
def test_every_file_of_the_corpus_can_be_explained(name: str) -> None:
    places_hold(parse(CORPUS[name]))


PARTS = [
    *KEYWORDS,
    "a",
    "/b",
    "..",
    "cd",
    "&&",
    "|",
    "apt-get",
    "install",
    "update",
    "$A",
    "${A}",
    "A=1",
    "AS",
    "--from=a",
]
MARKS = [
    "['a']",
    '["a b"]',
    '["a","$B"]',
    "<<E",
    "\nE\n",
    "\n",
    "\\\n",
    "#",
    "nginx",
    "httpd",
    "localhost",
    ":",
    "~",
    "rm",
    "",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*PARTS, *MARKS]), max_size=25).map(" ".join))
def test_any_jumble_can_be_explained(text: str) -> None:
    places_hold(parse(text))
    places_hold(parse("FROM a\n" + text))
