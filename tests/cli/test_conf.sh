#!/bin/sh
# SPDX-License-Identifier: MIT
# weft.conf: who wins over whom, and that nothing in it is passed over in silence.
. "$top_srcdir/tests/lib.sh"
quick="run sched healthy --duration 50ms"
trace=$top_srcdir/traces/good/hog.weft
mkdir -p "$XDG_CONFIG_HOME/weft"

# conf LINE...: weft.conf has these lines.
conf() { printf '%s\n' "$@" >"$XDG_CONFIG_HOME/weft/weft.conf"; }

# The command line wins over the environment, that over the file, that over the default.
conf '# a comment' '' ' procs =  3 # three' 'steal=off'
expect 0 '^PASS' $quick --require 'procs==3' --require 'steals==0'
WEFT_PROCS=2 expect 0 '^PASS' $quick --require 'procs==2'
WEFT_PROCS=2 expect 0 '^PASS' $quick --set procs=4 --require 'procs==4'
WEFT_PROCS=2 expect 0 '^PASS' $quick --set procs=4 --procs 1 --require 'procs==1'

conf 'threshold.hog = 1s'
expect 0 '^nothing to warn of' doctor "$trace"
expect 0 '^critical: .* hog.compute' doctor "$trace" --threshold hog=5ms
conf 'mute.hog = on'
expect 0 '^nothing to warn of' doctor "$trace"
conf 'mute.hog = sched.c'
expect 0 '^nothing to warn of' doctor "$trace"
conf 'mute.hog = elsewhere.c' 'mute.starved = off'
expect 0 '^critical: .* hog.compute' doctor "$trace"

conf 'procs = 2' 'steal = perhaps'
expect_error 2 'weft.conf:2: steal: "perhaps" cannot be used' $quick
conf 'procs'
expect_error 2 'weft.conf:1: "procs" is not name = value' $quick
expect_error 2 'weft.conf:1: "procs" is not name = value' doctor "$trace"
conf 'stael = off'
expect_error 2 'weft.conf:1: stael: no such name' $quick
conf "$(printf 'st\033[31m = off')"
expect_error 2 'weft.conf:1: st\\x1b\[31m: no such name' $quick
conf 'theme = dark' # of a viewer to come: no matter to a program that runs
expect 0 '^PASS' $quick
expect_error 2 'weft.conf:1: theme: no such name' summary "$trace"
conf 'mouse = perhaps'
expect_error 2 'weft.conf:1: mouse: off or on is wanted' summary "$trace"
conf 'mouse = off' 'glyphs = ascii'
printf 'screen timeline\nshot %s\n' "$work/shot" >"$work/script"
LC_ALL=C.UTF-8 run "$weft" view --script "$work/script" "$trace"
checks=$((checks + 1))
[ -s "$work/shot" ] && [ "$(LC_ALL=C tr -d '\0-\177' <"$work/shot" | wc -c)" -eq 0 ] ||
    fail "glyphs = ascii: $(cat "$work/err" "$work/shot")"
conf 'threshold.hgo = 5ms'
expect_error 2 'threshold.hgo: no kind of alert .* (did you mean hog?)' doctor "$trace"
conf 'threshold.hog = 5'
expect_error 2 'threshold.hog: a time (5ms) is wanted' doctor "$trace"
conf 'mute.nothing = on'
expect_error 2 "mute.nothing: no kind of alert is called 'nothing'" summary "$trace"
finish
