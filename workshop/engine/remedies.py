"""The fix for each kind of trouble, for this operating system: data in, sentences out; asks nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .machine import Machine, Product, product_at

if TYPE_CHECKING:
    from .endpoint import Endpoint

INSTALL = {
    "linux": "Install Docker Engine: https://docs.docker.com/engine/install/",
    "wsl": "Install Docker Desktop on Windows, then switch on Settings > Resources > WSL integration for this "
    "distribution: "
    "https://docs.docker.com/desktop/features/wsl/",
    "macos": "Install Docker Desktop: https://docs.docker.com/desktop/setup/install/mac-install/ "
    "(or OrbStack, Colima, Rancher Desktop)",
    "windows": "Install Docker Desktop: https://docs.docker.com/desktop/setup/install/windows-install/",
}


def install(machine: Machine) -> list[str]:
    """How to get an engine where there is none."""
    if machine.system == "wsl" and "Docker Desktop" in machine.products:
        return [
            "Start Docker Desktop on Windows.",
            "In it, open Settings > Resources > WSL integration and switch this distribution on.",
        ]
    if machine.products and machine.system in ("macos", "windows"):
        return [*start_product(machine.products[0], machine), "Then open a new terminal, so that it finds `docker`."]
    if machine.apt and machine.system == "linux":
        return [f"{machine.invoke} setup", "It asks, then installs and starts your distribution's docker.io package."]
    return [INSTALL[machine.system]]


def start(machine: Machine, endpoint: Endpoint) -> list[str]:
    """How to start the engine that should answer at `endpoint`."""
    product = product_at(endpoint.url)
    if product is None and not machine.dockerd and machine.products:
        product = machine.products[0]
    if product:
        return start_product(product, machine)
    if machine.system in ("linux", "wsl"):
        if not machine.dockerd:
            return install(machine)
        if machine.systemd:
            return ["sudo systemctl start docker", "At every boot: sudo systemctl enable docker"]
        return [f"{machine.invoke} setup"] if machine.apt else ["sudo service docker start"]
    return [INSTALL[machine.system]]


def start_product(product: Product, machine: Machine) -> list[str]:
    """How to start a desktop product."""
    if product == "Docker Desktop":
        return {
            "linux": ["systemctl --user start docker-desktop"],
            "wsl": ["Start Docker Desktop on Windows and wait until it says that the engine is running."],
            "macos": ["open -a Docker", "Wait until the whale in the menu bar holds still."],
            "windows": ["Start Docker Desktop from the Start menu and wait until it says that the engine is running."],
        }[machine.system]
    if product == "Colima":
        return ["colima start"]
    if product == "OrbStack":
        return ["open -a OrbStack"]
    if product == "Rancher Desktop":
        return ["Start Rancher Desktop, choose dockerd (moby) as its container engine, and wait until it is ready."]
    if product == "Podman":
        return ["podman machine start" if machine.system != "linux" else "systemctl --user start podman.socket"]
    return ["systemctl --user start docker"]


def permission(machine: Machine, *, member: bool, group: bool = True) -> list[str]:
    """How to be let in: `member` when the user is in the group docker already, `group` when there is such a group."""
    if machine.system == "windows":
        return [
            f'In a terminal opened as administrator: net localgroup docker-users "{machine.user}" /add',
            "Sign out of Windows and in again.",
        ]
    if machine.system == "macos":
        return [
            "Docker Desktop: Settings > Advanced > Allow the default Docker socket to be used",
            "Or use its own context: docker context use desktop-linux",
        ]
    again = "Log out and in again, so that the new group counts (in this terminal alone: newgrp docker)."
    if member:
        return [again]
    add = [
        f"sudo usermod -aG docker {machine.user}",
        again,
        "Don't put sudo before docker: files would end up as root's.",
    ]
    return add if group else ["sudo groupadd docker", "sudo systemctl restart docker", *add]


def elsewhere(machine: Machine, endpoint: Endpoint, answering: dict[str, str]) -> list[str]:
    """How to come back from an address where nothing answers; `answering` are the engines that do."""
    drop = "Remove-Item Env:{0}   (cmd.exe: set {0}=)" if machine.system == "windows" else "unset {0}"
    steps = []
    if endpoint.source == "DOCKER_HOST":
        steps.append(drop.format("DOCKER_HOST"))
    elif endpoint.said_by == "DOCKER_CONTEXT":
        steps.append(drop.format("DOCKER_CONTEXT"))
    if answering:
        best = "default" if "default" in answering else next(iter(answering))
        if best != "default" or endpoint.source == "context":
            steps.append(f"docker context use {best}")
        steps[-1] += f"   (then the engine at {answering[best]} is used, which answers)"
        return steps
    if endpoint.source == "context" and not endpoint.missing:
        product = product_at(endpoint.url)
        return [
            *(start_product(product, machine) if product else []),
            "docker context ls",
            "docker context use default",
        ]
    return [*steps, "docker context ls", "docker context use default"]


def restart(machine: Machine, endpoint: Endpoint) -> list[str]:
    """How to restart an engine that is there but not well."""
    product = product_at(endpoint.url)
    if product is None and not machine.dockerd and machine.products:
        product = machine.products[0]
    if product == "Colima":
        return ["colima restart"]
    if product:
        return [f"Quit {product} and start it again; wait until it says that the engine is running."]
    if machine.systemd:
        return ["sudo systemctl restart docker", "Its log: journalctl -u docker -n 50"]
    if machine.system in ("linux", "wsl"):
        return ["sudo service docker restart", "Its log: .workshop/logs/dockerd.log, or /var/log/docker.log"]
    return ["Restart the product that brings Docker, and wait until it says that the engine is running."]
