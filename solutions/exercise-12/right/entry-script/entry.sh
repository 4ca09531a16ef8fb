#!/bin/sh
echo "The guestbook opens."
exec httpd -f -p 8080 -h /www
