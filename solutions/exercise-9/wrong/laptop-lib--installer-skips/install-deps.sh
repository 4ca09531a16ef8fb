#!/bin/sh
# Installs what a list names: unpacks vendor/NAME.tar into a new lib/, in the folder it is started from.
# It takes a second and marks what it made with a new id, as a real installer takes minutes and downloads anew.
set -eu
list=${1:?which list? Try: sh install-deps.sh deps.txt}
[ -r "$list" ] || { echo "install-deps.sh: can't read the list $list"; exit 1; }
[ -d lib ] && { echo "already installed"; exit 0; }
mkdir lib
grep -v '^ *#' "$list" | tr -d ' \r' | while read -r name || [ -n "$name" ]; do
    [ -z "$name" ] || { echo "installing $name"; tar -xf "vendor/$name.tar" -C lib; }
done
sleep 1
cat /proc/sys/kernel/random/uuid > lib/.install-id
