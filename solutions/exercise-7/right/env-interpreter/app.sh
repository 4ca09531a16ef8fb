#!/usr/bin/env sh
cat "$PWD/data/quote.txt"
