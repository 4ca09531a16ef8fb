"""Asks registries directly, past the engine: for images that an engine can't or shall not pull, and what they tell.

An engine refuses a registry that speaks plain HTTP, as a mirror on an instructor's laptop does, until its settings name
it, and nobody changes the settings of a classroom full of laptops. And it keeps images for its own kind of processor
only. So such an image is fetched here, and checked against its digests.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

from workshop import names
from workshop.trouble import MachineTrouble

from . import platforms
from .archive import Checked, Writer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import requests

    from .platforms import Platform

KINDS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
"""What a registry may answer with: a list of images, one for each kind of processor, or one image."""
HUB = "https://registry-1.docker.io"
"""Where Docker Hub's images are."""
ANSWER_WITHIN = 5
"""Seconds that a registry gets to take the call."""
SILENCE = 30
"""Seconds without a byte until it counts as gone."""
LARGEST_TEXT = 4_000_000
"""Bytes; what registries themselves allow a manifest to have."""
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


class Wanted(NamedTuple):
    """Which image, and for which processors: `repository` and `version` as the registry names them."""

    repository: str
    version: str
    platform: Platform


def wanted(name: str, platform: Platform, *, of_hub: bool = False) -> list[Wanted]:
    """Give what a registry may have an image by: a proxy, as Docker Hub itself, with library/, a push without."""
    repository, _, version = names.whole(name).rpartition(":")
    official = Wanted(f"library/{repository}", version, platform)
    return [official] if of_hub else [official, official._replace(repository=repository)]


class Found(NamedTuple):
    """What a registry has of an image: its files, and the digest that `docker pull` would show."""

    config: dict[str, Any]
    layers: list[dict[str, Any]]
    digest: str


class NoAnswer(Exception):
    """Nobody took the call, or nobody who is a registry."""


class Registry:
    """One registry; closed at the end of its `with` block."""

    def __init__(self, url: str) -> None:
        import requests  # a tenth of a second

        self.url = url
        self._session = requests.Session()
        # What speaks plain HTTP is in this room: no proxy stands between.
        self._session.trust_env = url.startswith("https:")
        self._token = ""

    def __enter__(self) -> Registry:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    @contextmanager
    def answer(self, what: str, *, method: str = "GET") -> Iterator[requests.Response]:
        """Ask for /v2/`what`, with a token for everybody where the registry wants one.

        Raises:
            NoAnswer: none came.

        """
        import requests

        try:
            answer = self._ask(method, what)
            if answer.status_code == requests.codes.unauthorized and not self._token:
                answer.close()
                self._token = self._anonymous(answer.headers.get("WWW-Authenticate", ""))
                answer = self._ask(method, what)
        except (requests.RequestException, ValueError) as error:
            raise NoAnswer(_words(error)) from error
        with answer:
            yield answer

    def find(self, wanted: Wanted) -> Found:
        """Look an image up.

        Raises:
            NoAnswer: none came.
            ValueError: the registry refuses, lacks it, or has it for other processors only.

        """
        text, digest = self._manifest(wanted, wanted.version)
        if "manifests" in text:
            fitting = [one for one in text["manifests"] if _fits(one.get("platform") or {}, wanted.platform)]
            if not fitting:
                raise ValueError(f"it has none for {wanted.platform}")
            text, _ = self._manifest(wanted, str(fitting[0]["digest"]))
        return Found(text["config"], text["layers"], digest)

    def copy(self, wanted: Wanted, found: Found, to: Writer) -> tuple[str, list[str]]:
        """Write an image's files into an archive; give their names there, the settings' and the layers'.

        Raises:
            NoAnswer: none came.
            ValueError: the registry sends something else, or an image for other processors.

        """
        names = []
        for blob in (found.config, *found.layers):
            digest, size = str(blob["digest"]), int(blob["size"])
            with self.answer(f"{wanted.repository}/blobs/{digest}") as answer:
                _must_be_fine(answer, wanted)
                names.append(to.blob(digest, size, cast("IO[bytes]", answer.raw)))
        return names[0], names[1:]

    def settings(self, wanted: Wanted, found: Found) -> dict[str, Any]:
        """Read an image's settings, and see that it is for the processors that were asked for.

        Raises:
            NoAnswer: none came.
            ValueError: it is for others, or was changed on its way.

        """
        digest = str(found.config["digest"])
        with self.answer(f"{wanted.repository}/blobs/{digest}") as answer:
            _must_be_fine(answer, wanted)
            facts, _ = _text(answer, digest)
        if not _fits(facts, wanted.platform):
            raise ValueError(f"it has none for {wanted.platform}, but for {platforms.of(facts)}")
        return facts

    def _manifest(self, wanted: Wanted, reference: str) -> tuple[dict[str, Any], str]:
        with self.answer(f"{wanted.repository}/manifests/{reference}") as answer:
            _must_be_fine(answer, wanted)
            return _text(answer, reference if reference.startswith("sha256:") else "")

    def _ask(self, method: str, what: str) -> requests.Response:
        token = self._token

        def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
            if token:
                request.headers["Authorization"] = f"Bearer {token}"
            return request

        return self._session.request(
            method,
            f"{self.url}/v2/{what}",
            headers={"Accept": ", ".join(KINDS), "Accept-Encoding": "identity"},
            auth=sign,  # requests takes it off when a blob is elsewhere, as on Docker Hub
            stream=True,
            allow_redirects=True,
            timeout=(ANSWER_WITHIN, SILENCE),
        )

    def _anonymous(self, challenge: str) -> str:
        """Get a token that anybody may have (distribution.github.io: spec/auth/token)."""
        kind, _, rest = challenge.partition(" ")
        asked = dict(_PARAMETER.findall(rest))
        realm = asked.pop("realm", "")
        if kind.lower() != "bearer" or not realm.startswith(("https:", self.url)):
            raise ValueError("it wants a password")
        with self._session.get(
            realm, params=asked, auth=lambda request: request, timeout=(ANSWER_WITHIN, SILENCE)
        ) as answer:
            answer.raise_for_status()
            told = answer.json()
            return str(told.get("token") or told.get("access_token") or "") if isinstance(told, dict) else ""


