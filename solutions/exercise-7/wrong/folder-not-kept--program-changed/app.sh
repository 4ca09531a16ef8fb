#!/bin/sh
cat quote.txt
