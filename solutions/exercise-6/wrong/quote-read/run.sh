#!/bin/sh
[ $# -gt 0 ] || set -- "Hello, banana!"
args=
for word in "$@"; do
    args="$args '$word'"
done
eval "exec say $args"
