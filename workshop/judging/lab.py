"""The bench a check works at: build the answer, start it, ask it, look inside; and say what is missing."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import itertools
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

from workshop import places
from workshop.dockerfile.finding import unread
from workshop.engine import calling_off, cleaning, labels
from workshop.engine.api import Refused, connect, is_image_gone
from workshop.engine.build import Build, build
from workshop.engine.containers import Container, Output, Plan
from workshop.inside.image import Image

from . import edited, kept, looking, mixed_up
from .answer import Answer
from .checking import NotYet
from .running import Running

if TYPE_CHECKING:
    from workshop.engine.limits import Limits
    from workshop.exercises import Exercise

    from .bounds import Bounds
    from .verdict import Where

BUILD_WITHIN = 60
"""Seconds a build may take: a model answer takes under two, so what takes a minute waits for something."""
END_WITHIN = 10
"""Seconds a program that is run to its end may take."""

T = TypeVar("T")


class Lab(Answer):
    """One verification of one answer: its own names, its own ports, gone when it is done."""

    def __init__(
        self,
        exercise: Exercise,
        folder: Path,
        *,
        own: bool = False,
        meanwhile: Callable[[], object] | None = None,
        limits: Limits | None = None,
    ) -> None:
        super().__init__(exercise, folder, own=own)
        self._limits = limits
        self.bounds = _bounds(self, limits) if limits else None
        """What a stranger's answer is kept in; None for a learner's own, on their own machine."""
        self._meanwhile = meanwhile
        # with a letter first: an answer that shouts must not give it back as it was
        self.nonce = secrets.choice("abcdef") + secrets.token_hex(4)[1:]
        """New for each verification, so that no answer can know it beforehand."""
        self.image_name = exercise.image
        """The image's name on the learner's machine, for commands that are shown."""
        self._numbers = itertools.count()
        self._builds: dict[object, Image] = {}
        self._tags: list[str] = []
        """Each build's own, of builds that came to nothing too."""
        self._containers: list[str] = []
        self._folders: dict[tuple[str, str], dict[str, bytes]] = {}
        self._readers: dict[str, Container] = {}
        """Containers that are never started, by image: for reading files."""
        self._outdated: list[str] = []
        """IDs of images that no name leads to, or no longer."""
        self._notes: list[str] = []
        self._stack = contextlib.ExitStack()
        """Holds what is open until the verification ends."""
        self._made: dict[object, object] = {}
        self._making: dict[object, threading.RLock] = {}
        """What is made once is made by one thread, and the others wait."""
        self._others: list[threading.Thread] = []

    def __enter__(self) -> Lab:
        # Whatever waits for a container waits no longer when that is removed.
        self._stack.enter_context(calling_off.then(lambda: cleaning.remove_later(self._containers)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Have everything removed, without waiting for it; leftovers of interrupted runs go, too."""
        for one in self._others:
            one.join()  # what it makes must be known before everything is removed
        self._stack.close()
        if self.bounds:
            self.bounds.close()
        cleaning.remove_later(self._containers, self._tags, nameless=self._outdated, leftovers_of=places.ROOT)

    @property
    def images(self) -> tuple[Image, ...]:
        """Every image that was built so far, oldest first."""
        return tuple(self._builds.values())

    @property
    def containers(self) -> tuple[Container, ...]:
        """Every container that was made so far, oldest first."""
        return tuple(Container(one, one[:12]) for one in self._containers)

    @property
    def at(self) -> Path:
        """Where the answer's folder is for whoever reads of it; who reads a grade has a copy, and stands in it."""
        return Path() if self.bounds else super().at

    def _tag(self) -> str:
        """Name each build of this verification, so that another one can't take its image away."""
        tag = f"{labels.LAB_IMAGES}:{self.exercise.name}-{self.nonce}_{os.getpid()}-{next(self._numbers)}"
        self._tags.append(tag)
        return tag

    def once(self, make: Callable[[Lab], T]) -> T:
        """Make something the first time it is asked for, and share it among this verification's checks."""
        with self._alone(make):
            if make not in self._made:
                self._made[make] = make(self)
            return cast("T", self._made[make])

    def ahead(self, *makes: Callable[[Lab], object]) -> None:
        """Begin to make what later checks will ask `once`, `build` or `running` for, while this one goes on.

        What fails is tried again, and explained, by the check that asks for it. A stranger's answer is kept in bounds,
        and has them for one thing at a time: there this does nothing.
        """
        for make in () if self.bounds else makes:
            asked = contextvars.copy_context()  # a verification is called off by its context
            other = threading.Thread(target=asked.run, args=(self._try, make), daemon=True)
            self._others.append(other)
            other.start()

    def _try(self, make: Callable[[Lab], object]) -> None:
        with contextlib.suppress(Exception, calling_off.CalledOff):
            self.once(make)

    def _alone(self, making: object) -> threading.RLock:
        return self._making.setdefault(making, threading.RLock())

    # Building -----------------------------------------------------------------------------------------------

    def build(
        self, *, args: Mapping[str, str] | None = None, edits: edited.Edits | None = None, within: float | None = None
    ) -> Image:
        """Build the answer, once for the same arguments and edits; not there yet when it does not build.

        `within` is how many seconds it may take, if not `BUILD_WITHIN`.
        """
        key = (tuple(sorted((args or {}).items())), tuple(sorted((edits or {}).items(), key=str)))
        with self._alone(key):
            if key not in self._builds:
                with self.context(edits) as folder:
                    self._builds[key] = self._build(
                        folder, args, plain=not args and not edits, within=within or BUILD_WITHIN
                    )
            return self._builds[key]

    def _build(self, folder: Path, args: Mapping[str, str] | None, *, plain: bool, within: float) -> Image:
        if plain and not self._tags and not self.bounds:  # steps of marked files are nobody else's
            cleaning.settle_others()
        keep = plain and self.own  # the learner may look into it afterwards; it is also the next build's cache
        if keep:
            cleaning.settle()  # what is removed behind the last verdict may be what this build finds
        calling_off.check()
        tags = [self._tag(), *([self.image_name] if keep else [])]
        if self.bounds:
            self.bounds.admit()
        make = functools.partial(
            build,
            folder,
            tags=tags,
            args=args,
            labels=labels.on_image(places.ROOT),
            timeout=within,
            meanwhile=connect,
            limits=self._limits,
        )
        result = make()
        image = Image(result.image_id, self.image_name, self._stack)
        if plain and result.ok and mixed_up.is_so(self.dockerfile, image):
            self._outdated += [result.image_id, *(tip.id for tip in result.tips if not tip.cached)]
            result = make(cache=False)
            image = Image(result.image_id, self.image_name, self._stack)
            self.note("docker build took a step of another Dockerfile out of its cache; --no-cache helps against it")
        if keep:
            self._outdated += kept.keep(self.exercise.name, result.image_id, (tip.id for tip in result.tips))
        else:
            self._outdated += [tip.id for tip in result.tips if not tip.cached]
        if not result.ok:
            self._tags.remove(tags[0])
            self._not_built(result, folder)
        if plain and (other := unread(folder)):
            self.note(f"docker build reads Dockerfile; what you write into {other}, beside it, is not in the image")
        if self.bounds and (finding := self.bounds.too_large(image)):
            self._outdated.append(image.id)
            raise NotYet(finding)
        return image

    def image(self, name: str) -> Image:
        """Look at an image of this machine that is not an answer's, such as a base image."""
        return Image(name, name, self._stack)

    def _not_built(self, result: Build, folder: Path) -> NoReturn:
        from . import causes

        raise NotYet(causes.not_built(self, result, folder))

    @contextlib.contextmanager
    def context(self, edits: edited.Edits | None = None) -> Iterator[Path]:
        """Lend the folder to build: the answer's own, or a copy with `edits` made."""
        if not edits:
            yield self.folder
            return
        with edited.copy_of(self.folder, edits) as copy:
            yield copy

    # Running ------------------------------------------------------------------------------------------------

    @property
    def running(self) -> Running:
        """The answer's container, started once as `docker run -d -P` does, for all checks that can share it."""
        return self.once(Lab.start)

    def start(self, image: Image | None = None, command: Sequence[str] | None = None, **options: Any) -> Running:  # noqa: ANN401
        """Start a container of `image` (the plain build) and leave it running; options are those of `Plan`."""
        image = image or self.build()
        calling_off.check()
        plan = Plan(
            image.id,
            name=f"docker-101-{self.exercise.name}-{self.nonce}-{next(self._numbers)}",
            command=command,
            labels=labels.of_lab(places.ROOT),
            limits=self._limits,
            **options,
        )
        try:
            container = self._create(plan, image.exposed)
            with self._something_useful():
                container.start()
        except Refused as refused:
            if is_image_gone(refused):
                raise  # not the answer's doing, and the whole verification begins again
            from . import causes

            raise NotYet(causes.not_started(self, image, str(refused))) from refused
        return Running(self, image, container)

    def _create(self, plan: Plan, exposed: Sequence[str]) -> Container:
        container = Container.create(plan, exposed)
        self._containers.append(container.id)
        if self.bounds:
            self.bounds.follow(container.id)
        return container

    @contextlib.contextmanager
    def _something_useful(self) -> Iterator[None]:
        """Have `meanwhile` done, once, while the engine starts a container (200 ms in which Python would only wait)."""
        work, self._meanwhile = self._meanwhile, None
        thread = threading.Thread(target=work) if work else None
        if thread:
            thread.start()
        yield
        if thread:
            thread.join()

    def finish(self, *command: str, image: Image | None = None, within: float = END_WITHIN, **options: Any) -> Output:  # noqa: ANN401
        """Run a container to its end, as `docker run IMAGE COMMAND…` does, and give what it printed."""
        return self._finish(self.start(image, list(command) if command else None, **options), within)

    def printed(self, *command: str, image: Image | None = None, expected: str = "", **options: Any) -> Output:  # noqa: ANN401
        """Run a container as `finish` does; not there yet, with the cause, when its program failed.

        `expected` is what a learner reads about what it should have done.
        """
        running = self.start(image, list(command) if command else None, **options)
        output = self._finish(running, END_WITHIN)
        if output.code:
            from . import causes

            raise NotYet(causes.ended(running, expected=expected or "a program that ends with exit code 0"))
        return output

    def _finish(self, running: Running, within: float) -> Output:
        code = running.container.wait(within)
        if code is None:
            self.not_yet(
                "never-ends",
                f"This program should do its work and end; after {within:g} seconds it still ran.",
                expected="a container that ends by itself",
                actual=running.last_words() or "still running, and nothing printed",
                hint="look at what the container starts: is it a server, or a shell that waits?",
                where=self.where("CMD", "ENTRYPOINT"),
            )
        return running.container.output(code)

    def file(self, path: str, image: Image | str | None = None) -> bytes | None:
        """Read a file of an image (the plain build; or a base image, by its name); None where it has none."""
        return self._reader(image).read(path)

    def folder_of(self, path: str, image: Image | str | None = None) -> dict[str, bytes]:
        """Read all files of a folder of an image, by their path within it; once, so that many are as quick as one."""
        key = (path, image if isinstance(image, str) else (image or self.build()).id)
        if key not in self._folders:
            self._folders[key] = self._reader(image).read_folder(path)
        return self._folders[key]

    def _reader(self, image: Image | str | None) -> Container:
        identifier = image if isinstance(image, str) else (image or self.build()).id
        if identifier not in self._readers:
            plan = Plan(identifier, command=["true"], labels=labels.of_lab(places.ROOT))
            self._readers[identifier] = self._create(plan, [])
        return self._readers[identifier]

    # Saying what is missing ---------------------------------------------------------------------------------

    def inside(self, command: str) -> str:
        """Write a command for `look` that runs `command` in the answer's image, whatever that starts by itself."""
        return looking.inside(next(iter(self._builds.values()), None) or self.build(), command)

    def started_shown(self) -> str:
        """Write a command for `look` that shows what a container of the answer starts."""
        return looking.command_of(self.image_name)

    def while_running(self, *commands: str, options: str = "-d -P") -> str:
        """Write commands for `look` that need a container: it is called `look` in them, and gone with the last line."""
        return looking.while_running(self.image_name, *commands, options=options)

    def asking(self, path: str) -> str:
        """Write commands for `look` that ask the answer's server for `path`."""
        running = cast("Running | None", self._made.get(Lab.start))
        return looking.asking(self.image_name, path, port=running.port if running else None)

    def note(self, text: str) -> None:
        """Tell something worth knowing though the check passes."""
        self._notes.append(text)

    def take_notes(self) -> tuple[str, ...]:
        """Give the notes of the check that just ran, once."""
        notes, self._notes = tuple(self._notes), []
        return notes

    # Who to blame -------------------------------------------------------------------------------------------

    def bringer(self, path: str, base: str, image: Image | None = None) -> Where | None:
        """Find the instruction that brought `path` into the image, for blame; None where that can't be told."""
        return self.maker(path, base, image, nth=0)

    def maker(self, path: str, base: str, image: Image | None = None, *, nth: int = -1) -> Where | None:
        """Find the instruction that wrote `path` last (or as number `nth`) above `base`; None where unknown."""
        image = image or self.build()
        holding = [number for number, layer in enumerate(image.layers_above(base)) if path.lstrip("/") in layer.files]
        return self.made_layer(holding[nth], base, image) if holding else None

    def made_layer(self, place: int, base: str, image: Image | None = None) -> Where | None:
        """Find the instruction that made the layer at `place` of those above `base`; None where unknown."""
        from workshop.inside import built

        one = built.maker(image or self.build(), self.dockerfile, place, base)
        return self.line(one.first_line) if one else None


def _bounds(lab: Lab, limits: Limits) -> Bounds:
    from .bounds import Bounds  # only a class's grading needs it

    return Bounds(lab, limits)
