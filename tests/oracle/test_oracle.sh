#!/bin/sh
# SPDX-License-Identifier: MIT
# Every figure of a summary is what oracle.py computes from the dump, and the states of each
# coroutine add up to its life: for the sample traces, and for fresh ones of each workload,
# whole, with losses, cut off, and of a killed program.
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

# Into a pipe that is read too late, with little room: events are dropped.
mkfifo "$work/pipe"
for what in healthy syscall-churn spawn-storm; do
    for try in 300ms 1s 3s; do
        (sleep 0.2; cat "$work/pipe" >"$work/lossy.weft") &
        run "$weft" run sched $what --procs 2 --duration $try --set trace_buffer=256K \
            --require none --trace "$work/pipe"
        wait $!
        [ $status -eq 0 ] || fail "run sched $what: status $status: $(cat "$work/err")"
        agree "$work/lossy.weft"
        "$weft" summary --json "$work/lossy.weft" >"$work/told" || fail "summary of a lossy $what"
        lost=$(jq '.trace.lost_events' "$work/told")
        [ "$lost" -eq 0 ] || break
    done
    checks=$((checks + 1))
    jq -e '.trace.lost_events > 0 and
        ([.alerts[] | select(.kind == "data_lost") | .evidence.events] == [.trace.lost_events]) and
        (.trace.more_gaps > 0 or ([.trace.gaps[].events] | add) == .trace.lost_events)' \
        "$work/told" >/dev/null || fail "a lossy $what: the sums of what is lost differ"
done

# Cut off in the middle, and killed.
for bytes in 120000 200000; do
    head -c $bytes "$top_srcdir/traces/good/healthy.weft" >"$work/cut.weft"
    agree "$work/cut.weft"
done
"$weft" run sched healthy --procs 2 --duration 60s --trace "$work/killed.weft" >"$work/said" 2>&1 &
victim=$!
sleep 0.7
kill -9 $victim
wait $victim 2>/dev/null
agree "$work/killed.weft"
"$scale" --done oracle_traces $done
finish
