"""What goes wrong while building: files that COPY and ADD can't find or place. The first row that matches wins."""

from __future__ import annotations

from .row import Row, Words

FILES = (
    Row(
        "copy-outside-folder",
        (
            r"forbidden path outside the build context: (?P<file>\S+)",
            r"possible escaping context directory error: copier: stat: \"?(?P<file>[^\"\n:]+)\"?",
        ),
        Words(
            "COPY can't reach “{file}”: it lies outside the folder that Docker was given.",
            "The builder sees only that folder and what is in it; “..” leads nowhere.",
            ("Put a copy of the file into the folder.",),
        ),
        keywords=("COPY", "ADD"),
    ),
    Row(
        "copy-takes-no-address",
        (r"source can't be a (?:URL|git ref) for COPY",),
        Words(
            "COPY takes files, not addresses.",
            "Only ADD can fetch from an address.",
            ("Use ADD, or put the file into the folder and COPY it from there.",),
        ),
        keywords=("COPY",),
    ),
    Row(
        "address-not-reached",
        (
            r"ADD failed: (?:Get|Head) \"?(?P<address>https?://[^\s\"]+?)\"?:?(?:\s|$)",
            r"failed to load cache key: (?:Get|Head) \"?(?P<address>https?://[^\s\"]+?)\"?:?(?:\s|$)",
            r"failed to load cache key: invalid response status (?P<address>\d+)",
        ),
        Words(
            "ADD could not fetch {address}.",
            "An address is asked for while the image is built. In this workshop everything works without a network.",
            ("Put the file into the folder, and copy it from there.",),
        ),
        keywords=("ADD",),
    ),
    Row(
        "copy-pattern-matches-nothing",
        (r"no source files were specified",),
        Words(
            "The pattern in COPY or ADD matches no file.",
            "Nothing in the folder has such a name, or .dockerignore keeps it out.",
            ("Compare the pattern with: ls -a {.}",),
        ),
        keywords=("COPY", "ADD"),
    ),
    Row(
        "copy-needs-folder",
        (r"destination must be a directory and end with a /",),
        Words(
            "Several files need a folder to go to.",
            "Docker knows that the last word is a folder when it ends with /.",
            ("Put a / behind the last word.",),
        ),
        keywords=("COPY", "ADD"),
        details={
            "space": Words(
                "A lone / stands between other words, so it is taken for one of several things to copy.",
                "A space ends a word: a path with one in it is two paths.",
                ("Read the line word by word. Should there be a space behind the /?",),
            ),
            "backslash": Words(
                "A \\ does not lead into a folder here.",
                "In a Dockerfile paths have a / between their parts, on Windows too. A \\ at the end of a line "
                "joins the next line to it.",
                ("Write the path with /",),
            ),
            "sign": Words(
                "The last word ends with “{sign}”, and that belongs to the path.",
                "Behind COPY and ADD every sign is part of a name, and nothing ends the line. A folder ends with /.",
                ("Compare the end of the line with what you meant.",),
            ),
        },
    ),
    Row(
        "copy-needs-destination",
        (r"(?P<word>COPY|ADD) requires at least two arguments",),
        Words(
            "{word} says what to take, and not where to put it.",
            "The last word behind {word} is always a place in the image, those before it are files of your folder. "
            "Here is one word only.",
            ("Where in the image should the file lie?",),
        ),
        keywords=("COPY", "ADD"),
        parsed=("arguments",),
    ),
    Row(
        "copy-folder-onto-file",
        (
            r"cannot copy to non-directory: \S*?/merged(?P<file>\S+)",
            r"failed to copy directory: .*/merged(?P<file>\S+): not a directory",
        ),
        Words(
            "“{file}” is a file in the image, and a folder can't be put over it.",
            "The source of this COPY is a folder.",
            ("Choose another destination, or copy a single file.",),
        ),
        otherwise={"file": "The destination"},
        keywords=("COPY", "ADD"),
    ),
    Row(
        "file-instead-of-folder",
        (
            r"cannot mkdir: (?P<file>\S+) is not a directory",
            r"(?:mkdir|lstat) \S*?/(?:merged|(?:buildkit|containerd)-mount\d+)(?P<file>/[^:\s]+): not a directory",
        ),
        Words(
            "“{file}” can't be a folder: a file has that name, or the name of a folder above it.",
            "A path leads through folders only.",
            ("Which line above makes a file of that name?",),
        ),
        keywords=("WORKDIR", "COPY", "ADD"),
        details={
            "copied": Words(
                "“{file}” is a file in the image, and a folder is needed there.",
                "Line {line} made it: where there is no such folder, COPY takes the last word for the file's new name.",
                ("What tells COPY in line {line} that {file} is a folder?",),
            ),
        },
    ),
    Row(
        "copy-source-missing",
        (
            r"excluded by \.dockerignore: stat (?P<file>[^:\n]+)",
            r"COPY failed: stat (?P<file>[^:\n]+): (?:file does not exist|no such file)",
            r"ADD failed: stat (?P<file>[^:\n]+): (?:file does not exist|no such file)",
            r"failed to (?:compute cache key|calculate "
            r"checksum)[^\n]*?: \"?(?P<file>/[^\"\n:]*?)\"?(?: not found)?: not found",
            r"\"(?P<file>/[^\"\n]*)\"(?: not found)?: not found",
            r"lstat \S*/(?:merged|buildkit-mount\d+)/?(?P<file>/[^:\s]+): no such file or directory",
            r"(?:COPY|ADD) failed: no such file or directory",
            r"checking on sources under [^\n]*copier: stat: \[?\"?(?P<file>[^\"\n:\]]+)\"?",
        ),
        Words(
            "“{file}” is not in the folder that Docker was given.",
            "The builder sees only that folder: the one the command ends with, usually the dot.",
            ("Compare the name with: ls -a {.}",),
        ),
        otherwise={"file": "The source"},
        keywords=("COPY", "ADD"),
        details={
            "space": Words(
                "“{file}” is not there, but “{meant}” is, with a blank in its name.",
                "Behind COPY and ADD a blank ends a name, so that this one became several.",
                ('Write the names as a list, each in double quotes: COPY ["NAME", "PLACE"]',),
            ),
            "typo": Words(
                "“{file}” is not there, but “{meant}” is.",
                "Docker takes a name as it is written.",
                ("Was “{meant}” meant?",),
            ),
            "case": Words(
                "“{file}” is not there, but “{meant}” is.",
                "The builder tells capitals from small letters, even where your laptop does not.",
                ("Write it as the file is called: {meant}",),
            ),
            "elsewhere": Words(
                "“{file}” is not there, but “{meant}” is.",
                "A path in COPY begins at the folder that Docker was given, "
                "not next to the Dockerfile or where you are.",
                ("Write the path from that folder on: {meant}",),
            ),
            "ignored": Words(
                "“{file}” is in the folder, but .dockerignore keeps it out.",
                "What .dockerignore names is never sent to the builder. The line that matches: {pattern}",
                ("Change that line in .dockerignore, or add below it: !{file}",),
            ),
            "absolute": Words(
                "“{file}” is not in the folder that Docker was given.",
                "A path in COPY never begins at your disk: even one with a / in front begins at that folder.",
                ("Put the file into the folder and write its path from there, with no / in front.",),
            ),
            "dangling-link": Words(
                "“{file}” is a link to something that is not in the folder.",
                "The builder gets the link, but not what it points to ({target}).",
                ("Put the real file there instead of the link.",),
            ),
            "not-in-stage": Words(
                "“{file}” is not in {stage}.",
                "With --from= the path begins at / of that stage or image, and there is no such file there.",
                ("Look where that stage puts it: its WORKDIR, the last word of its COPY lines, the words of its RUN.",),
            ),
            "kept": Words(
                "“{file}” is not in {stage}.",
                "ONBUILD in line {line} keeps its instruction for a later build, one that begins FROM this stage; in "
                "the stage itself it does nothing.",
                ("When should line {line} do its work?",),
            ),
            "not-in-image": Words(
                "“{file}” is not in {stage}.",
                "--from= with the name of an image takes from the image as it came; what a stage added on top of it is "
                "in that stage alone.",
                ("Which stage has it, and what is that stage called?",),
            ),
            "in-stage": Words(
                "“{file}” is not in the folder that Docker was given.",
                "A COPY takes from your folder. Line {line} speaks of it in another stage, and what a stage makes "
                "stays there.",
                ("COPY has an option that says from which stage it takes.",),
            ),
            "option": Words(
                "“{file}” is taken for the name of a file.",
                "An option stands right behind the instruction, before all names; it begins with two dashes and has no "
                "spaces around its =.",
                ("Compare it sign by sign with: --from=NAME",),
            ),
            "option-of-cp": Words(
                "“{file}” is taken for the name of a file.",
                "COPY is not cp: it takes a folder with all that is in it, and needs no option for that.",
                ("Leave “{file}” out.",),
            ),
            "invisible-character": Words(
                "There is an invisible character in this name: “{file}”.",
                "It looks like a space, or like nothing, and comes from copied text; Docker takes it for a letter.",
                ("Delete the word and type it again.",),
            ),
            "order": Words(
                "“{file}” is not in the folder that Docker was given, and the last word, “{last}”, is.",
                "COPY and ADD take first what to copy, from your folder, and last the place in the image.",
                ("Compare the order of the words.",),
            ),
            "list": Words(
                "The list in [ ] is not a proper list, so every piece of it is taken for a name.",
                "A list needs plain double quotes around each word, and a comma between them.",
                ("Write the names without any [ ], or with double quotes.",),
            ),
            "backslash": Words(
                "A \\ does not lead into a folder here.",
                "In a Dockerfile paths have a / between their parts, on Windows too.",
                ("Write each path with /",),
            ),
            "joining-word": Words(
                "“{file}” is taken for the name of a file.",
                "Every word but the last is something to copy; nothing stands between them and the destination.",
                ("Leave “{file}” out.",),
            ),
            "shell": Words(
                "“{file}” is taken for the name of a file: COPY and ADD start no commands.",
                "Every word but the last is something to copy, and no shell reads the line.",
                ("What should happen after the copying needs a RUN of its own.",),
            ),
            "comment": Words(
                "The # does not begin a comment there.",
                "A comment needs a line of its own; behind COPY every word is "
                "a file name, and the last one the destination.",
                ("Move the comment to the line above.",),
            ),
        },
    ),
)
