#!/bin/sh
echo "the server is up"
exec httpd -f -p 8080 -h /www
