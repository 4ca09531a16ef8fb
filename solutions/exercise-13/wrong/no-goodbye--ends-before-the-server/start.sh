#!/bin/sh
echo "The fruit counter of Banana Smith opens."
sh /app/server.sh "$@" &
pid=$!
trap "kill -TERM $pid; exit 0" TERM
wait $pid
