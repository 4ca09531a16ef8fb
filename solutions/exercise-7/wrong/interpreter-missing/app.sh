#!/bin/bash
cat data/quote.txt
