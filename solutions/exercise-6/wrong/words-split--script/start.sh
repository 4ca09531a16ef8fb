#!/bin/sh
exec say $*
