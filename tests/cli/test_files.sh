#!/bin/sh
# SPDX-License-Identifier: MIT
# Whatever a trace is not: one line on standard error, status 4, nothing else.
. "$top_srcdir/tests/lib.sh"
cd "$work" || exit 99
weft=$(cd "$OLDPWD" && realpath "$weft")

: >empty.weft
echo "this is no trace, it is a line of text" >text.weft
head -c 100000 /dev/zero >zero.weft
head -c 100000 /dev/urandom >random.weft
mkdir directory.weft
run "$weft" run sched healthy --duration 100ms --procs 2 --trace good.weft
[ $status -eq 0 ] || fail "cannot record: $(cat out err)"
head -c 100 good.weft >header.weft

readers="summary doctor check:--fail-on=deadlock dump verify report:sites report:events report:timeline"
for reader in $readers; do
    command=$(echo "$reader" | tr : ' ')
    expect_error 4 'No such file or directory' $command missing.weft
    expect_error 4 'irectory' $command directory.weft
    for bad in empty text zero random header; do
        expect_error 4 "$bad.weft" $command $bad.weft
    done
    if [ "$(id -u)" -ne 0 ]; then
        cp good.weft secret.weft && chmod 0 secret.weft
        expect_error 4 'Permission denied' $command secret.weft
        rm -f secret.weft
    fi
    expect 0 . $command good.weft --strict
    if [ -w /dev/full ]; then
        checks=$((checks + 1))
        "$weft" $command good.weft >/dev/full 2>err
        status=$?
        [ $status -eq 4 ] && [ "$(wc -l <err)" -eq 1 ] ||
            fail "weft $command >/dev/full: status $status: $(cat err)"
    fi
done
expect 4 'No space left' check good.weft --fail-on deadlock --junit /dev/full
expect 4 'No such file' check good.weft --fail-on deadlock --junit none/junit.xml

# Half of a trace is read as far as it goes, and --strict tells.
size=$(wc -c <good.weft)
head -c $((size / 2)) good.weft >half.weft
for reader in summary doctor dump report:sites report:events report:events:--json; do
    command=$(echo "$reader" | tr : ' ')
    expect 0 . $command half.weft
    expect 5 'part of the trace is missing (--strict)' $command half.weft --strict
done
expect 1 . verify half.weft

# A trace that cannot be begun, or not be ended: the run goes on, the status tells.
short="run sched healthy --duration 3s --procs 2 --set trace_buffer=256k"
[ ! -w /dev/full ] || expect_error 4 'No space left on device' $short --trace /dev/full
expect_error 4 'No such file or directory' $short --trace none/t.weft
checks=$((checks + 1))
prlimit --fsize=310000 "$weft" $short --trace limit.weft >out 2>err
status=$?
[ $status -eq 4 ] && [ "$(grep -c 'ends here: File too large' err)" -eq 1 ] &&
    [ "$(wc -l <err)" -eq 1 ] || fail "a file that may not grow: status $status: $(cat err)"
expect 0 . summary limit.weft
expect 5 'part of the trace is missing (--strict)' summary limit.weft --strict

# A pipe is as good as a file.
for reader in summary doctor dump report:coroutines; do
    command=$(echo "$reader" | tr : ' ')
    "$weft" $command good.weft | grep -v '^  file  ' >file.txt
    "$weft" $command - <good.weft | grep -v '^  file  ' >pipe.txt
    checks=$((checks + 1))
    cmp -s file.txt pipe.txt || fail "weft $command -: differs from reading the file"
done

# A terminal is not sent what a name says, and nobody writes escapes to a pipe.
for reader in $readers; do
    command=$(echo "$reader" | tr : ' ')
    run "$weft" $command good.weft
    checks=$((checks + 1))
    [ "$(tr -d '\011\012\015\040-\176' <out | wc -c)" -eq 0 ] ||
        fail "weft $command: control characters or escapes"
done
finish
