#!/bin/sh
# Prepares nginx with the scripts of /docker-entrypoint.d, then becomes the command that it was given.
set -e

note() {
    [ -n "${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ] || echo "$0: $*"
}

prepare() {
    if [ -z "$(find /docker-entrypoint.d/ -mindepth 1 -maxdepth 1 -type f 2>/dev/null | head -n 1)" ]; then
        note "No files found in /docker-entrypoint.d/, skipping configuration"
        return
    fi
    note "/docker-entrypoint.d/ is not empty, will attempt to perform configuration"
    note "Looking for shell scripts in /docker-entrypoint.d/"
    find /docker-entrypoint.d/ -follow -type f | sort -V | while read -r script; do
        case $script in
            *.envsh | *.sh)
                if [ ! -x "$script" ]; then
                    note "Ignoring $script, not executable"
                elif [ "${script%.envsh}" != "$script" ]; then
                    note "Sourcing $script"
                    . "$script"
                else
                    note "Launching $script"
                    "$script"
                fi
                ;;
            *) note "Ignoring $script" ;;
        esac
    done
    note "Configuration complete; ready for start up"
}

case ${1:-} in
    nginx | nginx-debug) prepare ;;
esac

exec "$@"
