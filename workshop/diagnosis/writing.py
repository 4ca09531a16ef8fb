"""What goes wrong while building: the Dockerfile itself, names and flags. The first row that matches wins."""

from __future__ import annotations

from .row import Row, Words

_NEEDS_BUILDKIT = ("{flag} needs the newer builder, BuildKit.", "This docker command builds with the older one.")
_NEEDS_A_NEWER_ONE = ("This builder does not know --{flag}.", "It needs a BuildKit that is newer than this builder.")

WRITING = (
    Row(
        "heredoc-unterminated",
        (r"unterminated heredoc",),
        Words(
            "A text that begins with << never ends.",
            "It ends at a line that holds its name and nothing else, not even spaces.",
            ("Add that line.",),
        ),
        parsed=("heredoc-unterminated",),
    ),
    Row(
        "unknown-instruction",
        (
            r"parse error (?:on )?line \d+: unknown instruction: "
            r"(?P<word>[^\n]*?)(?: \(did you mean (?P<meant>\w+)\?\))?$",
            r"build error: unknown instruction: \"?(?P<word>[^\"\n]+?)\"?(?: &|$)",
        ),
        Words(
            "“{word}” is not an instruction.",
            "Each line of a Dockerfile begins with an instruction, such as FROM, COPY or RUN.",
            ("Look at the first word of the line, and at the end of the line above.",),
        ),
        parsed=("unknown-instruction",),
        details={
            "typo": Words(
                "“{word}” is not an instruction; was {meant} meant?",
                "The first word of a line must be an instruction.",
                ("Write {meant}.",),
            ),
            "no-blank": Words(
                "“{word}” is not an instruction: there is no blank behind {meant}.",
                "An instruction and its words have a blank between them, and neither = nor :.",
                ("Which sign stands behind {meant}?",),
            ),
            "command": Words(
                "“{word}” is a command of the shell, and no instruction.",
                "Commands stand behind RUN, on its line or on the next ones, as long as the line above ends with a \\. "
                "For some things, such as a folder, a variable or a copied file, there is an instruction instead.",
                ("Which instruction does that? Or does the line above lack its \\?",),
            ),
            "text-not-taken": Words(
                "“{word}” is not an instruction: {keyword} takes no text that begins with <<.",
                "Only RUN, COPY and ADD take one, and only with BuildKit.",
                ("Write what {keyword} needs on its own line.",),
            ),
            "lost-backslash": Words(
                "“{word}” is not an instruction: the line above does not go on.",
                "A command goes on in the next line only when its line ends with a \\ and nothing behind it.",
                ("Put a \\ at the end of the line above, with no space behind it.",),
            ),
            "fence": Words(
                "{word} belongs to the page that this was copied from.",
                "In Markdown such a line stands above and below code; to Docker it is an unknown instruction.",
                ("Delete it, and the one at the end.",),
            ),
            "slashes": Words(
                "{word} does not begin a comment here.",
                "In a Dockerfile a comment is a line that begins with #.",
                ("Begin the line with #.",),
            ),
            "conflict": Words(
                "{word} is a mark of Git's: two versions of these lines were never made one.",
                "Git leaves <<<<<<<, ======= and >>>>>>> where it could not merge.",
                ("Keep one of the two versions, and delete the three marks.",),
            ),
            "invisible-character": Words(
                "There is an invisible character behind “{word}”.",
                "It looks like a space and comes from copied text; Docker takes it for a letter.",
                ("Delete it and type a space.",),
            ),
            "not-utf-8": Words(
                "The Dockerfile is not saved as plain text.",
                "It is saved as UTF-16, which some Windows programs do; Docker reads UTF-8.",
                ("Save it again with the encoding UTF-8.",),
            ),
        },
    ),
    Row(
        "null-byte",
        (r"stream terminated by RST_STREAM with error code: PROTOCOL_ERROR",),
        Words(
            "{line} holds an invisible character (NUL).",
            "It came with copied text, or from a program that writes more than text. Docker takes it for a part of "
            "the word that it stands in.",
            ("Delete the line and type it anew.",),
        ),
        otherwise={"line": "A line of the Dockerfile"},
        parsed=("null-byte",),
    ),
    Row(
        "before-from",
        (r"no build stage in current context", r"please provide a source image with .?from.? prior to commit"),
        Words(
            "There is no FROM, or something stands before it.",
            "Every image begins with FROM; only ARG may stand above it.",
            ("Begin the Dockerfile with FROM and the base image.",),
        ),
        parsed=("before-from",),
    ),
    Row(
        "dockerfile-empty",
        (r"dockerfile.*cannot be empty", r"file with no instructions$"),
        Words(
            "The Dockerfile has no instructions.",
            "It is empty or holds only comments. Perhaps the editor has not saved it.",
            ("Save the file, and see what is in it: cat {./Dockerfile}",),
        ),
    ),
    Row(
        "dockerfile-is-a-folder",
        (r"dockerfile: is a directory",),
        Words(
            "“Dockerfile” is a folder here, not a file.",
            "Docker wants to read a file of that name.",
            ("Rename the folder, and put a file called Dockerfile in its place.",),
        ),
    ),
    Row(
        "dockerfile-missing",
        (
            r"failed to read dockerfile: open \S*?(?P<name>[^/\s]+): no such file",
            r"unable to evaluate symlinks in Dockerfile path: "
            r".*?(?P<name>[^/\\\s:]+): (?:no such file|the system cannot find)",
            r"cannot locate (?:specified )?Dockerfile: (?P<name>\S+)",
            r"failed to read dockerfile|unable to evaluate symlinks in Dockerfile path",
        ),
        Words(
            "There is no file called exactly “{name}” in that folder.",
            "Docker looks for it in the folder that the command ends with.",
            ("See what is in that folder: ls {.}",),
        ),
        otherwise={"name": "Dockerfile"},
        details={
            "other-name": Words(
                "There is no “{name}” in that folder, but there is “{meant}”.",
                "The file must be called exactly so: no ending, a capital D.",
                ("Rename it: mv {./meant} {./name}",),
            ),
        },
    ),
    Row(
        "folder-missing",
        (r"unable to prepare context: path \"?(?P<path>[^\"\n]+?)\"? not found",),
        Words(
            "There is no folder “{path}”.",
            "The last word of docker build names the folder to build from.",
            ("See where you are and what is there: ls",),
        ),
    ),
    Row(
        "dockerignore-invalid",
        (
            r"illegal exclusion pattern: \"?(?P<pattern>[^\"\n]*)\"?",
            r"error from sender: invalid excludepatterns",
            r"syntax error in pattern",
        ),
        Words(
            "A line of .dockerignore can't be read.",
            "The line is: {pattern}. A ! needs a name behind it, and a [ needs its ].",
            ("Correct or delete that line in .dockerignore.",),
        ),
        otherwise={"pattern": "not a valid pattern"},
        details={
            "backslash": Words(
                "A line of .dockerignore can't be read: it ends with a \\.",
                "The line is: {pattern}. Here, too, paths have a / between their parts, on Windows as well.",
                ("Write that line with /",),
            ),
            "not-utf-8": Words(
                "The {ignore} is saved as UTF-16, as PowerShell's > does; Docker reads UTF-8.",
                "The builder took the zero behind each letter for a part of a name, and gave up.",
                ("Save it again with the encoding UTF-8.",),
            ),
        },
    ),
    Row(
        "image-name-invalid",
        (
            r"repository name \(?(?:library/)?(?P<name>[^)\s]*)\)? ?must be lowercase",
            r"invalid tag \"?(?P<name>[^\"\n]*?)\"?: invalid reference format",
            r"invalid argument \"?(?P<name>[^\"\n]*?)\"? for \"?-t, --tag\"? flag",
            r"failed to parse stage name \"?(?P<name>[^\"\n]*?)\"?: invalid",
            r"invalid reference format",
        ),
        Words(
            "“{name}” can't be the name of an image.",
            "Names have small letters, digits and - _ . / in them, and one : before the tag; no spaces.",
            ("Write it in small letters, with - for a space.",),
        ),
        otherwise={"name": "That"},
        keywords=("FROM",),
        details={
            "capitals": Words(
                "“{name}” can't be the name of an image: it has capital letters.",
                "Docker wants small letters in names of images.",
                ("Write it in small letters.",),
            ),
        },
    ),
    Row(
        "no-folder-named",
        (r"\"?docker (?:buildx )?build\"?'? requires (?:exactly )?1 argument",),
        Words(
            "The folder to build from is missing.",
            "docker build ends with a folder: the dot means the one you are in.",
            ("Put a space and a dot at the end: docker build -t NAME .",),
        ),
    ),
    Row(
        "flag-needs-buildkit",
        (r"the (?P<flag>--\w+) option requires BuildKit",),
        Words(
            *_NEEDS_BUILDKIT,
            ("Do it without {flag}. Or install the buildx plugin.",),
        ),
        keywords=("COPY", "ADD", "RUN", "FROM"),
        details={
            "mode": Words(
                *_NEEDS_BUILDKIT,
                ("Do it without {flag}: a RUN can do the same. Or install the buildx plugin.",),
            ),
            "mount": Words(
                *_NEEDS_BUILDKIT,
                ("COPY the files in; in an earlier stage if they must not stay. Or install the buildx plugin.",),
            ),
            "exclude": Words(
                *_NEEDS_A_NEWER_ONE,
                ("Name these files in a .dockerignore.",),
            ),
            "recent": Words(
                *_NEEDS_A_NEWER_ONE,
                ("Do it without --{flag}.",),
            ),
        },
    ),
    Row(
        "quote-not-closed",
        (
            r"failed to process [\\\"]*(?P<word>[^\\\"\n]+?)\"?: unexpected end of statement while looking for",
            r"unexpected end of statement while looking for matching (?:double|single)-quote",
        ),
        Words(
            "A quote is opened here, and nothing closes it.",
            "A blank ends a word where no = stood before it, so quotes around a name and its value fall apart.",
            ("Put quotes around the value alone, behind the =.",),
        ),
        keywords=("COPY", "ADD", "LABEL", "ENV", "ARG", "WORKDIR", "USER", "EXPOSE", "VOLUME"),
        details={
            "files": Words(
                "A word of this line begins with a quote, and does not end with one.",
                "The builder cuts a line at each blank first, so quotes can't hold two words together. A list can.",
                ('Leave the quotes away; names with blanks need a list: COPY ["NAME", "PLACE"]',),
            ),
        },
    ),
    Row(
        "flag-without-value",
        (r"missing a value on flag: (?P<flag>\S+)",),
        Words(
            "--{flag} has no value.",
            "The value follows an =, and there are no spaces around that.",
            ("Compare it sign by sign with: --{flag}=NAME",),
        ),
    ),
    Row(
        "unknown-flag",
        (r"unknown flag: (?:--)?(?P<flag>\S+)",),
        Words(
            "There is no flag --{flag} here.",
            "Each instruction has its own few flags.",
            ("Check the spelling of --{flag}.",),
        ),
        parsed=("unknown-flag",),
    ),
    Row(
        "instruction-arguments",
        (
            r"parse error (?:on )?line \d+: (?P<message>\w+ (?:requires|needs|takes) [^\n]+)",
            r"parse error (?:on )?line \d+: (?P<message>unknown type \"?[^\"\n]*?\"? in HEALTHCHECK[^\n]*)",
            r"(?P<message>(?:ENV|LABEL) must have two arguments)",
            r"(?P<message>can't find = in (?:\"[^\"\n]*\"|[^\"\s]*[^\"\s.]))",
            r"(?P<message>when using JSON array syntax, arrays must be comprised of strings only)",
            r"(?P<message>invalid (?:containerPort|proto|hostPort|signal|start port)[^\n]*)",
            r"(?P<message>(?:FROM|RUN|CMD|ENTRYPOINT|ENV|ARG|LABEL|USER|WORKDIR|VOLUME|"
            r"EXPOSE|SHELL|STOPSIGNAL|ONBUILD|HEALTHCHECK) requires [^\n]+)",
            r"dockerfile parse error (?:on )?line \d+: (?P<message>[^\n]+)",
        ),
        Words(
            "The words behind the instruction are not what it takes.",
            "Docker says: {message}",
            ("See what the instruction takes: invoke explain {.}",),
        ),
        parsed=("arguments", "value-missing", "list-not-strings", "escape-invalid", "directive-twice"),
        details={
            "comment": Words(
                "A comment can't stand behind an instruction.",
                "Docker takes the # and all behind it for words of the instruction; a comment has a line of its own.",
                ("Move it to the line above.",),
            ),
            "blank": Words(
                "There is a blank in the middle of a name.",
                "Name, colon and tag are one word.",
                ("Write it in one: {name}",),
            ),
            "equals": Words(
                "There is a blank before an =.",
                "Name, = and value are one word, with nothing in between; a value with blanks has double quotes.",
                ("Write each pair in one: NAME=value",),
            ),
            "bare": Words(
                "A word of this list has no quotes.",
                "In a list each word is a text in double quotes; a number is one, too.",
                ("Which word has none around it?",),
            ),
            "two": Words(
                "Two instructions stand on one line.",
                "Each instruction begins a line of its own; {other} is taken for a word of the first.",
                ("Begin a new line at {other}.",),
            ),
        },
    ),
    Row(
        "build-arg-not-used",
        (r"one or more build-args \[(?P<names>[^\]]*)\] were not consumed",),
        Words(
            "Nothing in the Dockerfile takes the value of {names}.",
            "--build-arg reaches only an ARG of the same name, in the stage where it stands.",
            ("Declare it where it is needed: ARG {names}",),
        ),
    ),
    Row(
        "buildx-missing",
        (r"buildx component is missing or broken", r"unknown (?:command|flag): .*buildx"),
        Words(
            "This docker command has no buildx plugin.",
            "BuildKit was asked for, and the plugin is what speaks to it.",
            ("Install the buildx plugin, or build without it: DOCKER_BUILDKIT=0",),
        ),
    ),
    Row(
        "buildkit-missing",
        (
            r"unable to upgrade to h2c, received 404",
            r"stat \S*libpod_builder\d+/\S+: no such file",  # whichever comes first: the context goes that other way
        ),
        Words(
            "This engine has no BuildKit, and the docker command asks for it.",
            "Podman, answering in Docker's place, has a builder of its own, reached as the classic one is.",
            ("Build without it: export DOCKER_BUILDKIT=0   (Windows: set DOCKER_BUILDKIT=0)",),
        ),
    ),
)
