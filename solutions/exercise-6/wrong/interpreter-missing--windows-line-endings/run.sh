#!/bin/sh
[ $# -gt 0 ] || set -- "Hello, banana!"
exec say "$@"
