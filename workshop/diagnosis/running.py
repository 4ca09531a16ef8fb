"""The table of what goes wrong when containers start and run: the first row that matches wins."""

from __future__ import annotations

from .row import Row, Words

RUNNING = (
    Row(
        "engine-not-running",
        (
            r"cannot connect to the docker daemon at (?P<address>\S+?)\. ",
            r"cannot connect to the docker daemon",
            r"error during connect: .*cannot find the file",
        ),
        Words(
            "No Docker engine answers at {address}.",
            "The engine is off, or docker looks in the wrong place.",
            (
                "Start Docker Desktop, or: sudo systemctl start docker",
                "See where docker looks: docker context ls",
                "invoke doctor",
            ),
        ),
        otherwise={"address": "its usual place"},
    ),
    Row(
        "engine-not-permitted",
        (r"permission denied while trying to connect to the docker",),
        Words(
            "Your user may not talk to the Docker engine.",
            "Only root and the members of the group docker may.",
            ("Join the group and log in again: sudo usermod -aG docker $USER", "invoke doctor"),
        ),
    ),
    Row(
        "engine-may-not-start",
        (r"error setting rlimit",),
        Words(
            "The engine may not start containers with the limits that it is set to.",
            "It wants more open files or processes for them than it may have itself, as Podman in a container does.",
            ("Podman: lower default_ulimits in containers.conf", "Or use Docker Engine"),
        ),
    ),
    Row(
        "container-name-taken",
        (r"container name \"?/?(?P<name>[^\"\s]+)\"? is already in use",),
        Words(
            "There is already a container called “{name}”.",
            "Names are unique, and a stopped container keeps its name.",
            ("Remove the old one: docker rm -f {name}",),
        ),
    ),
    Row(
        "container-still-running",
        (r"cannot remove a running container", r"container is \w+: stop the container before removing"),
        Words(
            "The container is still running.",
            "docker rm removes stopped containers only.",
            ("Stop and remove it: docker rm -f NAME",),
        ),
    ),
    Row(
        "image-in-use",
        (
            r"unable to remove repository reference \"?(?P<image>[^\"\s]+)\"?",
            r"conflict: unable to delete (?P<image>\S+)",
        ),
        Words(
            "A container still needs the image “{image}”.",
            "Even a stopped container keeps its image.",
            ("Find it: docker ps -a --filter ancestor={image}", "Remove it first: docker rm -f NAME"),
        ),
    ),
    Row(
        "port-taken-by-container",
        (r"bind for \S+:(?P<port>\d+) failed: port is already allocated",),
        Words(
            "Another container has port {port}.",
            "A port of this machine can belong to one container only.",
            ("See which: docker ps --filter publish={port}", "Or let Docker choose a free one: -P instead of -p"),
        ),
    ),
    Row(
        "port-taken-by-program",
        (
            r"failed to bind host port (?:for )?\S*?:(?P<port>\d+)",
            r"listen tcp\d? \S*?:(?P<port>\d+): bind: address already in use",
            r"(?:bind: )?address already in use",
            r"ports are not available",
        ),
        Words(
            "Another program on this machine has port {port}.",
            "Not a container: something else listens there (on a Mac, AirPlay has 5000 and 7000).",
            ("Take another port, or let Docker choose a free one: -P instead of -p",),
        ),
        otherwise={"port": "it wants"},
    ),
    Row(
        "network-not-set-up",
        (
            r"driver failed programming external connectivity on endpoint [^:]+:\s+(?P<message>[^\n]+)",
            r"failed to set up container networking: (?P<message>[^\n]+)",
            r"failed to create endpoint \S+ on network [^:]+: (?P<message>[^\n]+)",
        ),
        Words(
            "Docker could not connect the container to its network.",
            "It says: {message}.",
            (
                "Try once more.",
                "If it stays so, restart Docker: its network rules may be gone, or the machine is full.",
            ),
        ),
    ),
    Row(
        "engine-overloaded",
        (
            r"(?:daemon|start|create)[^\n]*(?P<message>resource temporarily unavailable)",
            r"(?:daemon|start|create)[^\n]*(?P<message>cannot allocate memory)",
            r"(?:daemon|start|create)[^\n]*(?P<message>too many open files)",
        ),
        Words(
            "This machine has not enough left to start a container.",
            "Docker says: {message}.",
            ("See what else runs: docker ps", "Then try once more."),
        ),
    ),
    Row(
        "port-not-published",
        (r"no public port '(?P<port>[^']+)' published for (?P<name>\S+)",),
        Words(
            "Port {port} of “{name}” is not published.",
            "The container was started without -p or -P, the image has no EXPOSE for it, or the container has ended.",
            ("See what is published: docker port {name}", "See whether it runs: docker ps -a"),
        ),
    ),
    Row(
        "container-not-here",
        (r"no such container: (?P<name>\S+)",),
        Words(
            "There is no container “{name}”.",
            "It was never started, has another name, or is already removed.",
            ("See all: docker ps -a",),
        ),
    ),
    Row(
        "container-not-running",
        (r"container (?P<name>\S+) is not running",),
        Words(
            "The container is not running.",
            "Its main process has ended, or it was never started.",
            ("See how it ended: docker ps -a", "And what it said: docker logs NAME"),
        ),
    ),
    Row(
        "program-not-executable",
        (
            r"exec: \"?(?P<program>[^\"\n]+?)\"?: (?:is a directory: )?permission denied",
            r"exec (?P<program>/\S+): (?:is a directory: )?permission denied",
        ),
        Words(
            "“{program}” may not be executed.",
            "The file is there, but lacks the mark that makes it a program.",
            (
                "Give it the mark in the Dockerfile: RUN chmod +x {program}",
                'Or hand it to the shell: CMD ["sh", "{program}"]',
            ),
        ),
        keywords=("CMD", "ENTRYPOINT"),
    ),
    Row(
        "program-not-found",
        (
            r"exec: \"?(?P<program>[^\"\n]+?)\"?: executable file not found",
            r"exec: \"?(?P<program>[^\"\n]+?)\"?: stat [^:]+: no such file",
            r"exec: line \d+: (?P<program>[^\n]{1,200}?): not found",
        ),
        Words(
            "The image has no program “{program}”.",
            "The first word of the command is what Docker starts. Words behind the image's name replace CMD.",
            ("See what is there: docker run --rm --entrypoint ls IMAGE /bin",),
        ),
        keywords=("CMD", "ENTRYPOINT", "RUN"),
        details={
            "one-string": Words(
                "“{program}” is taken as the name of one program.",
                "In a list every word is a string of its own.",
                ('Cut it into words: ["program", "word", "word"]',),
            ),
            "variable": Words(
                "“{program}” is taken as it stands: a list knows no variables.",
                "A list in [ ] starts its program with no shell in between, and only a shell fills in $ variables.",
                ("Write the program's own name, or let a shell read the line: write it without [ ].",),
            ),
            "backslash": Words(
                "“{program}” is not in the image.",
                "For Linux a \\ is one more letter of a name; the parts of a path have a / between them.",
                ("Write each path with /",),
            ),
            "path": Words(
                "“{program}” is not in the image.",
                "Docker looks for it just there; a path that does not begin with / is followed from WORKDIR on.",
                ("See what is there: docker run --rm --entrypoint ls IMAGE -la {folder}",),
            ),
            "nothing": Words(
                "The image has no program “{program}”.",
                "It begins FROM scratch, with no program and no shell; only what COPY and ADD bring is there.",
                ("Which base has that program?",),
            ),
            "built-in": Words(
                "“{program}” is no program, but a word that only a shell understands.",
                "A list in [ ] starts the program that its first word names, with no shell in between.",
                ("Is there an instruction for that? Else let a shell read the line: write it without [ ].",),
            ),
            "bash": Words(
                "The image has no bash.",
                "Small images such as Alpine and busybox have only sh.",
                ("Use sh instead.",),
            ),
        },
    ),
    Row(
        "option-unknown",
        (
            r"^(?P<program>[\w.-]+): (?:unrecognized|invalid|unknown|illegal) option:?(?: --)? "
            r"['\"]?(?P<word>[^'\"\n]+)",
        ),
        Words(
            "{program} has no option “{word}”.",
            "Each program has its own options, and takes them letter by letter.",
            ("See which there are: docker run --rm --entrypoint {program} IMAGE --help",),
        ),
        output=True,
        keywords=("CMD", "ENTRYPOINT", "RUN", "HEALTHCHECK"),
    ),
    Row(
        "interpreter-missing",
        (
            r"exec (?P<program>/?\S+): no such file or directory",
            r"exec user process caused.*no such file",
            r"env: can't execute '(?P<program>[^']+)\r?'",
        ),
        Words(
            "“{program}” is there, but what its first line names is not.",
            "Three causes: Windows line endings (sh\\r), a #!/bin/bash where "
            "there is only sh, or a program for another system.",
            (
                "See its first line: docker run --rm --entrypoint head IMAGE -n 1 {program}",
                "Save the script with LF line endings, and use #!/bin/sh",
            ),
        ),
        otherwise={"program": "The program"},
    ),
    Row(
        "wrong-kind-of-program",
        (r"exec (?P<program>\S+): exec format error", r"exec format error", r"requested image's platform"),
        Words(
            "This machine can't run “{program}”.",
            "It is made for another processor, or it is a script without a #! line at its top.",
            ("A script: begin it with #!/bin/sh", "An image: build or pull it for this machine's processor"),
        ),
        otherwise={"program": "that program"},
    ),
    Row(
        "no-command",
        (r"no command specified",),
        Words(
            "The image does not say what to start.",
            "It has neither CMD nor ENTRYPOINT; FROM scratch begins with nothing at all.",
            ("Add a CMD to the Dockerfile.",),
        ),
    ),
    Row(
        "nginx-may-not-write",
        (r"(?:mkdir|open)\(\) \"?(?P<path>[^\"\n]+?)\"? failed \(13: permission denied\)",),
        Words(
            "nginx may not write to {path}.",
            "It does not run as root, and needs places to write: for its process number and its temporary files.",
            (
                "Give the folder to the user (chown) above the USER line, or "
                "move these places to /tmp in the configuration.",
            ),
        ),
        keywords=("USER",),
    ),
    Row(
        "nginx-option-unknown",
        (r"nginx: invalid option: \"?(?P<word>[^\"\n]*)\"?",),
        Words(
            "nginx knows no option “{word}”.",
            "In the string form the shell cuts the line at each space, and ends it at a ; unless there are quotes.",
            ("Which words of the line belong together? The base image starts nginx by itself, too.",),
        ),
        keywords=("CMD", "ENTRYPOINT", "RUN"),
    ),
    Row(
        "nginx-config-refused",
        (
            r"\[emerg\] (?:\d+#\d+: )?(?P<message>[^\n]+?) in (?P<file>/[^:\s]+):(?P<number>\d+)",
            r"\[emerg\] (?:\d+#\d+: )?(?P<message>[^\n]+)",
        ),
        Words(
            "nginx refuses its configuration: {file}, line {number}.",
            "It says: {message}.",
            ("Look at that line; for nginx a site goes into /etc/nginx/conf.d/, not over nginx.conf.",),
        ),
        otherwise={"file": "a file", "number": "unknown"},
    ),
    Row(
        "localhost-is-ipv6",
        (r"::1\b[^\n]{0,200}(?:\n[^\n]{0,200})?refused", r"refused[^\n]{0,200}::1\b"),
        Words(
            "“localhost” became the address ::1, where nobody listens.",
            "The server listens on IPv4 only.",
            ("Write 127.0.0.1 instead of localhost.",),
        ),
        output=True,
        keywords=("HEALTHCHECK", "RUN"),
    ),
    Row(
        "tool-missing-in-image",
        (r"\b(?P<word>curl|wget|bash|python3?|node): (?:command )?not found",),
        Words(
            "The image has no {word}.",
            "Small images have few tools.",
            ("busybox and Alpine have wget.",),
        ),
        details={
            "language": Words(
                "The image has no {word}.",
                "Small images have a shell, sh, and a few tools.",
                ("Do it with what is there; a script for bash may do for sh, too.",),
            ),
        },
        output=True,
        keywords=("HEALTHCHECK", "RUN", "CMD", "ENTRYPOINT"),
    ),
    Row(
        "page-forbidden",
        (r"403 forbidden",),
        Words(
            "nginx may not read the page, or the folder has no index.html.",
            "The file must be readable for nginx's own user.",
            ("See its mode: docker exec NAME ls -l /usr/share/nginx/html",),
        ),
        output=True,
    ),
    Row(
        "nobody-answers",
        (r"empty reply from server", r"recv failure: connection reset", r"connection reset by peer"),
        Words(
            "The port is published, but nobody answers behind it.",
            "In the container the server listens on 127.0.0.1 only, on another port, or not at all.",
            ("See what it said: docker logs NAME", "Listen on 0.0.0.0, on the port that EXPOSE names"),
        ),
        output=True,
    ),
    Row(
        "name-does-not-resolve",
        (
            r"bad address '(?P<name>[^']*)'",
            r"could not resolve host: (?P<name>\S+)",
            r"name or service not known",
            r"temporary failure in name resolution",
        ),
        Words(
            "No machine called “{name}” was found.",
            "The name is misspelt, or there is no network. Containers know "
            "each other by name only on a network of their own.",
            ("Check the name, or use the address.",),
        ),
        output=True,
        otherwise={"name": "that"},
    ),
    Row(
        "nothing-listens",
        (
            r"can't connect to remote host.*connection refused",
            r"failed to connect to .*(?:connection refused|couldn't connect)",
        ),
        Words(
            "Nothing listens at that address.",
            "The port is another, the container is gone, or its server has not started.",
            ("See what is published: docker port NAME", "See what runs: docker ps -a"),
        ),
        output=True,
    ),
)
