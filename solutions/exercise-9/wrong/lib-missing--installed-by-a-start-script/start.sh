#!/bin/sh
[ -d lib ] || sh install-deps.sh deps.txt
exec "$@"
