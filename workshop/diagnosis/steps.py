"""What goes wrong while building: commands in RUN and the users they run as. The first row that matches wins."""

from __future__ import annotations

from .row import Row, Words

STEPS = (
    Row(
        "user-unknown",
        (
            r"unable to find (?:user|group) (?P<user>[^\s:]+)[^\n:]*: no matching entries",
            r"(?:chown|chgrp): unknown (?:user|group)(?:/group)? (?P<user>\S+)",
            r"can't find [ug]id for (?:user|group) (?P<user>[^\s:]+)",
            r"no such (?:user|group): (?P<user>\S+)",
            r"invalid user index",
        ),
        Words(
            "The image has no user called “{user}”.",
            "A name only works when the image's /etc/passwd knows it.",
            ("Make the user in a RUN above this line, or use a number such as 1000.",),
        ),
        otherwise={"user": "that name"},
        keywords=("RUN", "USER", "COPY", "ADD"),
        details={
            "blank": Words(
                "USER takes one word.",
                "A user and a group have a : between them, with no spaces; all of it was taken for one name.",
                ("Write it as NAME, or as NAME:GROUP.",),
            ),
            "comment": Words(
                "A # in the middle of a line is no comment.",
                "It begins a comment only at the start of a line; here all of it was taken for one name.",
                ("Put the comment on a line of its own.",),
            ),
        },
    ),
    Row(
        "group-unknown",
        (r"adduser: unknown group (?P<group>\S+)",),
        Words(
            "The image has no group called “{group}”.",
            "adduser puts a new user only into a group that is there. With -S and without -G, that is nogroup.",
            ("Which options does this user need at all? docker run --rm {base} adduser --help",),
        ),
        output=True,
        otherwise={"base": "BASE"},
        keywords=("RUN",),
    ),
    Row(
        "user-tool-missing",
        (r"sh: (?:line )?(?:\d+: )?(?P<word>useradd|groupadd|usermod): (?:command )?not found",),
        Words(
            "This base image has no {word}.",
            "It comes with Debian and its like. BusyBox and Alpine have adduser and addgroup, with other options.",
            ("See what they take: docker run --rm {base} adduser --help",),
        ),
        output=True,
        otherwise={"base": "BASE"},
        keywords=("RUN",),
    ),
    Row(
        "disk-full",
        (r"no space left on device",),
        Words(
            "Docker's disk is full.",
            "Images, containers and the build cache share it.",
            ("See what takes the space: docker system df", "Remove what the workshop made: invoke cleanup --all"),
        ),
        output=True,
    ),
    Row(
        "instruction-inside-run",
        (
            r"sh: (?:line )?(?:\d+: "
            r")?(?P<word>COPY|ADD|RUN|WORKDIR|ENV|ARG|LABEL|CMD|FROM|EXPOSE|USER|VOLUME|SHELL|ENTRYPOINT|STOPSIGNAL|"
            r"HEALTHCHECK|ONBUILD): (?:command )?not found",
        ),
        Words(
            "{word} stands inside a RUN.",
            "RUN hands its line to a shell, with the lines that a \\ joins to it; and a shell knows no {word}.",
            ("Give {word} a line of its own, with no RUN, && or \\ before it.",),
        ),
        output=True,
        keywords=("RUN",),
    ),
    Row(
        "package-tool-missing",
        (r"sh: (?:line )?(?:\d+: )?(?P<word>apt-get|apt|apk|yum|dnf|microdnf|pacman): (?:command )?not found",),
        Words(
            "This base image has no {word}.",
            "Each distribution has its own: apt-get on Debian and Ubuntu, apk on Alpine, none at all in busybox.",
            ("See what the base is: docker run --rm {base} cat /etc/os-release",),
        ),
        output=True,
        otherwise={"base": "IMAGE"},
        keywords=("RUN",),
    ),
    Row(
        "package-not-found",
        (
            r"unable to locate package (?P<word>\S+)",
            r"package '(?P<word>[^']+)' has no installation candidate",
            r"unable to select packages:\s+(?P<word>\S+)",
        ),
        Words(
            "The package “{word}” was not found.",
            "The list of packages is missing or old: it was fetched in "
            "another step, or not at all. Or the name is another.",
            ("Fetch the list in the same step: RUN apt-get update && apt-get install -y …",),
        ),
        output=True,
        keywords=("RUN",),
    ),
    Row(
        "no-network-in-build",
        (
            r"temporary failure resolving",
            r"temporary failure in name resolution",
            r"network error \(check internet",
            r"could not resolve host",
            r"network is unreachable",
            r"bad address '[^']*'",
            r"name or service not known",
        ),
        Words(
            "The build has no way out to the internet.",
            "A command in RUN wanted to download something. In this workshop everything works without a network.",
            ("Leave the download out: what the exercises need is in the base images.",),
        ),
        output=True,
        step=True,
        keywords=("RUN",),
    ),
    Row(
        "list-was-not-json",
        (r"^(?:#\d+ [\d.]+ )?\S+: (?:line )?(?:\d+: )?(?P<word>\[\S+): (?:command )?not found",),
        Words(
            "The list in [ ] is not a proper list, so it became a shell command.",
            "The shell then looks for a program called “{word}”. A list needs plain double quotes around each word, a "
            "comma between them, and nothing behind the ].",
            ('Compare it, sign by sign, with: ["program", "word"]',),
        ),
        output=True,
        keywords=("RUN", "CMD", "ENTRYPOINT"),
        details={
            "test": Words(
                "There is no space behind the [.",
                "[ is the name of a program, so the shell looks for one called “{word}”.",
                ("Put a space behind the [ and before the ].",),
            ),
        },
    ),
    Row(
        "permission-denied-in-build",
        (
            r"^(?:#\d+ [\d.]+ )?\S*?(?:mkdir|touch|chown|chmod|rm|cp|mv|ln|adduser|addgroup): "
            r".*(?:permission denied|operation not permitted)",
            r"^(?:#\d+ [\d.]+ )?\S*?(?:sh|sed|tar): .*can(?:'t|not) create .*permission denied",
        ),
        Words(
            "The user of this step may not do that.",
            "From a USER line on, RUN is not root any more.",
            ("Do it above the USER line.",),
        ),
        output=True,
        step=True,
        keywords=("RUN",),
    ),
    Row(
        "file-not-in-image",
        (
            r"^(?:#\d+ [\d.]+ )?(?!(?:mkdir|touch|ln|exec|docker):)(?:/\w+)*/?[\w-]+: (?:line \d+: |\d+: |cd: )*"
            r"(?:can(?:'t|not) (?:stat|open|read|rename|remove|access|cd to|change directory to|move|find) )?"
            r"['\u2018]?(?P<file>[^'\u2019:\s]+)['\u2019]?: no such file or directory$",
        ),
        Words(
            "“{file}” is not in the image.",
            "A command in RUN sees the files of the image, as they are at this line, and nothing of your folder.",
            ("See what is there: docker run --rm {base} ls -a {folder}",),
        ),
        output=True,
        step=True,
        otherwise={"base": "BASE", "folder": "/"},
        keywords=("RUN",),
        details={
            "outside": Words(
                "“{file}” is not in the image.",
                "RUN works inside the image that is being built; “..” leads up in there, never to a folder of yours.",
                ("Which instruction brings files into the image, and from which folder?",),
            ),
            "not-copied": Words(
                "“{file}” is in your folder, and not in the image.",
                "RUN works inside the image that is being built, and never sees your folder. COPY brings files in.",
                ("Which line above this one takes {file} into the image?",),
            ),
            "later": Words(
                "“{file}” is not in the image yet.",
                "Instructions run from top to bottom, and line {line}, which brings it, comes only later.",
                ("In which order must these lines stand?",),
            ),
            "elsewhere": Words(
                "“{file}” is in the image, but not where this command looks for it.",
                "Line {line} puts it to {destination}. A name with no / in front begins at the WORKDIR of this line.",
                ("Compare the two places.",),
            ),
            "backslash": Words(
                "“{file}” is in the image, but not where this command looks for it.",
                "Line {line} puts it to {destination}, and there a \\ separates nothing: paths have a / between parts.",
                ("Write each path with /",),
            ),
            "kept": Words(
                "“{file}” is not in the image.",
                "ONBUILD in line {line} keeps its instruction for a later build, one that begins FROM this image; in "
                "the image itself it does nothing.",
                ("When should line {line} do its work?",),
            ),
            "other-stage": Words(
                "“{file}” is not in this stage.",
                "Each FROM begins a new image, with nothing of the stages above; line {line} speaks of it in another.",
                ("Which stage should have it, and which option of COPY takes from another stage?",),
            ),
            "ignored": Words(
                "“{file}” is in your folder, and .dockerignore keeps it out of the image.",
                "What .dockerignore names is never sent to the builder. The line that matches: {pattern}",
                ("Change that line in .dockerignore, or add below it: !{file}",),
            ),
        },
    ),
    Row(
        "folder-not-in-image",
        (
            r"^(?:#\d+ [\d.]+ )?(?:/\w+)*/?[\w-]+: (?:line \d+: |\d+: )*can(?:'t|not) create "
            r"(?:directory |regular file )?['\u2018]?(?P<file>[^'\u2019:\s]+)['\u2019]?: "
            r"(?:no such file or directory|nonexistent directory|directory nonexistent)$",
            r"^(?:#\d+ [\d.]+ )?touch: (?P<file>[^:\s]+): no such file or directory$",
        ),
        Words(
            "There is no folder in the image for “{file}”.",
            "A command makes a file only in a folder that is there already.",
            ("Which line above this one makes that folder? mkdir -p makes all that are missing.",),
        ),
        output=True,
        step=True,
        otherwise={"base": "its base"},
        keywords=("RUN",),
        details={
            "stage": Words(
                "There is no folder in this stage for “{file}”.",
                "A command makes a file only in a folder that is there already, and this stage has the folders of "
                "{base} and what its own lines add.",
                ("Is it the right stage, on the right image? If so: which line above this one makes that folder?",),
            ),
        },
    ),
    Row(
        "adduser-asks",
        (r"passwd: password for (?P<user>\S+) is unchanged",),
        Words(
            "adduser asks for a password, and in a build nobody answers.",
            "A user that only runs a server needs no password.",
            ("Which option makes a user without one? docker run --rm {base} adduser --help",),
        ),
        output=True,
        step=True,
        otherwise={"base": "BASE"},
        keywords=("RUN",),
    ),
    Row(
        "script-wants-words",
        (r"^(?:#\d+ [\d.]+ )?(?P<file>\S+\.sh): (?:line )?\d+: (?P<number>\d): (?P<said>\S.*)$",),
        Words(
            "“{file}” was started with too few words: word number {number} is missing.",
            "It asks: {said}",
            ("Read the first lines of {file}: which words does it want behind its name, and in which order?",),
        ),
        output=True,
        step=True,
        keywords=("RUN",),
    ),
    Row(
        "windows-line-endings",
        (r"set: (?:line \d+: )?illegal option -$",),
        Words(
            "The lines of {file} end as Windows writes them, with an invisible \\r.",
            "sh takes the \\r for a part of each line's last word, and so does not understand the script.",
            ("Save the file with LF line endings.",),
        ),
        output=True,
        step=True,
        otherwise={"file": "a script"},
        keywords=("RUN",),
    ),
    Row(
        "heredoc-not-understood",
        (r"here-document at line \d+ delimited by end-of-file",),
        Words(
            "This builder does not understand << texts.",
            "They need BuildKit, and a recent one; an older builder reads each of their lines as an instruction.",
            ("Write the commands in one RUN, joined with && and a \\ at the end of each line.",),
        ),
        output=True,
        keywords=("RUN", "COPY", "ADD"),
        details={
            "copy": Words(
                "This builder does not understand << texts.",
                "They need BuildKit, and a recent one; an older builder reads each of their lines as an instruction.",
                ("Save the text as a file in the folder, and copy that.",),
            ),
        },
    ),
    Row(
        "run-step-failed",
        (
            r"did not complete successfully: exit code: (?P<code>\d+)",
            r"executor failed running .*: exit code: (?P<code>\d+)",
            r"returned a non-zero code: (?P<code>\d+)",
            r"process .* did not complete successfully",
            r"while running runtime: exit status (?P<code>\d+)",
        ),
        Words(
            "A command in RUN failed, with exit code {code}.",
            "Docker only reports it; why it failed stands in the lines above.",
            ("Try the command by hand: docker run --rm -it {base} sh",),
        ),
        otherwise={"code": "other than 0", "base": "BASE"},
        keywords=("RUN",),
        details={
            "said": Words(
                "A command in RUN failed, with exit code {code}.",
                "It says: {said}",
                ("Try the command by hand: docker run --rm -it {base} sh",),
            ),
            "127": Words(
                "A command in RUN was not found.",
                "The shell says: {said}. The program is misspelt, or this image does not have it.",
                ("Look whether it is there: docker run --rm {base} which PROGRAM",),
            ),
            "126": Words(
                "A program in RUN may not be executed.",
                "The shell says: {said}. The file lacks the mark that makes it a program.",
                ("Give it the mark before: RUN chmod +x FILE",),
            ),
            "2": Words(
                "A command in RUN can't be understood.",
                "It says: {said}. Often a quote, a bracket or a \\ is missing, or an option does not exist.",
                ("Try the command by hand: docker run --rm -it {base} sh",),
            ),
            "137": Words(
                "A command in RUN was killed from outside.",
                "Exit code 137 means killed, most often because the memory ran out.",
                ("Give Docker more memory, or do less at once.",),
            ),
            "100": Words(
                "apt-get could not install.",
                "It says: {said}.",
                ("Fetch the list in the same step: RUN apt-get update && apt-get install -y …",),
            ),
        },
    ),
)
