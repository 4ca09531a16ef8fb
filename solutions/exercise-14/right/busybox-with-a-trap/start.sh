#!/bin/sh
httpd -f -p 8080 -h /www &
trap "kill $!; exit 0" TERM
wait
