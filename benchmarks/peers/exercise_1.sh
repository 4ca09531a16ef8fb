#!/bin/sh
# Exercise 1's checks as one writes them by hand: the docker command and curl. The folder is the first argument.
set -eu
name="docker-101-bench-shell-$$"
trap 'docker rm -f "$name" >/dev/null 2>&1 || true' EXIT
fail() { echo "not there yet: $1"; exit 1; }

docker build -q -t docker-101-bench-peer "$1" >/dev/null || fail "the Dockerfile does not build"
base=$(docker image inspect -f '{{join .RootFS.Layers " "}}' nginx:mainline-alpine)
mine=$(docker image inspect -f '{{join .RootFS.Layers " "}}' docker-101-bench-peer)
case "$mine" in "$base"*) ;; *) fail "the image is not made FROM nginx:mainline-alpine" ;; esac

docker run -d -p 127.0.0.1::80 --label workshop.bench=1 --name "$name" docker-101-bench-peer >/dev/null
address=$(docker port "$name" 80)
tries=0
until curl -fsS -o /dev/null "http://$address/" 2>/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || fail "nobody answers"
    sleep 0.05
done
[ "$(curl -fsS "http://$address/")" = "$(cat "$1/index.html")" ] || fail "the page is not yours"
style=$(curl -fsS -o /dev/null -w '%{content_type} %{size_download}' "http://$address/style.css") || fail "the style is missing"
case "$style" in "text/css 0") fail "the style is empty" ;; "text/css "*) ;; *) fail "the style is no style" ;; esac
[ "$(docker inspect -f '{{.State.Running}}' "$name")" = true ] || fail "the container has ended"
echo "done: 4 of 4"
