#!/bin/sh
# When asked to, sets worker_processes to the processors that this container may really use.
set -e

[ -n "${NGINX_ENTRYPOINT_WORKER_PROCESSES_AUTOTUNE:-}" ] || exit 0

conf=/etc/nginx/nginx.conf
if ! touch "$conf" 2>/dev/null; then
    echo "${0##*/}: error: can not modify $conf (read-only file system?)"
    exit 0
fi

# A quota of processor time, rounded up to whole processors; nothing when there is no limit.
quota() {
    if [ -r /sys/fs/cgroup/cpu.max ]; then
        cat /sys/fs/cgroup/cpu.max
    elif [ -r /sys/fs/cgroup/cpu/cpu.cfs_quota_us ]; then
        echo "$(cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us) $(cat /sys/fs/cgroup/cpu/cpu.cfs_period_us)"
    fi | awk '$1 > 0 && $2 > 0 { print int(($1 + $2 - 1) / $2) }'
}

workers=$(nproc)
limit=$(quota)
if [ -n "$limit" ] && [ "$limit" -lt "$workers" ]; then
    workers=$limit
fi
sed -i -E "s/^(worker_processes) +.*/# &  (before the entrypoint set it)\n\1 $workers;/" "$conf"
