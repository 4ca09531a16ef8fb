"""What goes wrong while building: images, stages and registries. The first row that matches wins."""

from __future__ import annotations

from .row import Row, Words

NETWORK = (
    r"(?:no such host|i/o timeout|connection refused|server "
    r"misbehaving|network is unreachable|timeout|no route to host)"
)

IMAGES = (
    Row(
        "syntax-line-needs-network",
        (r"docker\.io/docker/dockerfile\b", r"/v2/docker/dockerfile/"),
        Words(
            "The “# syntax=” line makes Docker download something first.",
            "That line names another reader for Dockerfiles, which Docker fetches from a registry.",
            ("Delete the line that begins with # syntax=.",),
        ),
    ),
    Row(
        "stage-name-unknown",
        (
            r"cannot copy from stage \"?(?P<stage>[^\"\s,]+)\"?",
            r"target stage \"?(?P<stage>[^\"\s]+)\"? could not be found",
            r"failed to reach build target (?P<stage>\S+)",
            r"invalid stage index (?P<stage>\d+)",
            r"invalid from flag value (?P<stage>[^\s:]+): (?:index out of bounds|refers to current)",
            r"circular dependency detected on stage: (?P<stage>\S+)",
            r"--from=(?P<stage>\S+): no stage or image found with that name",
        ),
        Words(
            "There is no stage “{stage}” to take from.",
            "A stage gets its name from FROM … AS name, and only stages above a line can be used in it.",
            ("Compare the name with the lines that begin with FROM.",),
        ),
        keywords=("COPY", "ADD", "FROM", "RUN"),
        details={
            "misspelt": Words(
                "There is no stage “{stage}”; was “{meant}” meant?",
                "Docker knows no stage of that name, so it takes it for the name of an image and wants to download it.",
                ("Write the name as it stands behind AS: {meant}",),
            ),
            "later": Words(
                "The stage “{stage}” comes only further down.",
                "A stage can take only from stages above it.",
                ("Move the stage “{stage}” up, above the one that uses it.",),
            ),
            "nobody": Words(
                "No stage is called “{stage}”.",
                "A stage gets its name from FROM … AS name. Docker takes any other word for the name of an image, and "
                "wants to download it.",
                ("Which stage was meant, and what does its FROM line call it?",),
            ),
            "itself": Words(
                "The stage “{stage}” takes from itself.",
                "--from= names another stage, one that stands above; the first one has the number 0.",
                ("Take from a stage above, or leave --from= out.",),
            ),
        },
    ),
    Row(
        "registry-limit",
        (r"toomanyrequests|you have reached your (?:unauthenticated )?pull rate limit|429 too many requests",),
        Words(
            "The registry gives no more images for now.",
            "It limits how many images an address may fetch, and a whole class shares one address.",
            ("Take the images from the instructor's file or mirror: invoke setup",),
        ),
    ),
    Row(
        "registry-certificate",
        (r"x509: certificate|tls: failed to verify",),
        Words(
            "The registry's certificate is not trusted.",
            "Often a company's network opens encrypted traffic and signs it anew.",
            ("Ask whoever runs the network; the images can also come from a file: invoke load FILE",),
        ),
    ),
    Row(
        "platform-invalid",
        (r"failed to parse platform", r"is an invalid (?:component|OS component) of"),
        Words(
            "What stands behind --platform= is no platform.",
            "Variables such as $BUILDPLATFORM have a value with the newer builder, BuildKit, only.",
            ("Leave out --platform.",),
        ),
        keywords=("FROM",),
    ),
    Row(
        "no-image-for-this-processor",
        (
            r"no matching manifest for (?P<platform>\S+)",
            r"no match for platform in manifest",
            r"does not provide the specified platform",
        ),
        Words(
            "The image does not exist for the processor that was asked for.",
            "An image is made for certain processors, such as linux/amd64 or linux/arm64.",
            ("Leave out --platform, and unset DOCKER_DEFAULT_PLATFORM.",),
        ),
        keywords=("FROM",),
    ),
    Row(
        "image-not-here",
        (r"unable to find image '(?P<image>[^']+)' locally",),
        Words(
            "There is no image “{image}” on this machine.",
            "Docker then tries to download it. Perhaps it was never built, or built under another name.",
            ("See what there is: docker images", "Build it: docker build -t {image} ."),
        ),
        details={
            "misspelt": Words(
                "There is no image “{image}”, but there is “{meant}”.",
                "Docker takes a name as it is written, and would download what it does not have.",
                ("Was “{meant}” meant?",),
            ),
            "other-tag": Words(
                "There is no image “{image}”, but there is “{meant}”.",
                "Without a tag Docker means :latest, and a tag is part of the name.",
                ("Write it in full: {meant}",),
            ),
            "platform": Words(
                "“{image}” is here, but for another processor than the one asked for.",
                "Then Docker wants to download it.",
                ("Leave out --platform, and unset DOCKER_DEFAULT_PLATFORM.",),
            ),
        },
    ),
    Row(
        "base-image-not-here",
        (
            r"pull access denied(?: for (?P<image>[^\s,]+))?",
            r"(?<!\S)(?P<image>[^\s:]{1,200}(?::[^\s:]{1,128})?): pull access denied",
            r"failed to resolve source metadata for (?P<image>\S+):",
            r"manifest for (?P<image>\S+) not found",
            r"repository (?P<image>\S+) not found: does not exist",
            r"load metadata for (?P<image>\S+):\n.*\n.*" + NETWORK,
            r"failed to do request: (?:Head|Get) "
            r"\"?https?://[^\s\"]+/v2/(?P<image>[^\s\"]+)/manifests/(?P<tag>[^\s\":]+)",
            r"(?:Get|Head) \"?https://\S+?/v2/\"?: .*" + NETWORK,
            r"https?://auth\.docker\.io\S*: .*" + NETWORK,
            r"manifest unknown",
        ),
        Words(
            "The image “{image}” is not on this machine, and Docker could not fetch it.",
            "Docker downloads what it does not have: a name that is "
            "misspelt, an image that was never built, or no network.",
            ("See what is here: docker images", "The base images of the workshop: invoke setup"),
        ),
        otherwise={"image": "it needs"},
        keywords=("FROM", "COPY", "ADD", "RUN"),
        details={
            "other-tag": Words(
                "“{image}” is not on this machine, but “{meant}” is.",
                "The tag behind the colon is part of the name.",
                ("Write it in full: {meant}",),
            ),
            "latest": Words(
                "“{image}” means “{image}:latest”, which is not on this machine; “{meant}” is.",
                "Without a tag Docker takes :latest, and that is a name like any other.",
                ("Write the tag too: {meant}",),
            ),
            "misspelt": Words(
                "“{image}” is not on this machine, but “{meant}” is.",
                "Docker takes a name as it is written, and would download what it does not have.",
                ("Was “{meant}” meant?",),
            ),
            "platform": Words(
                "“{image}” is on this machine, but for another processor than the one asked for.",
                "--platform or DOCKER_DEFAULT_PLATFORM asks for another kind; Docker would have to download it.",
                ("Leave out --platform, and unset DOCKER_DEFAULT_PLATFORM.",),
            ),
        },
    ),
    Row(
        "base-name-blank",
        (r"base name \((?P<name>.*?)\) should not be blank",),
        Words(
            "FROM has no image: {name} is empty.",
            "A variable in FROM needs a value from an ARG above the first FROM, or from --build-arg.",
            ("Give it a value above FROM: ARG NAME=…",),
        ),
        keywords=("FROM",),
    ),
)
