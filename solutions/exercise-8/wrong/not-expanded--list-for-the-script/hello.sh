#!/bin/sh
echo "$GREETING from version $1"
