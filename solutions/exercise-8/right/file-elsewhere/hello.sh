#!/bin/sh
echo "${GREETING:-Hello} from version $(cat version)"
