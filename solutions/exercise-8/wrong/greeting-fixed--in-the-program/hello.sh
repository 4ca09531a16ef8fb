#!/bin/sh
echo "Hello from version $(cat /version.txt)"
