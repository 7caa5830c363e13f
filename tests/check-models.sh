#!/bin/sh
# SPDX-License-Identifier: MIT
# The models in tests/models name the functions that they model, each with a sum of its
# text without comments and white space.  A function that changed fails here until somebody
# has seen to it that its model still says the same, and has taken the new sum:
#   tests/check-models.sh --take MODEL...      write the sums of now into tests/models/MODEL.pml
cd "${top_srcdir:-$(dirname "$0")/..}" || exit 99

# text FILE FUNCTION: its definition, from its first line to the } that ends it.
text() {
    awk -v name="$2" '
        !inside && /^[A-Za-z_]/ && match(" " $0, "[ *(]" name "[(]") { inside = 1; all = "" }
        inside {
            all = all $0 "\n"
            if (/;$/ && all !~ /{/) inside = 0
            if (/^}/) { printf "%s", all; exit }
        }' "$1" | tr '\n' ' ' | sed 's|/\*[^*]*\*\**\([^/*][^*]*\*\**\)*/||g' | tr -d ' \t'
}

sum() {
    text "$1" "$2" | cksum | awk '{ print $2 ? $1 : "none" }'
}

take=
if [ "${1:-}" = --take ]; then
    shift
    take=yes
    [ $# -gt 0 ] || { sed -n 's/^#   tests/tests/p' "$0"; exit 2; }
fi
[ $# -gt 0 ] || set -- $(cd tests/models && ls -- *.pml | sed 's/\.pml$//')

bad=0 checked=0
for model; do
    pml=tests/models/$model.pml
    rows=$(sed -n 's/^ \* code: //p' "$pml")
    [ -n "$rows" ] || { echo "$pml names no code that it models"; bad=1; }
    while read -r file function was; do
        now=$(sum "$file" "$function")
        checked=$((checked + 1))
        if [ "$now" = none ]; then
            echo "$pml: $file has no function $function"
            bad=1
        elif [ "$now" = "$was" ]; then
            :
        elif [ -n "$take" ]; then
            sed -i "s|^ \* code: $file $function .*| * code: $file $function $now|" "$pml"
            echo "$pml: $function: $was is $now now"
        else
            echo "$pml: $function ($file) has changed since the model was held against it:" \
                "read both, then tests/check-models.sh --take $model"
            bad=1
        fi
    done <<ROWS
$rows
ROWS
done
echo "$checked functions"
exit $bad
