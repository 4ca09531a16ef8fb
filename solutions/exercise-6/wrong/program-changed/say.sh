#!/bin/sh
# say [--shout] [--fail] WORDS…: a banana says the words. --shout says them loudly, --fail ends with exit code 3.
code=0
loud=no
while :; do
    case "$1" in
        --shout) loud=yes ;;
        --fail) code=3 ;;
        *) break ;;
    esac
    shift
done
words="Hello, $*"
if [ "$loud" = yes ]; then
    words=$(printf '%s' "$words" | tr '[:lower:]' '[:upper:]')
fi
line=$(printf '%s' "$words" | sed 's/./-/g')
printf " .%s.\n( %s )\n '%s'\n     \\\\\n      banana\n" "$line" "$words" "$line"
exit "$code"
