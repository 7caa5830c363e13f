#!/bin/sh
# SPDX-License-Identifier: MIT
# README.md and ARCHITECTURE.md name only files, functions and types that exist, keep to
# their length, and every room of src/ is told about.
cd "$top_srcdir" || exit 1
failed=0

# complain FILE WHAT
complain() {
    echo "$1: $2"
    failed=1
}

# What stands in backquotes, one a line.
quoted() {
    grep -o '`[^`]*`' "$1" | tr -d '`' | sort -u
}

for doc in README.md ARCHITECTURE.md; do
    # A path, unless made by a build or a pattern of several.
    for path in $(quoted $doc | grep -E '^(\./)?[A-Za-z0-9_.-]+/[A-Za-z0-9_./-]*$|^[a-z0-9_]+\.(c|h|S|def)$' |
        grep -vE '^(build|\.\.)/'); do
        case $path in
        */*) [ -e "$path" ] || complain $doc "no $path" ;;
        *) find src include workloads tests -name "$path" | grep -q . || complain $doc "no file $path" ;;
        esac
    done
    for name in $(quoted $doc | grep -oE '\b(wf|weft|WF|WEFT)_[A-Za-z0-9_]+\b' | sort -u); do
        grep -rqw --include='*.[chS]' --include='*.def' -e "$name" src include workloads examples ||
            complain $doc "nothing is called $name"
    done
done
# The example that README.md has whole is the one that make check runs.
awk '/^    \/\* SPDX/ { on = 1 } on && /^Save/ { exit } on { sub(/^    /, ""); print }' README.md |
    sed '$d' | cmp -s - examples/09-chat.c ||
    complain README.md "its chat server is not examples/09-chat.c"
for room in src/*/; do
    grep -q "$room" ARCHITECTURE.md || complain ARCHITECTURE.md "says nothing of $room"
done
[ "$(wc -l <ARCHITECTURE.md)" -le 300 ] || complain ARCHITECTURE.md "more than 300 lines"
exit $failed
