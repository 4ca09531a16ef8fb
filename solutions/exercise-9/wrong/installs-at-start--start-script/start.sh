#!/bin/sh
set -e
sh install-deps.sh deps.txt > /dev/null
exec sh app.sh
