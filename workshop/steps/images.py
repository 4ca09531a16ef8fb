"""`invoke images` and `invoke build`: what images there are, and a new one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workshop import bases, changes, exercises, places
from workshop.dockerfile.finding import ALSO_TAKEN, NOTE, file_in, near
from workshop.engine import api, glance, images, labels
from workshop.engine import build as builder
from workshop.trouble import NotThere, Usage

from .said import trouble


@dataclass(frozen=True)
class Row:
    """One line of `docker images`."""

    name: str
    image_id: str
    created: int
    """Seconds since 1970."""
    size: int
    """Bytes, as the engine counts them."""
    note: str
    """Whose it is: made here, a base image, a stand-in."""


def list_images() -> list[Row]:
    """List what `docker images` lists, newest first, with a note on those that matter here."""
    rows = []
    for one in images.listing():
        its = one.get("Labels") or {}
        ours = its.get(labels.CHECKOUT) == labels.checkout_id(places.ROOT)
        for tag in one["RepoTags"] or ["<none>"]:
            if tag.startswith(f"{labels.LAB_IMAGES}:"):
                continue
            base = tag.removesuffix(":latest") in bases.BASE_IMAGES
            note = "yours" if ours else "base" if base else ""
            if base and labels.STANDIN in its:
                note = "stand-in"
            rows.append(Row(tag, changes.short(one["Id"]), one["Created"], one["Size"], note))
    return sorted(rows, key=lambda row: (-row.created, row.name))


def folder_to_build(path: str | None) -> Path:
    """Find the folder to build: the lesson's, or `path`, seen from where the user stands.

    Raises:
        Usage: it is no folder, or has no Dockerfile.

    """
    folder = Path(path).expanduser() if path else places.LESSON
    if not folder.is_dir():
        raise Usage(
            f"There is no folder {str(path)!r}.", why="docker build needs a folder.", fix="invoke build --path FOLDER"
        )
    if not file_in(folder).is_file():
        if (folder / "Dockerfile").is_dir():
            raise _is_a_folder(folder / "Dockerfile")
        other = near(folder)
        raise Usage(
            f"{places.as_typed(folder)} has no file called Dockerfile.",
            why=f"There is {other}; the name must be exactly Dockerfile." if other else "It holds the steps to follow.",
            fix=f"rename {other} to Dockerfile" if other else "create it, with FROM nginx:mainline-alpine in it",
        )
    return folder


def _is_a_folder(dockerfile: Path) -> Usage:
    """Say of a folder what `verify` says, which has Docker's own error for it."""
    from workshop import diagnosis

    found = diagnosis.diagnose("failed to read dockerfile: Dockerfile: is a directory")
    if found is None:
        return Usage(f"{places.as_typed(dockerfile)} is a folder.")
    return Usage(f"{places.as_typed(dockerfile)}: {found.title}", why=found.why, fix=list(found.fix))


def build_command(image: str, folder: Path) -> list[str]:
    """Write the `docker build` that `build` stands for."""
    return builder.command(places.as_typed(folder), tags=[image])


def build(image: str, folder: Path) -> str:
    """Build `folder` as `image`, with the builder's own output, and say what changed.

    Raises:
        NotThere: it did not build; says why, in plain words.

    """
    before = next(iter(glance.image_ids(image)), "")
    made = builder.build(
        folder,
        tags=[image],
        labels=labels.on_image(places.ROOT),
        timeout=3600,
        show=builder.to_terminal,
        meanwhile=api.connect,  # which is needed afterwards, and takes as long as a build that is cached
    )
    if not made.ok:
        _explain_build(made.output, folder)
    facts = images.inspect(made.image_id)
    if facts is None:
        raise NotThere("The image is gone again.", why="Something removed it right after the build.")
    line = changes.image(image, facts)
    note = f"\n{NOTE}" if file_in(folder).name == ALSO_TAKEN else ""
    if folder == places.LESSON and (here := exercises.here()):
        note += f"\n  this is the lesson's image; the exercise in this folder: invoke verify {here}"
    if before == facts["Id"]:
        return f"= {line}\n  the same image as before: nothing that goes into it has changed{note}"
    if before:
        old = changes.short(before)
        return f"+ {line}\n- {image} was image {old} before; containers made from that still run it{note}"
    return f"+ {line}{note}"


def _explain_build(output: str, folder: Path) -> None:
    with api.talking() as engine:
        engine.ping()
    from workshop import diagnosis  # it and the parser cost 80 ms to import, and only failures need them
    from workshop.dockerfile import read

    file = file_in(folder)
    parsed = read(file)
    found = diagnosis.diagnose(output, dockerfile=parsed, context=folder, images=images.tags())
    if found is None:
        raise NotThere("docker build stopped.", why="Its last lines, above, say where.")
    where = found.where
    raise trouble(found, f"{places.as_typed(file)}:{where.line}: {where.text.strip()}" if where else "")
