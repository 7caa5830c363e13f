#!/bin/sh
# SPDX-License-Identifier: MIT
# weft bench: each row does its work on 1 and 2 Ps, and prints what it should.
. "$top_srcdir/tests/lib.sh"

rows=$("$weft" bench --list | cut -d' ' -f1)
for row in $rows; do
    for procs in 1 2; do
        checks=$((checks + 1))
        "$weft" bench "$row" --n 400 --procs $procs --tsv >"$work/out" 2>"$work/err" ||
            fail "bench $row on $procs: $(cat "$work/err")"
        awk -F'\t' -v procs="_p$procs" 'NF != 4 || $1 !~ procs "$" || $2 != "weft" ||
            $3 + 0 != $3 { bad = 1 } END { exit bad || !NR }' "$work/out" ||
            fail "bench $row on $procs prints: $(cat "$work/out")"
    done
done
checks=$((checks + 2))
"$weft" bench yield chan_nb --n 100 --json >"$work/out" || fail "bench --json"
jq -e 'length == 2 and .[0].row == "yield" and .[1].value > 0' "$work/out" >/dev/null ||
    fail "bench --json prints: $(cat "$work/out")"
expect 2 'did you mean yield?' bench yeild
expect 2 'exclude each other' bench --json --tsv
finish
