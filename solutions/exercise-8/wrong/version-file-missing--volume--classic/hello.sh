#!/bin/sh
echo "$GREETING from version $(cat /data/version.txt)"
