"""What every task shares: a polite end, a question, an answer to mistyped words. Only it and the tasks know invoke."""

from __future__ import annotations

import atexit
import functools
import gc
import itertools
import re
import shutil
import sys
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any

from invoke import Argument, Collection, Context, Exit, Task
from invoke.exceptions import ParseError
from invoke.parser import Parser, ParserContext
from invoke.program import Program

from . import ending, names, trouble

STARTED = Path(sys.argv[0]).stem in ("invoke", "inv")
"""Whether this process is a task's; else somebody imports the tasks, such as a test."""

if STARTED:
    ending.make_sure()  # first of all: Ctrl-C while the tasks are loaded, a closed stream, invoke's own list of tasks
atexit.register(gc.freeze)  # nor is there any to look for when the process ends: 50 ms
gc.set_threshold(100_000)  # imports make many objects and no garbage: looking for it takes 30 ms of a task's start

CONTAINER = {"container": "the container's name (else: banana-smith-container, or what invoke.yaml says)"}
YES = {"yes": "don't ask"}
"""Help for flags that several tasks have."""
_UNCHANGED = "nothing was changed"
"""What there is to say of a task that is stopped while it asks whether to go on."""


def polite(body: Callable[..., Any]) -> Callable[..., Any]:
    """Let a task end without a traceback: a `Trouble` is shown, Ctrl-C is 130, a closed pipe is nobody's fault."""

    @functools.wraps(body)
    def wrapped(c: Context, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the task's own
        try:
            with ending.stoppable():
                body(c, *args, **kwargs)
                ending.flush()
        except Exit:
            raise
        except (Exception, KeyboardInterrupt) as error:
            raise Exit(code=ending.told(error)) from error

    return wrapped


def container_name(c: Context, name: str | None = None) -> str:
    """Give the name of the lesson's container: the one that was typed, else as it is set.

    Raises:
        Usage: Docker would refuse it.

    """
    from . import names

    return names.container(str(name or c.config.workshop.container))


def sure(question: str, *, yes: bool) -> bool:
    """Ask on a terminal; without one, only --yes is a yes."""
    if yes or not sys.stdin.isatty():
        return yes
    try:
        return answer(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except KeyboardInterrupt as stopped:
        raise KeyboardInterrupt(_UNCHANGED) from stopped


def asking() -> Callable[[str], str] | None:
    """Give what asks questions; None where nobody is there to answer, or to read them."""
    return answer if sys.stdin.isatty() and sys.stdout.isatty() else None


def answer(question: str) -> str:
    """Ask on the terminal, and give what was typed; "q" where the input is at its end.

    Where a question is wider than the terminal, its end in brackets, such as [y/N], has a line of its own.
    """
    words, bracket, end = question.rpartition(" [")
    if bracket and len(question) >= shutil.get_terminal_size().columns:
        from . import report

        report.say(words)
        question = f"[{end}"
    try:
        return input(question)
    except EOFError:
        return "q"


class WordMayFollow(Task[Any]):
    """A task whose positional word may be left out, which Invoke itself does not have: `explain`, `explain exercise-3`.

    The parser takes a word for a positional only while that one has no value, and complains when it still has none at
    the end. So it has none where a word stands behind the task's name, and an empty one elsewhere.

    A flag that is among its `optional` may end the line without a value; a word behind it is always its value, where
    Invoke would doubt that for a word that is the name of a task, or looks like a flag.
    """

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        """Give the arguments, as the command line needs them."""
        arguments = super().get_arguments(ignore_unknown_help)
        there = _words_of(self.name, arguments, sys.argv[1:])
        for one in arguments:
            if one.positional and not there:
                one.default = ""
            one.optional = one.optional and sys.argv[-1] in _spellings(one)
        return arguments


class TakesSeveral(Task[Callable[..., Any]]):
    """A task that takes as many words for its one positional as are typed, and gets them as a list.

    Invoke gives a positional one word; so one more of them is declared for each word that stands there now.
    """

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        """Declare what invoke parses this task's words with."""
        given = super().get_arguments(ignore_unknown_help)
        words = range(2, _words_of(self.name, given, sys.argv[1:]) + 1)
        name = self._positional
        return [*given, *(Argument(f"{name}-{one}", positional=True, attr_name=f"{name}_{one}") for one in words)]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the task's own
        """Run it with the words in one list."""
        names = [one for one in kwargs if re.fullmatch(rf"{self._positional}(_\d+)?", one)]
        words = [kwargs.pop(one) for one in names]
        return super().__call__(*args, **kwargs, **{self._positional: words})

    @property
    def _positional(self) -> str:
        return str(next(iter(self.positional)))


def _spellings(argument: Argument) -> set[str]:
    """Give a flag as one types it: -e, --error."""
    return {f"{'--' if len(one) > 1 else '-'}{one}" for one in argument.names}


def _words_of(name: str, arguments: list[Argument], argv: list[str]) -> int:
    """Count the words behind a task's name that are neither flags nor their values."""
    takes_value = {flag for arg in arguments if arg.takes_value for flag in _spellings(arg)}
    count, value_comes = 0, False
    for word in argv[argv.index(name) + 1 :] if name in argv else ():
        count += not (value_comes or word.startswith("-"))
        value_comes = word in takes_value
    return count


def _such_as(task: str, word: str, argv: list[str]) -> str:
    """Show how a task is typed that was typed without its word."""
    if task == "reset":
        from . import exercises
        from .learning import resetting

        if "--undo" in argv and (last := resetting.last_replaced()):
            return f"The last one that was replaced comes back with: invoke reset {last} --undo"
        if here := exercises.here():
            return f"This folder's would be: invoke reset {here}"
    such_as = {"exercise": "exercise-1", "file": "base-images.tar"}.get(word, word)
    return f"Such as: invoke {task} {such_as}"


def refuse_bad_usage(ns: Collection) -> None:
    """Answer a mistyped task or flag with the nearest one and exit code 2; invoke itself would give 1: "not yet".

    Raises:
        Exit: the words that invoke was started with can't be taken.

    """
    if not STARTED:
        return
    argv = sys.argv[1:]
    helps = {one: dict(one.help) for one in ns.tasks.values()}
    contexts, core = ns.to_contexts(), Program().initial_context
    for one, its_help in helps.items():
        one.help = its_help  # making contexts takes the help texts away, and invoke makes them again
    try:
        parsed = Parser(initial=core, ignore_unknown=True).parse_argv(argv)
        rest = parsed.unparsed
        _must_be_a_task(parsed[0].args["help"].value, ns.tasks)
        _must_be_no_group(parsed[0].args["list"].value)
        if asked := _asked_for_help(rest, ns.tasks):
            _Help(namespace=ns, binary="inv[oke]").run(["invoke", *asked], exit=False)
            raise Exit(code=trouble.DONE)
        Parser(initial=core, contexts=contexts).parse_argv(rest)
    except (ValueError, ParseError) as error:
        by_name = {word: one for one in contexts for word in [one.name, *one.aliases] if word}
        at = next((word for word in argv if word in by_name), "")
        if isinstance(error, ParseError) and "positional" in str(error):
            what = _word_missing(at, list(ns.tasks[at].positional), argv)
        else:
            what = _mistyped(error, argv, by_name, by_name.get(at))
        fix = f"invoke --help {at}   (all that it takes)" if at else "invoke --list   (all tasks)"
        raise Exit(code=ending.told(trouble.Usage(what, fix=fix))) from error


class _Help(Program):
    """Shows help as invoke does, of tasks that are loaded already."""

    def task_list_opener(self, extra: str = "") -> str:
        """Head the list as `invoke --list` does."""
        return f"Available tasks{extra}"


def _must_be_a_task(word: object, tasks: Container[str]) -> None:
    """Refuse help on a word that is no task, with invoke's own words for that."""
    if isinstance(word, str) and word not in tasks:
        raise ParseError(f"No idea what {word!r} is!")


def _must_be_no_group(word: object) -> None:
    """Refuse the list of a group of tasks, for which Invoke would give exit code 1."""
    if isinstance(word, str):
        raise ParseError(f"--list takes no word, and here is {word!r}: the tasks are in no groups.")


def _asked_for_help(words: list[str], tasks: Container[str]) -> list[str]:
    """Give the flags with which invoke shows the help that these words ask for in another way; none if they don't."""
    task, *others = words or [""]
    if task in tasks and {"-h", "--help"} & set(others):
        return ["--help", task]
    if task == "help":
        return ["--help", others[0]] if others and others[0] in tasks else ["--list"]
    return []


_EXAMPLES = {
    "error": "needs the text of the error, in single quotes: invoke explain --error '…'",
    "path": "needs a folder, such as exercises/exercise-1",
    "image": "needs an image's name, such as banana-smith-image",
    "container": "needs a container's name, such as banana-smith-container",
}
"""What flags without a value need; of others, their help text says it."""
_MEANT = {
    **dict.fromkeys(("status", "progress", "list", "ls", "next", "todo"), "exercises"),
    **dict.fromkeys(("undo", "restore", "revert"), "reset --undo"),
    **dict.fromkeys(("check", "judge", "tests"), "verify"),
    **dict.fromkeys(("start", "restart"), "run"),
}
"""Words that one tries as a task, and the task that does it; by their letters they are nearer to others, or to none."""
_DEVELOPERS = {"bench", "lint", "prove", "test"}
"""Tasks that nobody is led to by a slip of the finger."""


def _mistyped(
    error: ValueError | ParseError, argv: list[str], by_name: dict[str, ParserContext], task: ParserContext | None
) -> str:
    """Say what is wrong with these words; `task` is the one that stands first among them."""
    said = str(error)
    if not isinstance(error, ParseError):
        wrong = said.rpartition(": ")[2].strip("'\"")
        return f"{_spelt(task, _flag_of(wrong, argv))} takes a number, such as 2, and not {wrong!r}."
    if its_flag := re.search(r"<Argument: ([\w-]+)", said):
        if "doesn't take" in said:
            return f"--{its_flag[1]} takes no value."
        its = task.args.get(its_flag[1]) if task else None
        needs = _EXAMPLES.get(its_flag[1]) or f"needs a value: {its.help if its and its.help else its_flag[1]}"
        return f"--{its_flag[1]} {needs}"
    named = re.fullmatch(r"No idea what .(.*). is!", said, re.DOTALL)
    wrong = named[1] if named else ""
    if wrong.startswith("-"):
        near = names.nearest(wrong, task.flags if task else ())
        what = f"There is no flag called {wrong!r}."
    else:
        near = _MEANT.get(wrong.lower()) or names.nearest(wrong, by_name)
        if task or near in _DEVELOPERS:
            near = None  # behind a task, a word is rarely another one
        what = f"There is no task called {wrong!r}." if wrong else said
        if task and wrong:
            if wrong.isdigit() and argv[argv.index(wrong) - 1].lower() == "exercise":
                return f"An exercise's name is one word. Did you mean invoke {task.name} exercise-{wrong}?"
            what = f"{task.name} takes {_takes(task)}; and there is no task called {wrong!r}."
    return what + (f" Did you mean {near}?" if near else "")


def _flag_of(value: str, argv: list[str]) -> str:
    """Give the flag that was typed with a value, before it or in one word with it; another word may read the same."""
    before = next((flag for flag, word in itertools.pairwise(argv) if word == value and flag.startswith("-")), "")
    joined = (word for word in argv if word.startswith("-") and word.endswith(value))
    return before or next(joined, "").partition("=")[0]


def _spelt(task: ParserContext | None, flag: str) -> str:
    """Give a flag's long name."""
    return f"--{task.flags[flag].name}" if task and flag in task.flags else flag or "A flag"


def _takes(task: ParserContext) -> str:
    """Say what a task takes: how many words, and which flags."""
    words = "one word" if task.positional_args else "no word"
    flags = [f"--{one}" for one, its in task.args.items() if not its.positional]
    return f"{words}, only {', '.join(flags)}" if flags and not task.positional_args else words


def _word_missing(task: str, positional: list[str], argv: list[str]) -> str:
    if "address" in positional:
        return f"The board's address and the class's code, please. Such as: invoke {task} 192.168.1.5 k7mq-x2vd"
    word = next(iter(positional), "exercise").removesuffix("s")
    return f"Which {word}? {_such_as(task, word, argv)}"
