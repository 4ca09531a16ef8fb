#!/bin/sh
echo "The fruit counter of Banana Smith opens."
sh /app/server.sh "$@"
