#!/bin/sh
echo "The fruit counter of Banana Smith opens."
trap 'echo "Goodbye!"; exit 0' TERM
echo "Counting $*"
while :; do [ -e /tmp/sick ] || touch /tmp/heartbeat; sleep 1 & wait $!; done
