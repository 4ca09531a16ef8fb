#!/bin/sh
exec sh /app/server.sh "$@"
echo "The fruit counter of Banana Smith opens."
