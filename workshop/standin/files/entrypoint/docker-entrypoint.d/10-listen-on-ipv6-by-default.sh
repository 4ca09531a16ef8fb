#!/bin/sh
# Lets the packaged server listen on IPv6 too; a default.conf that was changed is left alone.
set -e

conf=/etc/nginx/conf.d/default.conf

note() {
    [ -n "${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ] || echo "${0##*/}: info: $*"
}

leave() {
    note "$*"
    exit 0
}

[ -f /proc/net/if_inet6 ] || leave "ipv6 not available"
[ -f "$conf" ] || leave "$conf is not a file or does not exist"
touch "$conf" 2>/dev/null || leave "can not modify $conf (read-only file system?)"
! grep -q 'listen  \[::\]:80;' "$conf" || leave "IPv6 listen already enabled"

note "Getting the checksum of $conf"
grep -q "^$(sha256sum <"$conf" | cut -d ' ' -f 1)" /usr/share/nginx/default.conf.sha256 ||
    leave "$conf differs from the packaged version"

sed -i 's/^    listen       80;/&\n    listen  [::]:80;/' "$conf"
note "Enabled listen on IPv6 in $conf"
