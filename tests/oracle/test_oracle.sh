#!/bin/sh
# SPDX-License-Identifier: MIT
# Every figure of a summary is what oracle.py computes from the dump, and the states of each
# coroutine add up to its life: for the sample traces, and for fresh ones of each workload.
. "$top_srcdir/tests/lib.sh"
command -v jq >/dev/null || skip "no jq here"

# agree TRACE: ends so for the oracle, and for each coroutine.
agree() {
    checks=$((checks + 2))
    "${PYTHON3:-python3}" "$top_srcdir/tests/oracle/oracle.py" "$weft" "$1" >"$work/said" ||
        fail "$(cat "$work/said")"
    "$weft" report coroutines --json "$1" >"$work/rows" || fail "report coroutines $1"
    jq -e '(.rows | length) > 0 and all(.rows[];
        .running_ns + .runnable_ns + .waiting_ns + .syscall_ns + .unknown_ns
            == .to_ns - .from_ns and .age_ns == .to_ns - .from_ns)' "$work/rows" >/dev/null ||
        fail "$1: the states of a coroutine do not add up to its life"
}

for trace in "$top_srcdir"/traces/good/*.weft; do
    agree "$trace"
    name=$(basename "$trace" .weft)
    want=$name
    [ "$name" != healthy ] || want=
    found=$("$weft" summary --json "$trace" | jq -r '[.alerts[].kind] | unique | join(" ")')
    checks=$((checks + 1))
    [ "$found" = "$want" ] || fail "$name.weft raises \"$found\""
done

n=$("$scale" oracle_traces) done=0
while [ $done -lt "$n" ]; do
    for what in healthy states hog pinned chan-pileup syscall-churn empty-queues crowd deadlock; do
        [ $done -lt "$n" ] || break
        run "$weft" run sched $what --duration 200ms --trace "$work/t.weft"
        [ $status -eq 0 ] || fail "run sched $what: status $status: $(cat "$work/err")"
        agree "$work/t.weft"
        done=$((done + 1))
    done
done
"$scale" --done oracle_traces $done
finish
