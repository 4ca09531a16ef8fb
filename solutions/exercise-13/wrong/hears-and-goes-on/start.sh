#!/bin/sh
echo "The fruit counter of Banana Smith opens."
trap "exit 0" TERM
sh /app/server.sh "$@"
