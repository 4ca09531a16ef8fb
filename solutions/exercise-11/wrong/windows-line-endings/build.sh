#!/bin/sh
# Cooks the site: sh build.sh CONTENT OUT KEY
# Each CONTENT/name.txt (first line: its title) becomes OUT/name.html. OUT/signature.txt is the SHA-256 sum of the file
# KEY and all these pages, one behind the other, in the order of their names. Who has the key can check it, and sign.
set -eu
export LC_ALL=C
content=${1:?which folder has the texts?} out=${2:?where should the pages go?} key=${3:?which file is the key?}
[ -s "$key" ] || { echo "build.sh: no signing key at $key"; exit 1; }
ls "$content"/*.txt > /dev/null || { echo "build.sh: no texts in $content"; exit 1; }
mkdir -p "$out"

page='
    { sub(/\r$/, ""); gsub(/&/, "\\&amp;"); gsub(/</, "\\&lt;"); gsub(/>/, "\\&gt;") }
    NR == 1 { print "<!doctype html>\n<meta charset=\"utf-8\">\n<title>" $0 "</title>\n<h1>" $0 "</h1>"; next }
    NF { print "<p>" $0 "</p>" }'

: > "$out/.all"
for text in "$content"/*.txt; do
    name=$(basename "$text" .txt)
    awk "$page" "$text" > "$out/$name.html"
    cat "$out/$name.html" >> "$out/.all"
done
cat "$key" "$out/.all" | sha256sum | cut -d " " -f 1 > "$out/signature.txt"
rm "$out/.all"
