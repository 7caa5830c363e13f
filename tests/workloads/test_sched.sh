#!/bin/sh
# SPDX-License-Identifier: MIT
# Each scenario of sched raises its own alert, naming site and coroutine; healthy raises none.
. "$top_srcdir/tests/lib.sh"
command -v jq >/dev/null || skip "no jq here"
runs=$("$scale" sched_runs)

# alerts: the kinds in $work/t.weft, one a line.
alerts() {
    "$weft" summary --json "$work/t.weft" >"$work/summary" || fail "summary of $scenario"
    jq -r '.alerts[].kind' "$work/summary"
}

# record SCENARIO OPTION...
record() {
    scenario=$1
    run "$weft" run sched "$@" --trace "$work/t.weft"
    [ $status -eq 0 ] || fail "run sched $*: status $status: $(cat "$work/out" "$work/err")"
    checks=$((checks + 1))
}

# until_judged KIND SCENARIO OPTION...: recorded anew while the machine's neighbours keep the
# program from running so much that the kernel alone is to blame.
until_judged() {
    wanted=$1 tries=5
    shift
    while
        record "$@"
        alerts >"$work/kinds"
        tries=$((tries - 1))
        [ $tries -gt 0 ] && ! grep -qx "$wanted" "$work/kinds" &&
            grep -qx kernel_starved "$work/kinds"
    do
        sleep 1
    done
}

# names KIND SITE: the alert of that kind names a site that begins so, and a coroutine or object.
names() {
    jq -e --arg kind "$1" --arg site "$2" '[.alerts[] | select(.kind == $kind)
        | select((.title + " " + (.evidence | tostring)) | test($site))
        | select(.g != null or .object != null)] | length > 0' "$work/summary" >/dev/null ||
        fail "$scenario: no alert $1 that names $2: $(jq -c '.alerts' "$work/summary")"
    checks=$((checks + 1))
}

# Beside two neighbours that take what CPU they get, only the kernel is to blame.
beside_spinners() {
    spinners=
    for _ in 1 2; do
        sh -c 'while :; do :; done' &
        spinners="$spinners $!"
    done
    record healthy --duration 1s
    # shellcheck disable=SC2086 # a list
    kill $spinners
    found=$(alerts | sort -u | tr '\n' ' ')
    case $found in
    "" | "kernel_starved ") ;;
    *) fail "healthy beside spinners: raised $found: $(jq -c '.alerts[].title' "$work/summary")" ;;
    esac
}

# walks REASON...: one coroutine of states was in every state for 20 ms and more, and waited
# for these reasons.
walks() {
    record states
    "$weft" report coroutines --json --where 'name=="states.walker"' "$work/t.weft" >"$work/rows"
    jq -e '.rows | length == 1 and all(.[]; .state == "dead" and ([.runnable_ns, .running_ns,
        .waiting_ns, .syscall_ns] | min) >= 20e6)' "$work/rows" >/dev/null ||
        fail "states: the walker was not in each state: $(cat "$work/rows")"
    g=$(jq '.rows[0].g' "$work/rows")
    "$weft" dump "$work/t.weft" | awk -F'\t' -v g="$g" '
        $4 == g { for (i = 6; i <= NF; i++) if (sub(/^reason=/, "", $i)) print $i }' \
        >"$work/reasons"
    for reason; do
        checks=$((checks + 1))
        grep -qx "$reason" "$work/reasons" || fail "states: the walker waited for no $reason"
    done
}

walks chan_send chan_recv select mutex wait_group net_read sleep
i=0
while [ $i -lt "$runs" ]; do
    beside_spinners
    record healthy --duration 1s
    found=$(alerts | sort -u | tr '\n' ' ')
    case $found in
    "" | "kernel_starved ") ;; # the machine's neighbours may be busy
    *) fail "healthy: raised $found: $(jq -c '.alerts[].title' "$work/summary")" ;;
    esac
    if [ -z "$found" ]; then
        jq -e '[.procs[] | .running_ns / (.running_ns + .idle_ns + .syscall_ns)] | min >= 0.6' \
            "$work/summary" >/dev/null || fail "healthy: a P is less than 60 % busy"
        jq -e '([.procs[].dispatches] | add) * 1e9 / .trace.duration_ns >= 10000' \
            "$work/summary" >/dev/null || fail "healthy: under 10,000 switches a second"
    fi
    while read -r kind site scenario options; do
        # shellcheck disable=SC2086 # a list of options
        until_judged "$kind" "$scenario" $options
        grep -qx "$kind" "$work/kinds" ||
            fail "$scenario: no $kind among: $(tr '\n' ' ' <"$work/kinds")"
        names "$kind" "$site"
    done <<'SCENARIOS'
hog hog.compute hog --duration 500ms
pinned_stall pinned pinned --duration 500ms
wait_pileup pileup chan-pileup --duration 700ms
thread_churn churn syscall-churn --duration 500ms
idle_while_queued queues empty-queues --duration 500ms
pool_misses storm.drop spawn-storm --duration 500ms
starved crowd.member crowd --duration 700ms
deadlock deadlock.locker deadlock
SCENARIOS
    i=$((i + 1))
done
"$scale" --done sched_runs "$runs"
finish
