#!/bin/sh
echo "$GREETING $TAIL"
