#!/bin/sh
echo "$GREETING from version ${VERSION:-$(cat /version.txt)}"
