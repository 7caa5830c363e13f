#!/bin/sh
# SPDX-License-Identifier: MIT
# Every manual page is mdoc that mandoc has nothing to say about.
command -v mandoc >/dev/null || {
    echo "no mandoc here (apt-get install mandoc)"
    exit 77
}
failed=0 n=0
for page in "$top_srcdir"/man/*.[1-8] "$top_builddir"/man/*.[1-8]; do
    [ -f "$page" ] || continue
    n=$((n + 1))
    # The pages refer to each other, and need not be installed for that.
    said=$(mandoc -Tlint -Wstyle "$page" | grep -v 'referenced manual not found')
    if [ -n "$said" ]; then
        echo "$said"
        failed=1
    fi
done
# Each public name is one of the names of a page made from its header.
names=$(sed -n 's/^\.Nm \(weft_[a-z0-9_]*\).*/\1/p' "$top_builddir"/man/*.3)
for name in $(cat "$top_srcdir/src/weft.sym"); do
    echo "$names" | grep -qx "$name" && continue
    echo "$name: no page of section 3 has it"
    failed=1
done
# weft(3) names the page of each header, and shows the first of the examples whole.
overview=$top_srcdir/man/weft.3
for header in "$top_srcdir"/include/weft/*.h; do
    page=weft_$(basename "$header" .h)
    [ "$page" = weft_weft ] && continue
    grep '^\.It Xr' "$overview" | grep -qw "Xr $page 3" && continue
    echo "$page: weft(3) does not name it"
    failed=1
done
sed -n '/^\.Sh EXAMPLES/,/^\.Ed/p' "$overview" | sed -n '/^#include/,/^\.Ed/p' |
    sed -e '$d' -e 's/\\e/\\/g' >"$top_builddir/tests/overview.c"
sed -n '/^#include/,$p' "$top_srcdir/examples/01-hello.c" |
    cmp - "$top_builddir/tests/overview.c" || {
    echo "weft(3): its program is not examples/01-hello.c"
    failed=1
}
rm -f "$top_builddir/tests/overview.c"
# And the example of that page, which make check runs, calls it.
for header in "$top_srcdir"/include/weft/*.h; do
    example=$top_srcdir/man/examples/$(basename "$header" .h).c
    for name in $(sed -n 's/^[a-z].*[ *]\(weft_[a-z0-9_]*\)(.*/\1/p' "$header"); do
        grep -qx "$name" "$top_srcdir/src/weft.sym" || continue
        [ -f "$example" ] && grep -qw "$name" "$example" && continue
        echo "$name: $example does not show it"
        failed=1
    done
done
[ $n -gt 0 ] || echo "no manual page found"
[ $n -gt 0 ] && exit $failed
