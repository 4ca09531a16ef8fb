"""The table of commands that are not there: what a shell says where docker or invoke should begin."""

from __future__ import annotations

from .row import Row, Words


def _unknown_to_the_shell(command: str) -> tuple[str, ...]:
    """Give what the shells of the systems say of a command that they don't find."""
    return (
        rf"(?:^|[\s:]){command}: (?:command )?not found",
        rf"(?:command not found|unknown command): '?{command}'?$",
        rf"command '?{command}'? (?:not|could not be) found",
        rf"(?:^|[\s']){command}'? is not recognized as ",
    )


COMMANDS = (
    Row(
        "docker-command-missing",
        _unknown_to_the_shell("docker"),
        Words(
            "This shell finds no docker command.",
            "Docker is not installed here, or the folder of its command is not in PATH. A terminal that was open "
            "while Docker was installed does not know it yet.",
            (
                "Open a new terminal, and type it again.",
                "See what is missing, and how to get it: invoke doctor",
                "Install Docker: https://docs.docker.com/get-started/get-docker/",
            ),
        ),
    ),
    Row(
        "invoke-command-missing",
        _unknown_to_the_shell("invoke"),
        Words(
            "This shell finds no invoke command.",
            "It lies in the workshop's .venv, and each new terminal has to activate that.",
            (
                "In the workshop's folder: . .venv/bin/activate   (Windows: .venv\\Scripts\\activate)",
                "Do without: ./invoke in its place   (Windows: .\\invoke)",
            ),
        ),
    ),
)
