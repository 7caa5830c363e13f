#!/bin/sh
# SPDX-License-Identifier: MIT
# The command line's own answers: version, help, and what is mistyped.
. "$top_srcdir/tests/lib.sh"

expect 0 '^weft [0-9]*\.[0-9]' --version
expect 0 '^usage: weft COMMAND' help
expect 0 '^usage: weft COMMAND' --help
expect 0 '^usage: weft help' help help
expect_error 2 'nonsense: no such command (weft help lists them)' nonsense
expect_error 2 'no such command' help nonsense
expect_error 2 'no command given'
expect_error 2 'did you mean summary?' sumary x.weft
expect_error 2 'did you mean verify?' help verfy
expect_error 2 'no such option (weft help lists commands)' --bogus
expect_error 2 'did you mean --version?' --versoin
expect_error 2 'takes nothing more' --version x
# What is hostile is shown, not sent.
expect_error 2 'a\\x1b\[31m\\u202e: no such command' "$(printf 'a\033[31m\342\200\256')"

# Every command has help, refuses what it does not know, and says what it wanted.
for command in $("$weft" help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    expect 0 "^usage: weft $command" help "$command"
    expect 0 "^usage: weft $command" "$command" --help
    expect_error 2 "$command: --no-such-thing: no such option" "$command" --no-such-thing x y
done
for command in view summary report doctor check dump verify; do
    expect_error 2 "usage: weft $command" "$command"
    expect_error 2 'one operand too many' "$command" overview a b
done
expect_error 2 'no terminal (weft report' view x.weft
expect_error 2 'no terminal (weft report' ./x.weft
expect_error 2 'did you mean --json?' summary --jsn x
expect_error 2 'did you mean --threshold?' doctor --treshold x
expect_error 2 'no value' summary --json=yes x
expect_error 2 'value is missing' summary x --from
expect_error 2 "a time (250ms, 1.5s) from 0 ns is wanted, not '12'" summary --from 12 x
expect_error 2 'not after --from' summary --from 2s --to 1s x
expect_error 2 'not after --from' summary --from 1s --to 1s x
expect_error 2 'did you mean starved?' doctor --threshold starvd=5ms x
expect_error 2 'a time (5ms) is wanted' doctor --threshold starved=5 x
expect_error 2 'it has no threshold' doctor --threshold deadlock=5 x
expect_error 2 'a percentage (50%) is wanted' doctor --threshold pool_misses=many x
expect_error 2 'did you mean hog?' doctor --mute hgo@main.c:7 x
expect_error 2 'a site is wanted after @' doctor --mute hog@ x
expect_error 2 'a percentage (50%) is wanted' doctor --threshold pool_misses=101% x
expect_error 2 'exclude each other' check x --json --junit -
expect_error 2 'at 14: runnable_p99 is a time: its unit is wanted' report sites x --where 'runnable_p99>7'
expect_error 2 'did you mean coroutines?' report corutines x
expect_error 2 'exclude each other' report sites x --csv --json
expect_error 2 'did you mean runnable_p99_ns?' report sites x --sort runnable_p9
expect_error 2 'at 1: nothing is called .nmae. here (did you mean name?)' report sites x --where 'nmae=="x"'
expect_error 2 "at 8: no state is 'runing' (did you mean running?)" report coroutines x --where 'state==runing'
expect_error 2 'at 7: no kind of alert\|did you mean' check x --fail-on 'hgo>=warning'
expect_error 2 'KIND>=info, warning or critical' check x --fail-on 'hog>=bad'
expect_error 2 'at 5: no state or list is called .runable. (did you mean runnable?)' check x --budget 'p99(runable)<2ms'
expect_error 2 'only sum and share' check x --budget 'p99(syscall)<2ms'
expect_error 2 'wants a column' check x --budget 'max(queues)<2'
expect_error 2 "has no column 'nothing'" check x --budget 'max(queues.nothing)<2'

# A closed standard output is an error of writing, not a descriptor for other uses.
for command in "help run" "run sched healthy --duration 50ms"; do
    # shellcheck disable=SC2086
    "$weft" $command >&- 2>"$work/err"
    status=$?
    checks=$((checks + 1))
    [ $status -eq 4 ] && grep -q 'standard output: Bad file descriptor' "$work/err" ||
        fail "$command with standard output closed: status $status: $(cat "$work/err")"
done

if [ -w /dev/full ]; then
    for command in help "help run" --version "run --list"; do
        # shellcheck disable=SC2086
        "$weft" $command >/dev/full 2>"$work/err"
        status=$?
        checks=$((checks + 1))
        [ $status -eq 4 ] && grep -q '^weft: standard output: No space left' "$work/err" ||
            fail "weft $command >/dev/full: status $status: $(cat "$work/err")"
    done
fi
finish
