"""Docker's rules for names are said before Docker says them, and are Docker's own."""

from __future__ import annotations

import subprocess

import docker
import pytest

from tests.conftest import Checkout
from workshop import names
from workshop.trouble import Usage

IMAGES = ["banana", "banana-smith_image", "a/b/c", "localhost:5000/banana:v1.2", "banana:Tag_1", "banana--x", "a.b__c"]
NOT_IMAGES = ["Banana", "banana smith", "-banana", "banana-", "a..b", "a___b", "banana:", ":tag", "", "bänana", "a//b"]
CONTAINERS = ["banana", "Banana_1", "9-lives", "a.b"]
NOT_CONTAINERS = ["-banana", "b", "banana smith", "", "ba/nana", "bänana"]


def _accepts(*words: str) -> bool:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    return not any(said in done.stderr for said in ("nvalid reference format", "Invalid container name", "invalid tag"))


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("192.168.1.5:5001", "192.168.1.5:5001"),
        ("http://192.168.1.5:5001/", "192.168.1.5:5001"),
        (" HTTPS://mirror.example ", "mirror.example"),
        ("localhost", "localhost"),
        ("[::1]:5001", "[::1]:5001"),
    ],
)
def test_a_mirrors_address_may_be_typed_as_a_browser_shows_it(typed: str, place: str) -> None:
    assert names.registry(typed, "pull") == place


@pytest.mark.parametrize("name", IMAGES + NOT_IMAGES)
def test_image_names_are_judged_as_docker_does(name: str, engine: docker.DockerClient) -> None:
    assert _accepts("tag", "no-such-image-here", name) == (name in IMAGES), "the list itself is wrong"
    if name in IMAGES:
        assert names.image(name) == name
    else:
        with pytest.raises(Usage, match="Docker would refuse"):
            names.image(name)


@pytest.mark.parametrize("name", CONTAINERS + [name for name in NOT_CONTAINERS if name])
def test_container_names_are_judged_as_docker_does(name: str, engine: docker.DockerClient) -> None:
    made = subprocess.run(["docker", "create", "--name", name, "busybox"], capture_output=True, text=True, check=False)
    if made.returncode == 0:
        subprocess.run(["docker", "rm", made.stdout.strip()], capture_output=True, check=True)
    assert (made.returncode == 0) == (name in CONTAINERS), made.stderr
    if name in CONTAINERS:
        assert names.container(name) == name
    else:
        with pytest.raises(Usage):
            names.container(name)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["build", "--image", "Banana Smith"], "--image banana-smith"),
        (["run", "--container", "banana smith"], "--container banana-smith"),
        (["build", "--path", "no/such"], "There is no folder"),
        (["build", "--path", "solutions"], "has no file called Dockerfile"),
        (["exercises", "exercise-2"], "exercises takes no word; and there is no task called 'exercise-2'.\n"),
        (["build", "foo"], "build takes no word, only --image, --path; and"),
        (["verify", "exercise-1", "exercise-2"], "verify takes one word; and"),
        (["verify", "exercise", "1"], "is one word. Did you mean invoke verify exercise-1?"),
        (["hint", "exercise-l"], "Did you mean exercise-1?"),
        (["hint", "exercise-IO"], "Did you mean exercise-10?"),
        (["layers", "exercise-0"], "called 'exercise-0'.\nThe exercises are exercise-1 … exercise-14."),
        (["explain", "99"], "called '99'.\nThe exercises are exercise-1 … exercise-14."),
        (["layers", "2", "--image", "busybox"], "Which one"),
        (["explain", "--error"], "There is no text to explain.\ntry  invoke explain --error 'the text"),
        (["explain", "--error", "--path", "x"], "--error needs the text of the error, in single quotes: invoke"),
        (["images", "--section"], "try  invoke --help images "),
        (["lesson", "--section", "abc"], "--section takes a number, such as 2, and not 'abc'."),
        (["lesson", "-s", "abc"], "--section takes a number, such as 2, and not 'abc'."),
        (["lesson", "--section=abc"], "--section takes a number, such as 2, and not 'abc'."),
        (["hint", "exercise-1", "--level", "x"], "--level takes a number, such as 2, and not 'x'."),
        (["hint", "x", "--level", "x"], "--level takes a number, such as 2, and not 'x'."),
        (["--help", "verfy"], "There is no task called 'verfy'. Did you mean verify?\ntry  invoke --list "),
        (["--list", "verify"], "--list takes no word, and here is 'verify'"),
        (["hint", "1", "--level"], "--level needs a value: 1, 2 or 3"),
        (["pull", "--mirror", "teacher"], "'teacher' is no address of a mirror.\nIt has a host and a port"),
        (["pull", "--mirror", "10.0.0.1:5001/library"], "try  invoke pull --mirror 192.168.1.5:5001"),
        (["pull", "--mirror", ""], "is no address of a mirror."),
        (["pack", "x.tar", "--mirror", "teacher"], "try  invoke pack x.tar --mirror 192.168.1.5:5001"),
        (["buidl"], "Did you mean build?"),
        *[([word], "Did you mean exercises?") for word in ("status", "list", "progress", "Next")],
        *[([word, "exercise-1"], "Did you mean reset --undo?") for word in ("undo", "restore")],
        (["check", "exercise-1"], "Did you mean verify?"),
        (["start"], "Did you mean run?"),
        *[([word], f"no task called '{word}'.\n") for word in ("lnt", "proven", "tset")],
        (["build", "--imgae", "x"], "Did you mean --image?"),
        (["verify"], "exercise"),
        (["logs", "--no-such-flag"], "no flag"),
    ],
)
def test_bad_input_is_wrong_usage_with_what_to_type_instead(checkout: Checkout, words: list[str], says: str) -> None:
    done = checkout.invoke(*words)
    assert done.returncode == 2
    assert says in done.stderr + done.stdout
