#!/bin/sh
echo "$GREETING from version $VERSION"
