#!/bin/sh
echo "$GREETING from version dev"
