#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/runtime/test_gdb.sh - gdb walks a coroutine's stack to its end and finds it sound.
. "$top_srcdir/tests/lib.sh"
command -v gdb >/dev/null || skip "no gdb here (apt-get install gdb)"
grep -q "^WEFT_SANITIZE = .*sanitize" "$top_builddir/Makefile" && skip "a sanitizer is in the way"
[ "$(sed -n 's/^build_triplet = //p' "$top_builddir/Makefile")" = \
    "$(sed -n 's/^host_triplet = //p' "$top_builddir/Makefile")" ] || skip "not for this machine"
program=$top_builddir/man/examples/coro

# walked BREAKPOINT: the walk from there ends where coroutines begin, without complaint.
walked() {
    checks=$((checks + 1))
    "$top_builddir/libtool" --mode=execute gdb -q -nx -batch -ex 'set debuginfod enabled off' \
        -ex 'set breakpoint pending on' -ex "break $1" -ex run -ex bt "$program" \
        >"$work/gdb" 2>&1
    if grep -q 'Could not trace\|ptrace: Operation not permitted' "$work/gdb"; then
        skip "gdb may not trace here"
    fi
    grep -q '^#.* wf_g_entry' "$work/gdb" || fail "$1: not walked to its end: $(cat "$work/gdb")"
    sed -n '/ wf_g_entry/,$p' "$work/gdb" | sed 1d | grep -q '^#' &&
        fail "$1: frames behind the end: $(cat "$work/gdb")"
    grep -qi 'corrupt\|previous frame' "$work/gdb" && fail "$1: $(cat "$work/gdb")"
}

walked weft_join
walked weft_spawn
walked wf_g_main
finish
