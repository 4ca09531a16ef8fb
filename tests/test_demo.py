"""The demo shows the main job, and the engine holds afterwards what it held before."""

from __future__ import annotations

from tests.conftest import Checkout
from workshop import demo


def test_the_demo_shows_every_step_and_leaves_nothing(checkout: Checkout) -> None:
    done = checkout.invoke("demo")
    assert done.returncode == 0, done.stderr + done.stdout
    for command in ("images", "build -t", "run -d -P --name", "port", "rm -f"):
        assert f"$ docker {command}" in done.stdout
    assert "$ curl http://127.0.0.1:" in done.stdout
    assert "<h1>Banana Smith</h1>" in done.stdout
    assert "$ invoke verify exercise-1 --path solutions/exercise-1" in done.stdout
    assert ("saw the same heading" in done.stdout) == (demo.browser() is not None)
    assert not checkout.containers()
    assert not [name for name in checkout.docker("images", "--format", "{{.Repository}}").split() if "-demo-" in name]
    assert not list((checkout.root / ".workshop").glob("demo-*"))
