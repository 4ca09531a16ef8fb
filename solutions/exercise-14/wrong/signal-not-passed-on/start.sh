#!/bin/sh
echo "The Gazette opens."
nginx -g "daemon off;"
