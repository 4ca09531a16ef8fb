#!/bin/sh
echo "Good evening from the banana bar!"
cat lib/peel/menu.txt lib/slice/menu.txt