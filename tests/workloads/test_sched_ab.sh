#!/bin/sh
# SPDX-License-Identifier: MIT
# sched hog --ab and pinned --ab: what is required of them is told, judged, and decides how they
# end; with what helps switched off in both variants, they fail.
. "$top_srcdir/tests/lib.sh"
command -v jq >/dev/null || skip "no jq here"
[ "$(nproc)" -ge 2 ] || skip "one CPU: nothing can be compared"

# ab STATUS SCENARIO OPTION...: five rounds; tried again when the machine's neighbours disturb.
ab() {
    want=$1 tries=4
    shift
    while
        run "$weft" run sched "$@" --ab --json "$work/result"
        tries=$((tries - 1))
        [ $status -ne "$want" ] && [ $tries -gt 0 ]
    do
        sleep 1
    done
    [ $status -eq "$want" ] || fail "$* --ab: status $status, not $want: $(tail -n 4 "$work/out" "$work/err")"
    jq -e --argjson want "$want" '.exit == $want' "$work/result" >/dev/null ||
        fail "$*: the result does not tell how it ended"
    checks=$((checks + 2))
}

# holds EXPRESSION: of the result.
holds() {
    checks=$((checks + 1))
    jq -e "$1" "$work/result" >/dev/null ||
        fail "not so: $1: $(jq -c '[.figures, .require]' "$work/result")"
}

ab 0 hog
holds '[.require[].expr] == ["longest_p_hold_ms<=20", "wait_ratio>=5"] and all(.require[]; .pass)'
holds '.figures | .wait_ratio * .preempt_on_runnable_wait_p99_us - .preempt_off_runnable_wait_p99_us
    | fabs < 1'
holds '.figures.slices >= 6 and .figures.preempt_off_longest_p_hold_ms > .figures.longest_p_hold_ms'

ab 0 pinned
holds '[.require[].expr] == ["wait_ratio>=10", "healthy_ratio<=2"] and all(.require[]; .pass)'
holds '.figures | .wait_ratio * .steal_on_runnable_wait_max_us - .steal_off_runnable_wait_max_us
    | fabs < 1'
holds '.figures.slices >= 9'

ab 1 hog --preempt off
holds 'all(.require[]; .pass | not)'
ab 1 pinned --steal off
holds '.require[0].pass | not'
ab 0 pinned --steal off --require 'wait_ratio<10'
ab 0 hog --preempt off --require none --duration 1s

expect 2 'ab is for hog and pinned' run sched healthy --ab
expect 2 'contradict' run sched hog --ab --trace "$work/t.weft"
finish
