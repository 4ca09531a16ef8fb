"""`invoke load`: the base images in again from a file, once all of it was checked; and what that changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workshop import bases
from workshop.changes import short as short_id
from workshop.changes import size
from workshop.engine import images, labels
from workshop.supplies import bundle
from workshop.supplies.platforms import Platform
from workshop.trouble import MachineTrouble, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workshop.supplies.bundle import Packed

    Say = Callable[[str], None]


def archive(file: str) -> Path:
    """Find the file that was typed; in a folder, the one that `invoke pack` writes there.

    Raises:
        Usage: it is not there.

    """
    path = Path(file).expanduser()
    if path.is_dir():
        path /= bases.BUNDLE.name
    if not path.is_file():
        raise Usage(f"There is no file {path}.", fix="invoke load base-images.tar, with the path to it")
    return path


def load(path: Path, say: Say, names: Mapping[str, str] | None = None) -> None:
    """Check all of a file, then give the engine the base images for its platform, and say what changed.

    Raises:
        MachineTrouble: something in it is not right, or it has nothing for this engine; nothing was loaded.

    """
    local_names = dict(names) if names else {name: name for name in bases.BASE_IMAGES}
    here = Platform(images.platform()[1])
    with bundle.opened(path) as opened:
        how = "every checksum is right" if opened.listed else "written by `docker save`, whole"
        fitting = {name: image for name, image in opened.on(here).items() if name in local_names}
        if not fitting:
            raise _nothing_for(path, here, opened.account(), [one.name for one in opened.images], local_names)
        say(f"checked  {path.as_posix()}: {opened.account()}; {how}")
        wanted = []
        for name, image in fitting.items():
            if _is_news(image, local_names[name], say):
                wanted.append((image, local_names[name]))
        before = {given: images.find(given) for _, given in wanted}
        if wanted:
            bundle.load(opened, wanted)
        for image, given in wanted:
            say(_change(image, given, before[given]))
        for name in local_names.keys() - fitting.keys():
            say(f"lacks    {name}: it is not in the file")
        if any(one.platform != here for one in opened.images):
            say(f"note     the rest of the file is for other machines; this engine is {here}")


def _is_news(image: Packed, given: str, say: Say) -> bool:
    found = images.find(given)
    if found is None:
        return True
    if found.id == image.id:
        say(f"same     {given}: this very image was here already")
        return False
    if image.standin and not bases.is_standin(given):
        say(f"kept     {given}: the real one is here, and the file has a stand-in")
        return False
    return True


def _change(image: Packed, given: str, before: images.Image | None) -> str:
    kind = ", a stand-in for the real one" if image.standin else ""
    digest = f", pulled as {image.digest}" if image.digest else ""
    new = f"{given}, {size(image.size)}{kind}{digest}"
    if before is None:
        return f"new      {new}"
    after = images.find(given)
    if after and after.id == before.id:  # an engine whose IDs are not the settings' digests
        return f"same     {given}: this very image was here already"
    if labels.STANDIN in before.labels:
        images.forget(before.id)
        return f"changed  {new}: it was a stand-in and is {'another stand-in' if image.standin else 'the real one'} now"
    return f"changed  {new}; the one before is still there as {short_id(before.id)}"


def _nothing_for(
    path: Path, here: Platform, holds: str, found: Sequence[str], names: Mapping[str, str]
) -> MachineTrouble:
    if any(name in names for name in found):
        return MachineTrouble(
            f"{path.name} is for other machines; nothing was loaded.",
            kind="bundle-other-processor",
            why=f"{path} holds {holds}; this engine is {here}",
            fix=[f"take the file for {here}", f"pack one: invoke pack {path.name} --platform {here}"],
        )
    return MachineTrouble(
        f"{path.name} is not the workshop's; nothing was loaded.",
        kind="bundle-foreign",
        why=f"{path} holds {holds}, and neither of {' and '.join(names)}",
        fix=["take the file that your instructor packed", "pack it: invoke pack base-images.tar"],
    )
