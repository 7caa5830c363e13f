#!/bin/sh
# SPDX-License-Identifier: MIT
# What the library exports, what src/weft.sym lists, and what the headers declare and
# explain are the same.
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

# same WHAT-A FILE-A WHAT-B FILE-B
same() {
    if ! diff "$2" "$4" >"$work/diff"; then
        sed -n "s|^<|only in $1:|p; s|^>|only in $3:|p" "$work/diff"
        failed=1
    fi
}

# complain: of each line of $work/missing.
complain() {
    [ ! -s "$work/missing" ] || failed=1
    cat "$work/missing"
}

sort "$top_srcdir/src/weft.sym" >"$work/listed"
[ -s "$work/listed" ] || failed=1

so=$top_builddir/.libs/libweft.so
if [ -f "$so" ]; then
    ${NM:-nm} -D --defined-only "$so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
        sort >"$work/exported"
    same src/weft.sym "$work/listed" libweft.so "$work/exported"
fi

# The compiler says what is declared: no matter how the line is broken.
for header in "$top_srcdir"/include/weft/*.h; do
    echo "#include <weft/${header##*/}>"
done >"$work/all.c"
${CC:-cc} -E -P -x c -I"$top_srcdir/include" "$work/all.c" >"$work/all.i" || failed=1
awk '/static inline/ { skip = 1 }
     { line = $0; while (!skip && match(line, /weft_[a-z0-9_]+\(/)) {
           print substr(line, RSTART, RLENGTH - 1); line = substr(line, RSTART + RLENGTH) } }
     /^}/ || /;$/ { skip = 0 }' "$work/all.i" | sort -u >"$work/declared"
same src/weft.sym "$work/listed" include/weft "$work/declared"

# Each has its contract: a comment line "weft_name - what it does".
cat "$top_srcdir"/include/weft/*.h | sed -n 's/^ \* \(weft_[a-z0-9_, ]*\) - .*/\1/p' |
    tr -s ', ' '\n\n' | sort -u >"$work/explained"
comm -23 "$work/listed" "$work/explained" | sed 's/^/no contract in the headers: /' >"$work/missing"
complain

# A contract says what comes back and from where it may be called.
awk '/^ \* weft_[a-z0-9_, ]* - / { name = $2; lacks = "Returns Context" }
     name && $2 ~ /^(Returns|Context)$/ { sub($2, "", lacks) }
     name && /\*\/$/ { if (lacks ~ /[A-Z]/) print name " does not say:", lacks; name = "" }' \
    "$top_srcdir"/include/weft/*.h >"$work/missing"
complain

# A manual page names nothing that is not there.
cat "$top_srcdir"/man/*.[1-9]* /dev/null 2>/dev/null |
    sed -n 's/^\.F[no] *\(weft_[a-z0-9_]*\).*/\1/p' | sort -u >"$work/in-man"
comm -23 "$work/in-man" "$work/declared" | sed 's/^/in a manual page, in no header: /' >"$work/missing"
complain
exit $failed
