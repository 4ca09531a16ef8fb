#!/bin/sh
chown -R app /data
exec su app -c "httpd -f -p 8080 -h /www"
