#!/bin/sh
exec say "$@"
