#!/bin/sh
# SPDX-License-Identifier: MIT
# The command line's own answers: version, help, and what is no command.
weft=$top_builddir/weft
failed=0

# expect STATUS PATTERN ARGUMENT...: exit status, and a line of the output.
expect() {
    status=$1 pattern=$2
    shift 2
    out=$("$weft" "$@" 2>&1)
    got=$?
    if [ $got -ne "$status" ] || ! printf '%s\n' "$out" | grep -q -e "$pattern"; then
        echo "weft $*: status $got (want $status), no /$pattern/ in: $out"
        failed=1
    fi
}

expect 0 '^weft [0-9]*\.[0-9]' --version
expect 0 '^usage: weft COMMAND' help
expect 0 '^usage: weft COMMAND' --help
expect 0 '^usage: weft help' help help
expect 2 'nonsense: no such command' nonsense
expect 2 'nonsense: no such command' help nonsense
expect 2 'no command given'
if [ -w /dev/full ] && "$weft" help >/dev/full 2>/dev/null; then
    echo "weft help >/dev/full: reported success"
    failed=1
fi
exit $failed
