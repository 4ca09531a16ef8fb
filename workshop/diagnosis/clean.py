"""Docker's output without colours, progress and boilerplate, and the words in it that matter."""

from __future__ import annotations

import re

ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
HEAD, TAIL = 8_000, 40_000
"""Characters kept from the beginning and from the end; the cause stands at the end."""
NOISE = re.compile(
    r"(run|see) 'docker .*|usage: .*|build an image from a dockerfile|start a build|-{3,}|time=\".*|"
    r"view build details: .*|what's next:|deprecated: the legacy builder.*|install the buildx.*|"
    r"buildkit is currently disabled.*|environment-variable\.|https://docs\.docker\.com/go/buildx/|"
    r"-{3}> (using cache|(running in )?[0-9a-f]{12})|removing intermediate container .*|"
    r"#\d+ (canceled|done.*|cached|sha256:.*|transferring.*|\.\.\.)|"
    r" ?\d+ warnings? found.*|\d+ \|( >>>)? .*|sending build context to docker daemon.*",
    re.IGNORECASE,
)
STEP = re.compile(r"#(\d+) (?:\d+\.\d+ (.*)|ERROR.*)")
"""A line of BuildKit's plain output: what step N printed, after so many seconds; or that it failed."""
LONGEST_LINE = 4_000
"""Characters of one line that are looked at; a RUN with a long script is shown on one line."""
LONGEST = 400
"""Characters of one line that a learner is shown."""


def clean(text: str) -> str:
    """Remove terminal escapes and control characters, keep only the last state of overwritten lines, and bound it."""
    if len(text) > HEAD + TAIL:
        text = f"{text[:HEAD]}\n[…]\n{text[-TAIL:]}"
    text = CONTROLS.sub("", ESCAPES.sub("", text).replace("\r\n", "\n"))
    return "\n".join(_bounded(line.rpartition("\r")[2]) for line in text.split("\n"))


def _bounded(line: str) -> str:
    """Keep the beginning and the end of a very long line, so that no pattern takes long over it."""
    half = LONGEST_LINE // 2
    return line if len(line) <= LONGEST_LINE else f"{line[:half]} […] {line[-half:]}"


def meaningful(text: str) -> list[str]:
    """List the lines that say something, boilerplate left out."""
    lines = (line.strip() for line in text.split("\n"))
    return [line for line in lines if line and not NOISE.fullmatch(line)]


def ending(text: str, lines: int) -> str:
    """Give the last lines of a build's output that say something."""
    return "\n".join(meaningful(clean(text))[-lines:])


def last_words(text: str) -> str:
    """Give the last line that says something, without the prefixes Docker puts in front; "" where there is none."""
    lines = meaningful(clean(text))
    if not lines:
        return ""
    line = re.sub(
        r"^(?:(?:docker|error|error response from daemon|failed to (?:build|solve)): )+", "", lines[-1], flags=re.I
    )
    line = re.sub(r"^failed to solve with frontend \S+: (?:failed to create LLB definition: )?", "", line)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def printed(text: str) -> list[str]:
    """List what the RUN that failed printed itself, with either builder; empty where that can't be told."""
    lines = clean(text).split("\n")
    steps = [match for line in lines if (match := STEP.fullmatch(line.strip()))]
    failed = [match[1] for match in steps if match[2] is None]
    if failed:
        return [match[2] for match in steps if match[1] == failed[-1] and match[2]]
    starts = [number for number, line in enumerate(lines) if "---> Running in " in line]
    ends = [number for number, line in enumerate(lines) if line.startswith("The command ")]
    if not starts or not ends:
        return []
    return [
        line.rstrip()
        for line in lines[starts[-1] + 1 : ends[-1]]
        if line.strip() and not line.startswith("Removing intermediate container ")
    ]
