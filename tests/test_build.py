"""A build that fails for reasons of the engine's own is no answer's fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from workshop.engine.build import lost_its_cache
from workshop.steps.images import folder_to_build
from workshop.trouble import Usage

SUM = "sha256:9f853b84d9859bf28359742ba3817859c0e3cc1103b1a38ce4a69bd3a473e798"


@pytest.mark.parametrize(
    "said",
    [
        f"failed to get digest {SUM}: open /var/lib/docker/image/overlay2/imagedb/content/9f85: no such file",
        f"No such image: {SUM}",
        f'unable to find image "{SUM}"',
        f"failed to export image: failed to set parent {SUM}: unknown parent image ID {SUM}",
        "failed to create layer: layer does not exist",
    ],
)
def test_what_another_process_removed_is_not_the_answers_fault(said: str) -> None:
    """The classic builder of engine 20.10 said these while verifications of like answers ran at the same time."""
    assert lost_its_cache(f"Step 2/3 : EXPOSE 8080\n ---> Using cache\n{said}\n")
    assert not lost_its_cache("COPY failed: file not found in build context: stat a: file does not exist\n")


def test_a_step_that_failed_by_itself_did_not_lose_its_cache() -> None:
    said = "#6 sha256:5ce422c928ae2a85\n#6 ERROR: x\nexecutor failed running [/bin/sh -c sh cook.sh]: exit code: 2\n"
    assert not lost_its_cache(said)


def test_a_folder_in_the_dockerfiles_place_is_told_as_verify_tells_it(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").mkdir()
    with pytest.raises(Usage, match="is a folder here, not a file") as refused:
        folder_to_build(str(tmp_path))
    assert "Rename the folder" in refused.value.fix[0]
