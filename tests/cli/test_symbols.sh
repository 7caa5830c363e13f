#!/bin/sh
# SPDX-License-Identifier: MIT
# A recording carries its symbols: with the program gone its code is named all the same,
# and nothing in it tells where the program was built.
. "$top_srcdir/tests/lib.sh"
quick="run sched healthy --duration 50ms --procs 2"
built=$(cd "$(dirname "$weft")" && pwd)
there=$work/there

# stacks TRACE: what weft dump says of its stacks, in $work/stacks.
stacks() {
    "$weft" dump "$1" | grep '^# stack' >"$work/stacks"
}

# named TRACE FUNCTION: its stacks name the function, and hold no directory.
named() {
    checks=$((checks + 1))
    stacks "$1"
    grep -q "\"$2[ +]" "$work/stacks" && ! grep -q / "$work/stacks" ||
        fail "$1: $(cat "$work/stacks")"
    run "$weft" verify "$1"
    [ $status -eq 0 ] || fail "$1: $(cat "$work/out" "$work/err")"
}

# ended STATUS COMMAND...: in $there.
ended() {
    want=$1
    shift
    checks=$((checks + 1))
    (cd "$there" && LD_LIBRARY_PATH=$there:${LD_LIBRARY_PATH:-} exec "$@") \
        >"$work/out" 2>"$work/err"
    status=$?
    [ $status -eq "$want" ] ||
        fail "$*: status $status, not $want: $(cat "$work/out" "$work/err")"
}

# Programs that are gone when their traces are read.
mkdir "$there"
cp "$weft" "$there/program"
hello=$built/examples/.libs/01-hello
[ -x "$hello" ] || hello=$built/examples/01-hello
cp "$hello" "$there/hello"
cp -L "$built"/.libs/libweft.so.? "$there" 2>/dev/null
ended 0 ./program $quick --trace run.weft
ended 0 ./program exec --trace exec.weft -- ./hello
ended 137 ./program exec --trace killed.weft -- sh -c './hello; kill -KILL $$'
ended 7 sh -c 'ulimit -S -f 1
    ./program exec --trace full.weft -- sh -c "ulimit -S -f unlimited; ./hello; exit 7"'
# No room: one line, the trace and the status are as without.
[ "$(wc -l <"$work/err")" -eq 1 ] &&
    grep -q '^weft: full.weft: File too large (' "$work/err" ||
    fail "no room for symbols: $(cat "$work/err")"
rm "$there/program" "$there/hello" "$there"/libweft*
named "$there/run.weft" run_main
named "$there/exec.weft" greet
named "$there/killed.weft" greet
stacks "$there/full.weft"
grep -q 'greet' "$work/stacks" && fail "names from nowhere: $(cat "$work/stacks")"
expect 0 '^sound$' verify "$there/full.weft"
grep -aqF -e "$built" -e "$top_srcdir" "$there/run.weft" &&
    fail "run.weft tells where weft was built"

# What the header does not name is not read.
dd if=/dev/zero of="$there/run.weft" bs=1 seek=144 count=8 conv=notrunc 2>/dev/null
stacks "$there/run.weft"
grep -q run_main "$work/stacks" && fail "names without symbols: $(cat "$work/stacks")"
expect 0 '^sound$' verify "$there/run.weft"

# Names that would speak to a terminal are shown, and heard by none.
hostile=$work/hostile.weft
"$built/tests/model/trace_asm" "$top_srcdir/traces/bad/symbols-hostile/in.txt" "$hostile" ||
    fail "trace_asm"
printf 'screen coroutines\nshot %s\n' "$work/shot" >"$work/script"
for command in summary 'summary --json' doctor dump verify 'report coroutines' \
    'report sites' 'report --csv sites' "view --script $work/script"; do
    checks=$((checks + 1))
    # shellcheck disable=SC2086 # a command and its options
    run "$weft" $command "$hostile"
    [ $status -eq 0 ] || fail "$command: $(cat "$work/err")"
    [ "$command" = "${command#view}" ] || cp "$work/shot" "$work/out"
    [ -s "$work/out" ] || fail "$command: says nothing"
    tr -d '\t\r' <"$work/out" | LC_ALL=C grep -aq '[[:cntrl:]]' &&
        fail "$command: a control character"
done
expect 0 '2J\.c:1' report sites "$hostile"

# So do the samples, whose machine and directory are nobody's.
for sample in "$top_srcdir"/traces/good/*.weft; do
    [ -e "$sample" ] || continue
    checks=$((checks + 1))
    stacks "$sample"
    grep -q '"run_main[ +]' "$work/stacks" || fail "$sample: names nothing"
    "$weft" summary --json "$sample" >"$work/summary"
    grep -q '"host": "weft"' "$work/summary" || fail "$sample: names a machine"
    grep -aqE '/(home|root)/' "$sample" && fail "$sample: names a directory"
done

# What was there before is left alone.
cp "$there/full.weft" "$work/old.weft"
expect 0 '^done$' exec --trace "$work/old.weft" -- echo 'done'
cmp "$work/old.weft" "$there/full.weft" || fail "an old trace was changed"
finish
