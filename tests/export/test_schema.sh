#!/bin/sh
# SPDX-License-Identifier: MIT
# Every document keeps to its schema, and a schema refuses what is not such a document.
. "$top_srcdir/tests/lib.sh"
schemas=$top_srcdir/share/schema

python=
for one in /usr/bin/python3 python3; do
    "$one" -c 'import jsonschema' 2>/dev/null && python=$one && break
done
command -v jq >/dev/null || [ -n "$python" ] || skip "neither python3-jsonschema nor jq here"

# valid NAME FILE: jsonschema says so; without it, jq at least finds the required keys.
valid() {
    schema=$schemas/weft.$1.1.json
    if [ -n "$python" ]; then
        "$python" -c '
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
jsonschema.Draft202012Validator(schema).validate(json.load(open(sys.argv[2])))
' "$schema" "$2" 2>"$work/why"
    else
        jq -e --slurpfile s "$schema" \
            '(($s[0].required - keys) == []) and .schema == $s[0].properties.schema.const' \
            "$2" >"$work/why"
    fi
}

# document NAME ARGUMENT...: weft ARGUMENT... prints such a document; without one of its
# keys, or with another schema's name, it is none.
document() {
    name=$1
    shift
    checks=$((checks + 1))
    run "$weft" "$@"
    cp "$work/out" "$work/document"
    valid "$name" "$work/document" || fail "weft $*: $(tail -n 12 "$work/why")"
    for spoilt in 'del(.schema)' '.schema = "weft.other/1"' 'del(.trace)'; do
        command -v jq >/dev/null || break
        jq "$spoilt" "$work/document" >"$work/spoilt"
        valid "$name" "$work/spoilt" && fail "weft.$name/1 takes a document after $spoilt"
    done
}

for scenario in healthy chan-pileup; do
    trace=$work/$scenario.weft
    document run run sched $scenario --duration 400ms --procs 2 --trace "$trace" \
        --require 'switches>0' --json -
    document summary summary --json "$trace"
    document doctor doctor --json "$trace" --threshold starved=1us
    document check check --json "$trace" --fail-on any --budget 'p99(runnable)<1ns'
    for screen in overview timeline coroutines \
        sites queues objects alerts stats events info procs threads waits pools regions gaps marks; do
        document report report "$screen" "$trace" --json
    done
done

# Half a trace, with gaps.
head -c $(($(wc -c <"$trace") * 2 / 3)) "$trace" >"$work/half.weft"
document summary summary --json "$work/half.weft"
jq -e '.trace.complete == false' "$work/document" >/dev/null 2>&1 ||
    ! command -v jq >/dev/null || fail "half a trace is complete"
finish
