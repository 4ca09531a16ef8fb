#!/bin/sh
echo "$GREETING from version $APP_VERSION"
