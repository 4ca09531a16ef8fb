#!/bin/sh
echo "The fruit counter of Banana Smith opens."
(while :; do touch /tmp/heartbeat; sleep 1; done) &
exec sh /app/server.sh "$@"
