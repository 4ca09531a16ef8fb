"""What each instruction does, when it acts and what it leaves in the image: one table."""

from __future__ import annotations

from typing import NamedTuple

BUILD = "build"
START = "start"
BOTH = "both"
LATER = "later"
NEVER = "never"
WHEN = {
    BUILD: "while building",
    START: "when a container starts",
    BOTH: "while building, and in every container",
    LATER: "in the build of an image that is made from this one",
    NEVER: "never: it is only a note",
}


class About(NamedTuple):
    """One row. `layer` tells whether it adds a layer of files; `trace` is where to see afterwards what it did."""

    does: str
    when: str
    layer: bool
    trace: str


HISTORY = "docker history IMAGE"


def config(field: str) -> str:
    """Give the command that shows one field of an image's configuration."""
    return f"docker image inspect -f '{{{{json .Config.{field}}}}}' IMAGE"


ABOUT = {
    "FROM": About("Starts from an image: its files, and what it says about how to start.", BUILD, False, HISTORY),
    "RUN": About("Runs a command, and keeps the files that it changes.", BUILD, True, HISTORY),
    "COPY": About("Copies files from your folder into the image.", BUILD, True, HISTORY),
    "ADD": About("Copies like COPY; it also unpacks tar archives and fetches addresses.", BUILD, True, HISTORY),
    "WORKDIR": About("Makes a folder, and stays in it from here on.", BOTH, True, config("WorkingDir")),
    "CMD": About("Says what to start, unless other words stand behind the image's name.", START, False, config("Cmd")),
    "ENTRYPOINT": About("Fixes the program that every container starts.", START, False, config("Entrypoint")),
    "ENV": About("Sets a variable.", BOTH, False, config("Env")),
    "ARG": About("Declares a variable for the build alone; no container sees it.", BUILD, False, HISTORY),
    "EXPOSE": About("Notes on which port the server listens; it opens nothing.", START, False, config("ExposedPorts")),
    "USER": About("Says who runs what follows, and who runs in the container.", BOTH, False, config("User")),
    "LABEL": About("Writes a note on the image.", NEVER, False, config("Labels")),
    "HEALTHCHECK": About(
        "Says how Docker finds out whether the container is well.", START, False, config("Healthcheck")
    ),
    "STOPSIGNAL": About("Says which signal docker stop sends.", START, False, config("StopSignal")),
    "VOLUME": About("Keeps what is under a path outside the container.", START, False, config("Volumes")),
    "SHELL": About("Says which shell runs the commands that are not lists.", BOTH, False, config("Shell")),
    "ONBUILD": About("Keeps an instruction for a later image.", LATER, False, config("OnBuild")),
    "MAINTAINER": About("Notes the author.", NEVER, False, "docker image inspect -f '{{.Author}}' IMAGE"),
}

DIRECTIVES = {
    "syntax": About("Names the reader for this Dockerfile, which Docker then downloads.", BUILD, False, ""),
    "escape": About("Says which character continues a line.", BUILD, False, ""),
    "check": About("Says which of Docker's own warnings to leave out.", BUILD, False, ""),
}