def reach(address: str) -> str:
    """Tell how the registry at HOST:PORT is spoken to, with encryption or without: give its URL.

    Raises:
        NoAnswer: nobody is there; or its certificate is not trusted, which is no reason to go without.

    """
    import requests

    for url in (f"https://{address}", f"http://{address}"):
        try:
            with Registry(url) as registry, registry.answer(""):
                return url
        except NoAnswer as none:
            wrong = isinstance(none.__cause__, requests.exceptions.SSLError)
            if not wrong or "CERTIFICATE_VERIFY_FAILED" in str(none.__cause__):
                raise
    raise NoAnswer("it speaks neither HTTPS nor HTTP")


def fetch(url: str, wanted: Wanted, name: str, archive: Path) -> None:
    """Write the wanted image into an archive for `docker load`, as `name`.

    Raises:
        MachineTrouble: the registry does not answer, lacks the image, or sends something else.

    """
    with explained(url, wanted), Registry(url) as registry:
        found = registry.find(wanted)
        registry.settings(wanted, found)
        with archive.open("wb") as file, Writer(file) as writer:
            config, layers = registry.copy(wanted, found, writer)
            writer.image(name, config, layers)


@contextmanager
def explained(url: str, wanted: Wanted) -> Iterator[None]:
    """Let what goes wrong with a registry come out in plain words.

    Raises:
        MachineTrouble: it does not answer, lacks the image, or sends something else.

    """
    import requests
    import urllib3

    trouble = (NoAnswer, requests.RequestException, urllib3.exceptions.HTTPError, OSError)
    try:
        yield
    except (*trouble, ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, OSError) and not isinstance(error, requests.RequestException) and error.errno is not None:
            raise  # the disk's
        place = url.partition("://")[2]
        why = str(error) if isinstance(error, (NoAnswer, ValueError)) else _words(error)
        raise MachineTrouble(
            f"{place} did not send {wanted.repository}:{wanted.version}.", kind="registry", why=why
        ) from error


def _fits(facts: Mapping[str, Any], platform: Platform) -> bool:
    return facts.get("os") == "linux" and platform.takes(platforms.of(facts))


def _must_be_fine(answer: requests.Response, wanted: Wanted) -> None:
    if answer.status_code == 200:  # noqa: PLR2004 - OK
        return
    told = f"{answer.status_code} {answer.reason} for {wanted.repository}:{wanted.version}"
    if answer.status_code == 429:  # noqa: PLR2004 - Too Many Requests
        told += ": this address has used up its pulls (invoke quota --learners 1)"
    raise ValueError(told)


def _text(answer: requests.Response, digest: str) -> tuple[dict[str, Any], str]:
    """Read a manifest or settings, and their digest, which is `digest` where there is one."""
    content = Checked(cast("IO[bytes]", answer.raw))
    text = content.read(LARGEST_TEXT)
    content.rest()
    if digest and content.digest != digest:
        raise ValueError(f"{digest} was changed on its way")
    found = json.loads(text)
    if not isinstance(found, dict):
        raise TypeError("that is no manifest")
    return found, content.digest


def _words(error: Exception) -> str:
    """Say in a few words why no answer came; requests' own text is several exceptions deep."""
    text = str(error)
    for sign, words in _NO_ANSWER.items():
        if sign in text:
            return words
    return text[:300] or type(error).__name__


_NO_ANSWER = {
    "CERTIFICATE_VERIFY_FAILED": "its certificate is not trusted here; perhaps something between opens the encryption",
    "Name or service not known": "its name is not known here: no network, or no name server",
    "Temporary failure in name resolution": "its name is not known here: no network, or no name server",
    "nodename nor servname": "its name is not known here: no network, or no name server",
    "getaddrinfo failed": "its name is not known here: no network, or no name server",
    "Connection refused": "nothing listens there",
    "actively refused": "nothing listens there",
    "Network is unreachable": "there is no way to it: no network",
    "No route to host": "there is no way to it",
    "timed out": "no answer in time",
    "Read timed out": "it went silent",
    "WRONG_VERSION_NUMBER": "it speaks no HTTPS",
}
"""A part of requests' text, on Linux, macOS or Windows, and what it means."""
