#!/bin/sh
httpd -p 8080 -h /www
echo "the server is up"
