#!/bin/sh
# SPDX-License-Identifier: MIT
# ab with 1000 connections against httpd, traced: nothing fails, and everybody counted the same.
. "$top_srcdir/tests/lib.sh"
command -v ab >/dev/null || skip "no ab here (apache2-utils)"
"$weft" run 2>/dev/null | grep -q httpd || skip "built without llhttp"
n=$("$scale" ab_requests) conns=1000
ulimit -n 4096 2>/dev/null || conns=200

figure() { sed -n "s/^$1  *\([0-9.]*\).*/\1/p" "$work/httpd"; }

for keep in "" -k; do
    "$weft" run httpd --listen 127.0.0.1:0 --port-file "$work/port" --trace "$work/t.weft" \
        --duration 120s >"$work/httpd" 2>&1 &
    server=$!
    while [ ! -s "$work/port" ] && kill -0 $server 2>/dev/null; do sleep 0.05; done
    run ab -q $keep -n "$n" -c $conns "http://127.0.0.1:$(cat "$work/port")/"
    [ $status -eq 0 ] || fail "ab $keep: $(cat "$work/err")"
    kill -TERM $server
    wait $server || fail "httpd ended with $?: $(cat "$work/httpd")"
    rm -f "$work/port"
    ab_failed=$(sed -n 's/^Failed requests: *//p' "$work/out")
    ab_complete=$(sed -n 's/^Complete requests: *//p' "$work/out")
    [ "$ab_failed" = 0 ] || fail "ab $keep: $ab_failed failed"
    [ "$ab_complete" = "$(figure requests)" ] ||
        fail "ab $keep: $ab_complete complete, httpd says $(figure requests)"
    [ "$(figure threads_max)" -le $(($(figure procs) + 4)) ] ||
        fail "httpd $keep: $(figure threads_max) threads for $(figure procs) Ps"
    expect 0 'net_read' summary "$work/t.weft"
    checks=$((checks + 4))
done
"$scale" --done ab_requests $((2 * n))
finish
