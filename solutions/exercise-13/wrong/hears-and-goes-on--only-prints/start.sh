#!/bin/sh
echo "The fruit counter of Banana Smith opens."
trap "echo stopping" TERM
sh /app/server.sh "$@" &
wait $!
wait
