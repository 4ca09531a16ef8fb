#!/bin/sh
set -e
mkdir -p /data
chown nobody /data
exec httpd -f -p 8080 -h /www
