"""Looks at the machine around the engine: Python, terminal, shell, the docker command, the way to a registry."""

from __future__ import annotations

import os
import platform
import ssl
import subprocess
import sys
import urllib.error
import urllib.request

from workshop import spelling
from workshop.engine import cli, endpoint
from workshop.engine.machine import product_at, this_machine
from workshop.trouble import MachineTrouble

from .finding import Finding, typed

OLDEST = (3, 10)
"""The oldest Python that runs this; pyproject.toml says the same."""
REGISTRY = "https://registry-1.docker.io/v2/"
"""Docker Hub's registry. It answers this with 401, which costs no pull."""
REGISTRY_WITHIN = 2
"""Seconds for its answer."""
WINDOWS_WITHIN = 2
"""Seconds for `wsl --status`."""


def python() -> Finding:
    """Look whether this Python is new enough."""
    here = f"Python {platform.python_version()} ({sys.executable})"
    if sys.version_info >= OLDEST:
        return Finding("python", ok=True, what=f"{here}.")
    return Finding("python", ok=False, what=f"{here} is too old.", fix=["https://www.python.org/downloads/"])


def terminal() -> Finding:
    """Look whether this terminal can show what the workshop prints."""
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower()
    if not spelling.can_show("✓ ✗ …", encoding):
        utf8 = "PYTHONUTF8=1 in your environment" + ("; or Windows Terminal" if sys.platform == "win32" else "")
        what = f"This terminal writes {encoding}, which has no ✓: words and ASCII letters stand in for such signs."
        return Finding("terminal", ok=True, what=what, why=f"{utf8} would bring them back.")
    if sys.stdout is None or not sys.stdout.isatty():
        return Finding("terminal", ok=None, what="The output goes to a file or a pipe; the terminal can't be judged.")
    if os.environ.get("TERM") == "dumb":
        return Finding("terminal", ok=True, what="A plain terminal: no colours, no redrawing.")
    return Finding("terminal", ok=True, what=f"It writes {encoding}.")


def git_bash() -> Finding:
    """Look whether this is Git Bash, which rewrites paths on their way to docker."""
    if not os.environ.get("MSYSTEM"):
        return Finding("git-bash", ok=True, what="No Git Bash that rewrites paths.")
    if os.environ.get("MSYS_NO_PATHCONV"):
        return Finding("git-bash", ok=True, what="Git Bash, told not to rewrite paths.")
    return Finding(
        "git-bash",
        ok=False,
        what="Git Bash rewrites paths: /usr/share in a docker command becomes C:/Program Files/Git/usr/share.",
        why="The workshop's own tasks are safe from it; the docker commands you paste are not.",
        fix=["Use PowerShell for this workshop", "Or, in this terminal: export MSYS_NO_PATHCONV=1"],
    )


def windows() -> Finding:
    """Look on Windows for WSL 2, which Docker Desktop runs on and only an administrator can install."""
    if sys.platform != "win32":
        return Finding("windows", ok=None, what="Not Windows.")
    try:
        asked = subprocess.run(["wsl.exe", "--status"], capture_output=True, timeout=WINDOWS_WITHIN, check=False)
        fine = asked.returncode == 0
    except subprocess.TimeoutExpired:
        return Finding("windows", ok=None, what="WSL did not say in time how it is.")
    except OSError:
        fine = False
    if fine:
        return Finding("windows", ok=True, what="WSL is installed.")
    return Finding(
        "windows",
        ok=False,
        what="WSL 2 is not ready.",
        why="Docker Desktop runs its engine in it. It takes an administrator and a restart to install.",
        fix=["In a terminal opened as administrator: wsl --install", "Restart the computer."],
    )


def command() -> Finding:
    """Look for the docker command."""
    try:
        found = cli.find()
    except MachineTrouble as trouble:
        return Finding("cli", ok=False, what=trouble.what, why=trouble.why, fix=trouble.fix)
    return Finding("cli", ok=True, what=f"docker {found.version} ({found.path}).")


