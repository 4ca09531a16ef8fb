#!/bin/sh
echo "The fruit counter of Banana Smith opens."
exec sh /app/server.sh "$@"
