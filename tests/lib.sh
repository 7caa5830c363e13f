# SPDX-License-Identifier: MIT
# lib.sh - what the shell tests share: . "$top_srcdir/tests/lib.sh", end with: finish
# $weft is the program, $work a directory of the test's own that goes away at its end.
failed=0 checks=0
weft=$PWD/weft
[ "${top_builddir:-.}" = . ] || weft=$top_builddir/weft
top_srcdir=$(cd "${top_srcdir:-.}" && pwd)
scale=$top_srcdir/tests/scale
work=$(mktemp -d "${TMPDIR:-/tmp}/weft-test.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
export XDG_CONFIG_HOME="$work/config" # no weft.conf but a test's own
trap 'exit 130' INT TERM

# fail WHY...: say so and go on.
fail() {
    echo "FAIL: $*"
    failed=$((failed + 1))
}

# skip WHY...: this machine lacks something.  Where all is to be there, that is a failure.
skip() {
    echo "$*"
    [ -z "${WEFT_NO_SKIP:-}" ] || exit 1
    exit 77
}

# run COMMAND...: its status in $status, its output in $work/out and $work/err.
run() {
    status=0
    "$@" >"$work/out" 2>"$work/err" || status=$?
}

# expect STATUS PATTERN ARGUMENT...: weft ARGUMENT... ends so, and prints such a line.
expect() {
    want=$1 pattern=$2
    shift 2
    checks=$((checks + 1))
    run "$weft" "$@"
    if [ $status -ne "$want" ]; then
        fail "weft $*: status $status, not $want: $(cat "$work/out" "$work/err")"
    elif ! cat "$work/out" "$work/err" | grep -q -e "$pattern"; then
        fail "weft $*: no /$pattern/ in: $(cat "$work/out" "$work/err")"
    fi
}

# expect_error STATUS PATTERN ARGUMENT...: one line on standard error that begins with
# "weft: ", nothing on standard output.
expect_error() {
    expect "$@"
    shift 2
    case $(wc -l <"$work/err"):$(cat "$work/err") in
    1:"weft: "*) ;;
    *) fail "weft $*: not one line from weft: $(cat "$work/err")" ;;
    esac
    [ -s "$work/out" ] && fail "weft $*: an error, and on standard output: $(cat "$work/out")"
}

# same EXPECTED ACTUAL: the files are the same; with make bless EXPECTED becomes so.
same() {
    checks=$((checks + 1))
    if [ -n "${WEFT_BLESS:-}" ]; then
        cmp -s "$1" "$2" || { cp "$2" "$1" && echo "blessed: $1"; }
    elif ! diff -u "$1" "$2"; then
        fail "$1: differs (make bless takes the new text)"
    fi
}

# finish: a test that checked nothing has failed.
finish() {
    [ $checks -gt 0 ] || fail "nothing was checked"
    echo "$checks checks, $failed failed"
    [ $failed -eq 0 ]
    exit
}