def context() -> Finding:
    """Tell who chose the engine's address, and whether it is on this machine."""
    at = endpoint.where()
    if at.missing:
        return Finding(
            "context",
            ok=False,
            what=f'The Docker context "{at.context}" does not exist.',
            why=f"{at.said_by} names it.",
            fix=["docker context ls", "docker context use default"],
        )
    whose = f", {product_at(at.url)}" if product_at(at.url) else ""
    said = f"{at.url} ({at.chosen()}{whose})"
    if not at.here:
        return Finding(
            "context",
            ok=False,
            what=f"The engine is on another machine: {said}.",
            why="The workshop opens the pages that a container publishes, and those would be over there.",
            fix=["unset DOCKER_HOST" if at.source == "DOCKER_HOST" else "docker context use default"],
        )
    shadowed = os.environ.get("DOCKER_CONTEXT") or endpoint.config().get("currentContext")
    why = f"DOCKER_HOST wins over the context {shadowed}." if at.source == "DOCKER_HOST" and shadowed else ""
    return Finding("context", ok=True, what=f"{said}.", why=why)


def builder() -> Finding:
    """Tell which builder `docker build` will use, and whether its images will be seen."""
    try:
        choice = cli.choice()
    except MachineTrouble as trouble:
        missing = trouble.kind == "no-cli"
        return Finding("builder", ok=None if missing else False, what=trouble.what, why=trouble.why, fix=trouble.fix)
    driver = cli.buildx_driver() if choice.builder == "buildkit" else None
    if driver not in (None, "docker"):
        return Finding(
            "builder",
            ok=False,
            what=f"buildx builds with its {driver} driver, which keeps the image to itself.",
            why="`docker images` would not list what you build, and local base images would not be found.",
            fix=["docker buildx use default"],
        )
    if choice.builder == "buildkit" and "libpod-api-version" in (endpoint.ping(endpoint.where().url) or {}):
        return Finding(
            "builder",
            ok=False,
            what="`docker build` asks for BuildKit, and the engine is Podman, which has none.",
            why=f"{choice.why}.",
            fix=["set DOCKER_BUILDKIT=0" if sys.platform == "win32" else "export DOCKER_BUILDKIT=0"],
        )
    name = "BuildKit" if choice.builder == "buildkit" else "the classic builder"
    return Finding("builder", ok=True, what=f"`docker build` uses {name}.", why=f"{choice.why}.")


def registry() -> Finding:
    """Ask Docker Hub, and look whether it is itself. Not reaching it is no fault: the images may be here already."""
    try:
        _ask_registry()
    except urllib.error.HTTPError as answer:
        with answer:
            if answer.code in (401, 429):
                return Finding("registry", ok=True, what="Docker Hub answers.")
            return Finding(
                "registry", ok=None, what=f"Something between here and Docker Hub answers with {answer.code}."
            )
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            return _intercepted(reason)
        return Finding("registry", ok=None, what="Docker Hub does not answer from here.", why=OFFLINE)
    return Finding("registry", ok=None, what="Something answers in Docker Hub's place, such as a hotel's login page.")


def _ask_registry() -> None:
    try:
        urllib.request.urlopen(REGISTRY, timeout=REGISTRY_WITHIN).close()
    except urllib.error.HTTPError:
        raise
    except urllib.error.URLError as error:
        if not isinstance(error.reason, ssl.SSLCertVerificationError):
            raise
        import certifi  # comes with requests; some Pythons on macOS have no list of authorities of their own

        listed = ssl.create_default_context(cafile=certifi.where())
        urllib.request.urlopen(REGISTRY, timeout=REGISTRY_WITHIN, context=listed).close()


OFFLINE = "That is fine once the base images are here."


def _intercepted(error: ssl.SSLCertVerificationError) -> Finding:
    here = this_machine().system
    trust = {
        "macos": "Add it to the keychain as trusted, then restart Docker Desktop, which trusts what the keychain does.",
        "windows": "Add it to Windows' trusted root certificates, then restart Docker Desktop, which trusts those.",
    }.get(here, "Put it into /usr/local/share/ca-certificates/, run update-ca-certificates, restart the engine.")
    return Finding(
        "registry",
        ok=False,
        what="Something between here and Docker Hub opens encrypted connections: its certificate is not Docker Hub's.",
        why=f"Most likely a company's proxy or a virus scanner. {error.verify_message}.",
        fix=[
            "Ask whoever runs this network for the certificate of its authority.",
            trust,
            f"Or load a bundle: {typed('load FILE')}",
        ],
    )
