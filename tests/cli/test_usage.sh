#!/bin/sh
# SPDX-License-Identifier: MIT
# The command line's own answers: version, help, and what is no command.
. "$top_srcdir/tests/lib.sh"

expect 0 '^weft [0-9]*\.[0-9]' --version
expect 0 '^usage: weft COMMAND' help
expect 0 '^usage: weft COMMAND' --help
expect 0 '^usage: weft help' help help
expect_error 2 'nonsense: no such command' nonsense
expect_error 2 'nonsense: no such command' help nonsense
expect_error 2 'no command given'
if [ -w /dev/full ] && "$weft" help >/dev/full 2>/dev/null; then
    fail "weft help >/dev/full: reported success"
fi
finish
