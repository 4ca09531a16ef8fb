#!/bin/sh
trap 'echo "Saved 5 $1. Goodbye!"; exit 0' TERM
echo "The fruit counter of Banana Smith opens."
sh /app/server.sh "$@" &
wait
