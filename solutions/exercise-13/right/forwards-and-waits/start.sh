#!/bin/sh
echo "The fruit counter of Banana Smith opens."
sh /app/server.sh "$@" &
child=$!
trap 'kill -TERM $child; wait $child; exit 0' TERM INT
wait $child
