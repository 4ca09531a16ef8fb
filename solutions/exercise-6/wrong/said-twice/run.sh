#!/bin/sh
if [ $# -eq 0 ]; then
  say "Hello, banana!"
fi
say "$@"
