#!/bin/sh
# SPDX-License-Identifier: MIT
# What every command prints of one small trace, whose names try to control the terminal.
. "$top_srcdir/tests/lib.sh"
golden=$top_srcdir/tests/cli/golden
assemble=$(cd "${top_builddir:-.}" && pwd)/tests/model/trace_asm
case $weft in /*) ;; *) weft=$PWD/$weft ;; esac

cd "$work" || exit 99
"$assemble" "$golden/trace.txt" golden.weft || fail "cannot assemble the trace"

# prints NAME ARGUMENT...: weft ARGUMENT... ends well and prints NAME.expected.
prints() {
    name=$1
    shift
    run "$weft" "$@"
    [ $status -eq 0 ] || fail "weft $*: status $status: $(cat err)"
    same "$golden/$name.expected" out
    [ "$(LC_ALL=C tr -d '\011\012\015\040-\176' <out | wc -c)" -eq 0 ] ||
        fail "weft $*: control characters or escapes"
}

prints summary summary golden.weft
prints summary-json summary golden.weft --json
prints summary-range summary golden.weft --from 10us --to 1ms
prints doctor doctor golden.weft
prints doctor-mute doctor golden.weft --mute hog
prints doctor-threshold doctor golden.weft --threshold hog=1s
prints doctor-json doctor golden.weft --json
prints check check golden.weft --fail-on deadlock,thread_churn --budget 'p99(runnable)<50us' \
    --budget 'max(objects.waits)<=1 && share(running)>50%' --budget 'count(sites,name~"^wo")==1' \
    --budget 'p99(runnable,name~"^wo")<=6us' --budget 'count(alerts,kind==hog)==2'
prints dump dump golden.weft
prints dump-range dump golden.weft --from 20us --to 70us
prints verify verify golden.weft
for screen in overview timeline coroutines sites queues objects alerts stats events info \
    procs threads waits pools regions gaps marks; do
    prints report-$screen report $screen golden.weft
done
prints report-csv report sites golden.weft --csv
prints report-md report sites golden.weft --md
prints report-json report coroutines golden.weft --json --top 1
prints report-where report coroutines golden.weft --where 'name~"^wo" && running>1ms'
prints report-sort report events golden.weft --where 'm==1 && g!=2' --sort -event --top 5
printf '%s' "$(cat "$golden/report-where.expected")" | grep -q '^3' ||
    fail "the condition lets the wrong rows pass"

# What a coroutine waits for goes by its name.
expect 0 'mutex	lock:green	' report coroutines "$top_srcdir/traces/good/deadlock.weft"

# A broken rule is status 1, and JUnit's XML can be read.
run "$weft" check golden.weft --budget 'p99(runnable)<1us' --junit junit.xml
[ $status -eq 1 ] || fail "a broken budget: status $status"
same "$golden/check-failed.expected" out
same "$golden/junit.expected" junit.xml
finish
