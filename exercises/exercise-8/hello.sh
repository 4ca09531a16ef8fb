#!/bin/sh
echo "$GREETING from version $(cat /version.txt)"
