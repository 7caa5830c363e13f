#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/cli/test_schedtrace.sh - the lines of WEFT_DEBUG, read as Go's users read theirs.
. "${top_srcdir:-.}/tests/lib.sh"

WEFT_DEBUG=schedtrace=20 "$weft" run sched healthy --duration 300ms --procs 2 --quiet \
    2>"$work/plain" >/dev/null || fail "healthy with schedtrace"
checks=4
# Three lines, as they stand in many a toolbox: time, idle Ps, the sum of all queues.
awk '/^SCHED / {
    split($3, idle, "="); gsub(/.*\[|\]/, ""); n = split($0, q, " "); sum = 0
    for (i = 1; i <= n; i++) sum += q[i]; print idle[2], n, sum }' "$work/plain" >"$work/sums"
[ "$(wc -l <"$work/sums")" -ge 5 ] || fail "too few lines: $(cat "$work/plain")"
awk '$2 != 2 || $1 > 2 || $1 < 0 || $3 < 0 { exit 1 }' "$work/sums" ||
    fail "not two queues in each line: $(cat "$work/plain")"

WEFT_DEBUG=schedtrace=50,scheddetail=1 "$weft" run sched healthy --duration 300ms --procs 2 \
    --quiet 2>"$work/detail" >/dev/null || fail "healthy with scheddetail"
awk '
    /^SCHED [0-9]+ms: gomaxprocs=2 .* stopwait=0 sysmonwait=false$/ { sched++; next }
    /^  P[01]: status=[01] schedtick=[0-9]+ syscalltick=[0-9]+ m=([0-9]+|nil) runqsize=[0-9]+ gfreecnt=[0-9]+ timerslen=[0-9]+$/ { p++; next }
    /^  M[0-9]+: p=([0-9]+|nil) curg=([0-9]+|nil) mallocing=0 .* spinning=(true|false) blocked=(true|false) lockedg=([0-9]+|nil) tid=[0-9]+$/ { m++; next }
    /^  G[0-9]+: status=[1234]\([a-z_]*\) m=([0-9]+|nil) lockedm=([0-9]+|nil)/ { g++; next }
    { print "not known: " $0; bad = 1 }
    END { if (bad || sched < 3 || p != 2 * sched || m < sched || g < 5 * sched) exit 1 }
' "$work/detail" >"$work/bad" || fail "detail: $(cat "$work/bad" "$work/detail")"
finish
