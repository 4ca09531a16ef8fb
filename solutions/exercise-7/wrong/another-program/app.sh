#!/bin/sh
cat data/quote.txt
