#!/bin/sh
# SPDX-License-Identifier: MIT
# A user's own program under the sanitizer that libweft was configured with, else under
# valgrind: what is wrong in a coroutine is reported, and nothing else.
. "$top_srcdir/tests/lib.sh"
export WEFT_PROCS=2 WEFT_PREEMPT=100ms

# program FLAG...: tests/runtime/debugged.c, compiled as a user would.
program() {
    # shellcheck disable=SC2086 # a command with its options
    ${CC:-cc} -g -O1 -fno-omit-frame-pointer "$@" -pthread -I"$top_srcdir/include" \
        -o "$work/debugged" "$top_srcdir/tests/runtime/debugged.c" \
        -L"${top_builddir:-.}/.libs" -lweft -Wl,-rpath,"$(cd "${top_builddir:-.}/.libs" && pwd)" ||
        fail "debugged.c does not compile"
}

# clean COMMAND...: says nothing of the program, and the program is content.
clean() {
    checks=$((checks + 1))
    run "$@" clean
    if [ $status -ne 0 ] || ! grep -q '^clean: 0, 0 wrong$' "$work/out" ||
        grep -qE 'WARNING|ERROR: ' "$work/err"; then
        fail "$* clean: status $status: $(cat "$work/out" "$work/err")"
    fi
}

# found MODE PATTERN WHERE COMMAND...: reports such a mistake, in that function.
found() {
    mode=$1 pattern=$2 where=$3
    shift 3
    checks=$((checks + 1))
    run "$@" "$mode"
    if [ $status -eq 0 ] || ! grep -qE "$pattern" "$work/err" || ! grep -q "$where" "$work/err"; then
        fail "$* $mode: no /$pattern/ in $where, status $status: $(cat "$work/out" "$work/err")"
    else
        echo "$mode: $(grep -E -m1 "$pattern" "$work/err")"
    fi
}

debugged=$work/debugged
case ${WEFT_SANITIZE:-} in
*address*)
    program -fsanitize=address
    export ASAN_OPTIONS=detect_stack_use_after_return=1
    clean "$debugged"
    found heap 'ERROR: AddressSanitizer: heap-use-after-free' 'in heap ' "$debugged"
    found overflow 'ERROR: AddressSanitizer: stack-buffer-overflow' 'in overflow ' "$debugged"
    found pooled 'ERROR: AddressSanitizer: use-after-poison' 'in pooled ' "$debugged"
    found returned 'ERROR: AddressSanitizer: stack-use-after-return' 'in returned ' "$debugged"
    ;;
*thread*)
    program -fsanitize=thread
    clean "$debugged"
    found race 'WARNING: ThreadSanitizer: data race' race_one "$debugged"
    found heap 'WARNING: ThreadSanitizer: heap-use-after-free' heap "$debugged"
    ;;
*)
    command -v valgrind >/dev/null || skip "valgrind is not installed"
    grep -q '^#define WEFT_VALGRIND 1' "${top_builddir:-.}/config.h" ||
        skip "configured without valgrind"
    case $(${CC:-cc} --version) in *clang*) skip "this valgrind may not read what clang says" ;; esac
    program
    memcheck="valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite"
    # shellcheck disable=SC2086 # a command with its options
    {
        clean $memcheck "$debugged"
        [ -s "$work/err" ] && fail "valgrind says of a clean program: $(cat "$work/err")"
        found heap 'Invalid read of size 4' 'by .*heap\|at .*heap' $memcheck "$debugged"
        found unset 'depends on uninitialised value' 'unset' $memcheck "$debugged"
    }
    ;;
esac
finish
