#!/bin/sh
echo "The fruit counter of Banana Smith opens."
sh /app/server.sh "$@" &
trap "kill -TERM $!" TERM
wait $!
