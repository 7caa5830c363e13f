#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/09-chat: two people with nc see each other come, speak and leave.
. "$top_srcdir/tests/lib.sh"
command -v nc >/dev/null || skip "no nc here (apt-get install netcat-openbsd)"

# seen FILE LINE: the line comes, sooner or later.
seen() {
    i=0
    until grep -qsx "$2" "$1"; do
        i=$((i + 1))
        [ $i -lt 200 ] || { echo "no \"$2\" in $1:"; cat "$1"; exit 1; }
        sleep 0.1
    done
}
"$top_builddir/examples/09-chat" 127.0.0.1:0 >"$work/port" &
server=$!
trap 'kill $server; rm -rf "$work"' EXIT
seen "$work/port" 'port [0-9]*'
port=$(sed 's/port //' "$work/port")
mkfifo "$work/a" "$work/b"
nc 127.0.0.1 "$port" <"$work/a" >"$work/ann" &
exec 3>"$work/a"
echo ann >&3
seen "$work/ann" 'ann joins'
nc -N 127.0.0.1 "$port" <"$work/b" >"$work/bob" &
exec 4>"$work/b"
echo bob >&4
seen "$work/ann" 'bob joins'
echo hello >&3
seen "$work/bob" 'ann: hello'
echo bye >&4
exec 4>&-
seen "$work/ann" 'bob: bye'
seen "$work/ann" 'bob leaves'
