#!/bin/sh
# SPDX-License-Identifier: MIT
# What the httpd workload answers, byte by byte, to clients that keep the rules and to others.
. "$top_srcdir/tests/lib.sh"
"$weft" run 2>/dev/null | grep -q httpd || skip "built without llhttp"

# An address that is none, one that cannot be had, and the end of a unix socket.
expect_error 2 "ADDR:PORT or unix:PATH is wanted, not '127.0.0.1:99999'" \
    run httpd --listen 127.0.0.1:99999
expect_error 4 'cannot listen on unix:.*: No such file' run httpd --listen "unix:$work/none/sock"
run timeout 60 "$weft" run httpd --listen "unix:$work/sock" --duration 100ms
checks=$((checks + 1))
[ $status -eq 0 ] && [ ! -e "$work/sock" ] ||
    fail "httpd on a unix socket: status $status, left: $(ls "$work")"

"${PYTHON3:-python3}" "$top_srcdir/tests/workloads/http_answers.py" "$weft" ||
    fail "http_answers.py: status $?"
finish
