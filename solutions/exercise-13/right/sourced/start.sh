#!/bin/sh
echo "The fruit counter of Banana Smith opens."
. /app/server.sh
