#!/bin/sh
echo "The fruit counter of Banana Smith opens."
exec /app/server.sh "$@"
