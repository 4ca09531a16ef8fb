#!/bin/sh
# Makes the Banana Gazette: sh build.sh CONTENT OUT KEY
# CONTENT/name.txt becomes OUT/name.html: the first line is the headline; lines that begin with # are notes among
# colleagues and stay out. OUT/index.html, the front page, links to all of them. OUT/signature.txt is the SHA-256 sum of
# the file KEY and these pages, one behind the other, in the order of their names. OUT/build-id.txt is new each time.
# The printer's proofs are left in /tmp/proofs.
set -eu
export LC_ALL=C
content=${1:?which folder has the articles?} out=${2:?where should the pages go?} key=${3:?which file is the key?}
[ -s "$key" ] || { echo "build.sh: no signing key at $key"; exit 1; }
ls "$content"/*.txt > /dev/null || { echo "build.sh: no articles in $content"; exit 1; }

head() {
    echo '<!doctype html>'
    echo '<meta charset="utf-8">'
    echo "<title>$1</title>"
    echo '<link rel="stylesheet" href="/style.css">'
    echo "<h1>$1</h1>"
}

work=$(mktemp -d)
for article in "$content"/*.txt; do
    name=$(basename "$article" .txt)
    sed -e 's/\r$//' -e '/^#/d' -e '/^ *$/d' -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g' "$article" > "$work/text"
    title=$(sed -n 1p "$work/text")
    { head "$title"; sed -e 1d -e 's/.*/<p>&<\/p>/' "$work/text"; } > "$work/$name.html"
    echo "<p><a href=\"/$name.html\">$title</a></p>" >> "$work/links"
done
{ head "The Banana Gazette"; cat "$work/links"; } > "$work/index.html"

mkdir -p "$out"
cat "$key" "$work"/*.html | sha256sum | cut -d " " -f 1 > "$out/signature.txt"
cp "$work"/*.html "$out"
cat /proc/sys/kernel/random/uuid > "$out/build-id.txt"
rm -r "$work"

mkdir -p /tmp/proofs
dd if=/dev/zero of=/tmp/proofs/all-pages.raw bs=1024 count=1024 2> /dev/null
