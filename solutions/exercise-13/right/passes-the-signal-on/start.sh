#!/bin/sh
echo "The fruit counter of Banana Smith opens."
sh /app/server.sh "$@" &
server=$!
trap 'kill -TERM $server' TERM
wait $server
wait $server
