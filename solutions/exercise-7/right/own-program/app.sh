#!/bin/sh
echo "The quote:"
exec cat "$(dirname "$0")/data/quote.txt"
