#!/bin/sh
echo "The fruit counter of Banana Smith opens."
eval "$(cat /app/server.sh)"
