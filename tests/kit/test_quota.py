"""`invoke quota` asks as Docker's documentation says to, costs no pull, and claims nothing that it was not told.

No registry is in reach of a test, so a server here speaks the protocol as it is documented:

- 401 with `WWW-Authenticate: Bearer realm=…,service=…,scope=…`, the token as JSON from there, the same request with
  `Authorization: Bearer` (distribution.github.io: spec/auth/token);
- HEAD of /v2/ratelimitpreview/test/manifests/latest with `ratelimit-limit: 100;w=21600`,
  `ratelimit-remaining: 76;w=21600` and `docker-ratelimit-source`, an address or an account's number; none of the two
  where pulls are not limited; 429 where they are used up (docs.docker.com/docker-hub/usage/pulls);
- `docker-distribution-api-version` and `docker-content-digest` (distribution.github.io: spec/api).
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import ssl
import subprocess
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.kit.conftest import Cut
from workshop.classroom import quota
from workshop.supplies import registry
from workshop.supplies.platforms import Platform
from workshop.supplies.registry import Registry, Wanted
from workshop.trouble import MachineTrouble, Usage

TOLD = {"ratelimit-limit": "100;w=21600", "ratelimit-remaining": "76;w=21600", "docker-ratelimit-source": "192.0.2.1"}
TOKEN = "for-everybody"  # noqa: S105 - that is what it is


class Hub:
    """A registry on loopback that answers as it is told to, and notes what it was asked."""

    def __init__(self) -> None:
        self.status, self.headers, self.is_registry = 200, dict(TOLD), True
        self.asked: list[str] = []
        self.elsewhere = ""
        """Where blobs are, when they are not here."""
        self.signed: list[str | None] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                hub.answer(self)

            def do_GET(self) -> None:
                hub.answer(self)

            def log_message(self, *_: Any) -> None:  # noqa: ANN401 - the library's own
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        path = urllib.parse.urlsplit(request.path)
        self.asked.append(f"{request.command} {path.path}")
        self.signed.append(request.headers.get("Authorization"))
        if path.path == "/token":
            asked = dict(urllib.parse.parse_qsl(path.query))
            fine = asked == {"service": "registry.test", "scope": "repository:ratelimitpreview/test:pull"}
            self._send(request, 200 if fine else 400, {}, {"token": TOKEN, "expires_in": 300})
        elif path.path.startswith("/elsewhere"):
            self._send(request, 200, {}, {"moved": True})
        elif request.headers.get("Authorization") != f"Bearer {TOKEN}":
            scope = "repository:ratelimitpreview/test:pull"
            challenge = f'Bearer realm="{self.url}/token",service="registry.test",scope="{scope}"'
            self._send(request, 401, {"WWW-Authenticate": challenge}, {"errors": []})
        elif self.elsewhere:
            self._send(request, 307, {"Location": f"{self.elsewhere}/elsewhere"}, {})
        else:
            mine = {"docker-distribution-api-version": "registry/2.0"} if self.is_registry else {}
            self._send(request, self.status, {**self.headers, **mine}, {})

    def _send(self, request: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: object) -> None:
        text = json.dumps(body).encode()
        request.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(text))}.items():
            request.send_header(name, value)
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(text)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    one = Hub()
    yield one
    one.close()


def said(hub: Hub, learners: int) -> tuple[int, str]:
    lines: list[str] = []
    code = quota.report(learners, lines.append, hub.url)
    return code, "\n".join(lines)


def test_it_asks_without_pulling(hub: Hub) -> None:
    assert quota.ask(hub.url) == quota.Told(100, 76, 21600, "192.0.2.1")
    place = "/v2/ratelimitpreview/test/manifests/latest"
    assert hub.asked == [f"HEAD {place}", "GET /token", f"HEAD {place}"], "a GET of the image would be a pull"
    assert hub.signed == [None, None, f"Bearer {TOKEN}"]


def test_what_is_enough_is_called_enough(hub: Hub) -> None:
    code, text = said(hub, 38)
    assert code == 0
    assert "38 learners with 2 images each: 76 pulls" in text
    assert "76 of 100 pulls in 6 hours, counted for 192.0.2.1" in text
    assert "enough   0 would be left" in text
    assert "ask again in the room" in text


def test_what_is_short_says_by_how_much_and_what_to_do(hub: Hub) -> None:
    code, text = said(hub, 50)
    assert code == 1
    assert "short    by 24: 38 of 50 get both images" in text
    for way in ("invoke mirror", "invoke pack base-images.tar", "docker login"):
        assert way in text


@pytest.mark.parametrize(
    ("limit", "remaining", "words"),
    [
        ("10;w=3600", "10;w=3600", "10 of 10 pulls in 1 hour,"),
        ("5000;w=86400", "4000;w=86400", "4000 of 5000 pulls in 1 day,"),
        ("200;w=90", "7", "7 of 200 pulls in 90 seconds,"),
        ("200", "7", "7 of 200 pulls, counted"),
        ("100;w=21600, 5;w=60", "76;w=21600, 5;w=60", "76 of 100 pulls in 6 hours,"),
    ],
)
def test_number_and_window_are_the_headers(hub: Hub, limit: str, remaining: str, words: str) -> None:
    hub.headers |= {"ratelimit-limit": limit, "ratelimit-remaining": remaining}
    assert words in said(hub, 1)[1]


def test_a_limit_that_is_used_up_is_no_missing_answer(hub: Hub) -> None:
    hub.status, hub.headers = 429, {"Retry-After": "60"}
    code, text = said(hub, 3)
    assert code == 1
    assert "left     0 pulls" in text
    assert "short    by 6: 0 of 3" in text


def test_no_headers_are_no_promise(hub: Hub) -> None:
    hub.headers = {"docker-ratelimit-source": "0b2c9cd8-0000-4000-8000-000000000000"}
    code, text = said(hub, 30)
    assert code == 0
    assert "told of no limit for this address" in text
    assert "nothing promises it" in text
    assert "enough" not in text


@pytest.mark.parametrize("odd", ["many", "-3;w=1", "76e3", "", "9" * 40])
def test_what_is_no_number_is_not_read_as_one(hub: Hub, odd: str) -> None:
    hub.headers["ratelimit-remaining"] = odd
    code, text = said(hub, 30)
    assert code == 0
    assert "did not say how many; the limit is 100 pulls" in text
    assert "enough" not in text
    assert (repr(odd) in text) == bool(odd)


def test_whether_one_is_logged_in_is_said(hub: Hub, tmp_path: Path) -> None:
    assert "you are not logged in" in said(hub, 1)[1]
    (tmp_path / "config.json").write_text('{"auths": {"https://index.docker.io/v1/": {}}, "credsStore": "desktop"}')
    assert "you are logged in at Docker Hub: your own pulls count for your account" in said(hub, 1)[1]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"status": 503}, "it answered with 503"),
        ({"is_registry": False, "headers": {"Server": "hotel"}}, "something answers in its place"),
    ],
)
def test_what_is_no_answer_is_said(hub: Hub, change: dict[str, Any], why: str) -> None:
    vars(hub).update(change)
    with pytest.raises(MachineTrouble, match="did not tell") as trouble:
        said(hub, 30)
    assert why in trouble.value.why
    assert any("invoke mirror" in fix for fix in trouble.value.fix)


def test_nobody_there_is_said(hub: Hub) -> None:
    hub.close()
    with pytest.raises(MachineTrouble) as trouble:
        said(hub, 30)
    assert "nothing listens there" in trouble.value.why


def test_the_real_thing_behind_a_cut_network(cut: Cut) -> None:
    done = cut.invoke("quota", "--learners", "30")
    assert done.returncode == 3
    assert "needs    30 learners with 2 images each: 60 pulls from one address" in done.stdout
    assert "Docker Hub did not tell how many pulls are left." in done.stderr
    assert "no network" in done.stderr


@pytest.mark.parametrize("number", [0, -1, 100_001])
def test_a_number_that_can_not_be_is_refused(number: int) -> None:
    with pytest.raises(Usage):
        quota.report(number, pytest.fail)


def test_a_token_does_not_go_to_where_the_files_are(hub: Hub) -> None:
    """Docker Hub sends one elsewhere for an image's files, and that place takes no token."""
    other = Hub()
    try:
        hub.elsewhere = other.url.replace("127.0.0.1", "localhost")
        with Registry(hub.url) as asked, asked.answer("ratelimitpreview/test/blobs/sha256:0") as answer:
            assert answer.json() == {"moved": True}
        assert other.signed == [None]
    finally:
        other.close()


