"""The whole workshop with the network cut: from a file on a stick to the last exercise."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from tests.conftest import Checkout, copy_repository
from tests.kit.conftest import Cut
from workshop import bases, exercises, places


def test_the_whole_workshop_works_with_the_network_cut(cut: Cut, tmp_path: Path) -> None:
    """An empty engine and all programs are where nobody can be reached; what they have is the file."""
    root = tmp_path / "copy"
    copy_repository(root)
    packed = Checkout(places.ROOT).invoke("pack", str(root))
    assert packed.returncode == 0, packed.stderr
    assert cut.images() == {}
    way_out = subprocess.run(cut.words("ip", "route", "get", "192.0.2.1"), capture_output=True, text=True, check=False)
    assert "unreachable" in way_out.stderr
    ready = cut.invoke("setup", root=root)
    assert ready.returncode == 0, ready.stdout + ready.stderr
    assert f"Loading {', '.join(bases.BASE_IMAGES)} from {root / 'base-images.tar'}" in ready.stdout
    for one in exercises.every():
        shutil.rmtree(root / "exercises" / one.name)
        with one.context_of(one.key) as context:
            shutil.copytree(context, root / "exercises" / one.name, symlinks=True)
    judged = cut.invoke("verify", "all", "--json", root=root)
    outcomes = {one["exercise"]: one["outcome"] for one in json.loads(judged.stdout)}
    assert outcomes == {one.name: "passed" for one in exercises.every()}, judged.stdout
    assert judged.returncode == 0
