#!/bin/sh
# SPDX-License-Identifier: MIT
# A trace many times as long is summarised with the same memory, from a file and from a pipe;
# and a summary of a pipe waits for what is still to come.
. "$top_srcdir/tests/lib.sh"
"${NM:-nm}" "$weft" 2>/dev/null | grep -q '__[at]san_init' && skip "a sanitizer keeps freed memory"

# peak INPUT ARGUMENT...: most KiB that weft ARGUMENT... <INPUT had resident.
peak() {
    "${PYTHON3:-python3}" -c '
import resource, subprocess, sys
subprocess.run(sys.argv[2:], stdin=open(sys.argv[1], "rb"), stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"
}

times=$("$scale" memory_times)
"$weft" run sched healthy --procs 2 --duration 200ms --trace "$work/short.weft" >"$work/out" ||
    fail "$(cat "$work/out")"
"$weft" run sched healthy --procs 2 --duration $((times * 200))ms --trace "$work/long.weft" \
    >"$work/out" || fail "$(cat "$work/out")"
small=$(wc -c <"$work/short.weft") large=$(wc -c <"$work/long.weft")
[ "$large" -gt $((small * times / 2)) ] || fail "$large bytes are not $times times $small"
for way in file pipe; do
    checks=$((checks + 1))
    if [ $way = file ]; then
        few=$(peak /dev/null "$weft" summary "$work/short.weft")
        many=$(peak /dev/null "$weft" summary "$work/long.weft")
    else
        few=$(peak "$work/short.weft" "$weft" summary -)
        many=$(peak "$work/long.weft" "$weft" summary -)
    fi
    echo "$way: $small bytes take $few KiB, $large bytes $many KiB"
    [ $((many * 10)) -lt $((few * 12)) ] || fail "$way: $few KiB became $many KiB"
done
"$scale" --done memory_times "$times"

# What grows is followed to its end.
half=$((large / 2))
checks=$((checks + 1))
{
    head -c $half "$work/long.weft"
    while [ ! -e "$work/go" ]; do sleep 0.05; done
    tail -c +$((half + 1)) "$work/long.weft"
} | "$weft" summary - >"$work/followed" &
reader=$!
sleep 0.3
kill -0 $reader || fail "summary - did not wait for the rest"
: >"$work/go"
wait $reader || fail "summary - of a growing pipe: status $?"
"$weft" summary "$work/long.weft" | grep -v '^  file  ' >"$work/whole"
grep -v '^  file  ' "$work/followed" | cmp -s - "$work/whole" ||
    fail "summary - of a growing pipe says something else"
finish
