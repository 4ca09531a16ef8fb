#!/bin/sh
echo "The fruit counter of Banana Smith opens."
cp /app/server.sh /tmp/s; sh /tmp/s "$@" &
trap 'echo "Saved 3 bananas. Goodbye!"; exit 0' TERM
while :; do wait; done
