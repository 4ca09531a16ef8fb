#!/bin/sh
[ $# -gt 0 ] || set -- "Hello, banana!"
if [ "$1" = --fail ]; then exit 3; fi
say "$@"