def test_a_registry_with_a_password_says_so(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "url", "http://192.0.2.1")  # a realm that is not the registry's, and not encrypted
    wanted = Wanted("ratelimitpreview/test", "latest", Platform("amd64"))
    url = f"http://127.0.0.1:{hub._server.server_port}"
    with pytest.raises(MachineTrouble) as trouble, registry.explained(url, wanted), Registry(url) as asked:
        asked.find(wanted)
    assert "it wants a password" in trouble.value.why


def test_where_there_is_no_encryption_it_goes_without(hub: Hub) -> None:
    assert registry.reach(hub.url.partition("://")[2]) == hub.url
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(registry.NoAnswer, match="nothing listens there"):
        registry.reach(f"127.0.0.1:{port}")


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl to make a certificate that nobody trusts")
def test_for_a_bad_certificate_encryption_is_not_given_up(tmp_path: Path) -> None:
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", "key", "-out", "cert"]
    subprocess.run(["openssl", *made], cwd=tmp_path, check=True, capture_output=True)
    secret = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secret.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def take() -> None:
            with contextlib.suppress(OSError):
                while True:
                    with contextlib.suppress(ssl.SSLError), listener.accept()[0] as line:
                        secret.wrap_socket(line, server_side=True).close()

        threading.Thread(target=take, daemon=True).start()
        with pytest.raises(registry.NoAnswer, match="its certificate is not trusted here"):
            registry.reach(f"127.0.0.1:{listener.getsockname()[1]}")
        listener.shutdown(socket.SHUT_RDWR)
