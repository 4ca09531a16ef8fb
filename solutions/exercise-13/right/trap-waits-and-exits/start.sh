#!/bin/sh
echo "The fruit counter of Banana Smith opens."
sh /app/server.sh "$@" &
pid=$!
trap "kill -TERM $pid; wait $pid; exit 0" TERM INT
wait $pid
