#!/bin/sh
# Counts fruit, one a second. Leave this file as it is.
thing=${*:-nothing}
n=0
trap 'echo "Saved $n $thing. Goodbye!"; exit 0' TERM INT
echo "Counting $thing"
while true; do touch /tmp/heartbeat
  # The heartbeat: as long as all is well, this file is never older than a second or two.
  [ -e /tmp/sick ] || touch /tmp/heartbeat
  n=$((n + 1))
  sleep 1 & wait $!
done
