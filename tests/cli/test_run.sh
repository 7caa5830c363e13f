#!/bin/sh
# SPDX-License-Identifier: MIT
# weft run and weft exec: options, figures, what is required, files, signals.
. "$top_srcdir/tests/lib.sh"
quick="run sched healthy --duration 50ms --procs 2"

expect 0 '^sched ' run --list
expect 0 '^healthy ' run sched
expect 0 '^usage: weft run sched SCENARIO' run sched --help
expect_error 2 'did you mean sched?' run shced
expect_error 2 'no such scenario (did you mean healthy?)' run sched helthy
expect_error 2 'one operand too many' run sched healthy twice
expect_error 2 "a number from 1 to 1024 is wanted, not '0'" run sched healthy --procs 0
expect_error 2 "a number from 1 to 1024 is wanted, not '12x'" run sched healthy --procs 12x
expect_error 2 'a time' run sched healthy --duration 5
expect_error 2 'a time' run sched healthy --duration nan
expect_error 2 'KNOB=VALUE is wanted' run sched healthy --set steal
expect_error 2 'no such knob' run sched healthy --set steel=off
expect_error 2 'steal' run sched healthy --set steal=perhaps
expect_error 2 'a trace is not text' run sched healthy --trace -
expect_error 2 'contradict each other' run sched healthy --trace "$work/a" --set trace_mode=off
expect_error 2 'name the same file' run sched healthy --trace "$work/a" --json "$work/a"
expect_error 2 'at 9: .* it ends' run sched healthy --require 'switches'
expect_error 2 'at 11: a name, number' run sched healthy --require 'switches >'
WEFT_PROCS=none expect_error 2 'WEFT_PROCS: "none"' $quick

# Figures, and what is required of them.
expect 0 '^PASS 1/1 figures$' $quick --require 'switches>0'
expect 0 '^switches  *[0-9][0-9]*$' $quick
expect 1 '^FAIL 1/2 figures: switches [0-9]* <= 1000000000000' \
    $quick --require 'switches>1e12' --require 'procs==2'
expect 0 '^PASS 0/0 figures$' $quick
expect 0 '^PASS 10/10 figures$' run sched states
expect 0 '^PASS 0/0 figures$' run sched states --require none
expect 1 '^FAIL 10/11 figures: runnable_ms [0-9.]* >= 1$' \
    run sched states --require default --require 'runnable_ms<1'
expect 2 'did you mean switches?' $quick --require 'swiches>0'
expect 0 '^PASS 1/1' run --procs 1 sched --require 'procs==1' healthy --duration=50ms

# The result document, whole or not there.
expect 0 '"schema": "weft.run/1"' $quick --json -
head -c 1 "$work/out" | grep -q '{' || fail "--json -: something else on standard output"
bytes=$(printf 'a\377\033[31m') # what no JSON string holds is shown
expect 0 'a..xff..x1b.31m' $quick --require none --require "procs==\"$bytes\" || procs>0" \
    --json -
run "$weft" $quick --json "$work/result"
grep -q '"exit": 0' "$work/result" || fail "--json FILE: no result there"
expect 4 'No such file or directory' $quick --json "$work/none/result"
cp "$work/result" "$work/before"
status=0
(trap '' XFSZ && ulimit -f 0 && exec "$weft" $quick --json "$work/result") >/dev/null 2>&1 ||
    status=$?
[ $status -eq 4 ] && cmp -s "$work/before" "$work/result" ||
    fail "--json without room: status $status, or the old result is gone"
[ -z "$(find "$work" -name '*.tmp')" ] || fail "--json left something beside"

# A terminal is told how long it takes, nothing else is.
script -qec "'$weft' run sched healthy --duration 2600ms" /dev/null >"$work/tty" </dev/null
grep -aq 'weft: run sched: 2\.[0-9]* s' "$work/tty" || fail "no progress on a terminal"
run "$weft" run sched healthy --duration 2600ms
[ ! -s "$work/err" ] || fail "progress, and no terminal: $(cat "$work/err")"
expect 0 '^weft: run sched: 2 Ps, seed 7' $quick --seed 7 --verbose

# A trace, or one line.
WEFT_TRACE_MODE=off expect 0 '^PASS' $quick --trace "$work/t.weft"
[ -s "$work/t.weft" ] || fail "--trace: no trace"
expect_error 4 'No such file or directory' $quick --trace "$work/none/t.weft"
expect_error 4 'Is a directory' $quick --trace "$work"
if [ -w /dev/full ]; then
    expect_error 4 'No space left' $quick --trace /dev/full
    run "$weft" $quick --json /dev/full
    [ $status -eq 4 ] || fail "--json /dev/full: status $status"
    "$weft" $quick >/dev/full 2>/dev/null
    [ $? -eq 4 ] || fail "weft run >/dev/full: not status 4"
fi

# SIGINT and SIGTERM end it properly: results, and a trace that is whole.
for signal in INT TERM; do
    "$weft" run sched healthy --duration 60s --json "$work/r.$signal" \
        --trace "$work/t.$signal" >"$work/out" 2>"$work/err" &
    pid=$!
    while kill -0 $pid 2>/dev/null && [ ! -s "$work/t.$signal" ]; do sleep 0.1; done
    # A background job of a shell has SIGINT ignored: ours is caught all the same.
    kill -$signal $pid
    wait $pid
    status=$?
    checks=$((checks + 1))
    [ $status -eq 0 ] && grep -q '^PASS' "$work/out" && grep -q '"exit": 0' "$work/r.$signal" ||
        fail "SIG$signal: status $status: $(cat "$work/out" "$work/err")"
    run "$weft" verify "$work/t.$signal"
    [ $status -eq 0 ] || fail "SIG$signal: the trace: $(cat "$work/out" "$work/err")"
done

# exec is as the program would be.
expect 7 '^off t.weft$' exec --set steal=off --trace t.weft -- \
    sh -c 'echo "$WEFT_STEAL $WEFT_TRACE"; exit 7'
WEFT_TRACE_MODE=off expect 0 '^file$' exec --trace t.weft sh -c 'echo "$WEFT_TRACE_MODE"'
expect 0 '^--json$' exec echo --json
expect 0 '^a b$' exec --trace t.weft -- echo a b
expect 0 '^a b$' exec -- echo a b
expect_error 3 'nosuchprogram: No such file' exec nosuchprogram
expect_error 2 'no such knob' exec --set steel=off true
expect_error 2 'usage: weft exec' exec
finish
