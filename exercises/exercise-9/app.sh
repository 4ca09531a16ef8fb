#!/bin/sh
# The app: it greets, and reads out what its dependencies bring.
cd "$(dirname "$0")" || exit 1
echo "Good morning from the banana bar!"
cat lib/*/menu.txt
