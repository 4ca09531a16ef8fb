#!/bin/sh
# Turns /etc/nginx/templates/NAME.template into /etc/nginx/conf.d/NAME, with the environment's values filled in.
set -e

templates=${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}
suffix=${NGINX_ENVSUBST_TEMPLATE_SUFFIX:-.template}
output=${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}

note() {
    [ -n "${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ] || echo "${0##*/}: $*"
}

# The names that may be filled in, as envsubst wants them; anything else, like nginx's own $uri, stays as it is.
names() {
    awk -v wanted="${NGINX_ENVSUBST_FILTER:-}" 'BEGIN { for (name in ENVIRON) if (name ~ wanted) printf "${%s} ", name }'
}

[ -d "$templates" ] || exit 0
if [ ! -w "$output" ]; then
    note "ERROR: $templates exists, but $output is not writable"
    exit 0
fi
find "$templates" -follow -type f -name "*$suffix" | while read -r template; do
    target=${template#"$templates"/}
    target=$output/${target%"$suffix"}
    mkdir -p "${target%/*}"
    note "Running envsubst on $template to $target"
    envsubst "$(names)" <"$template" >"$target"
done
