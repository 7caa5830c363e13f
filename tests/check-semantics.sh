#!/bin/sh
# SPDX-License-Identifier: MIT
# Each row of tests/runtime/semantics.def names a test that is run, or a difference, and
# each test of tests/runtime/test_semantics_*.c has a row.
cd "${top_srcdir:-$(dirname "$0")/..}/tests/runtime" || exit 99
awk '
/^(RULE|DIFFERS)\(/ {
    kind = substr($0, 1, index($0, "(") - 1)
    rest = $0
    sub(/^[A-Z]+\([a-z_]+, "[^"]*", /, "", rest)
    test = rest
    sub(/[,)].*/, "", test)
    rows++
    differs += kind == "DIFFERS"
    if (kind == "DIFFERS" && rest !~ /, "[^"]+"\)$/) {
        print "semantics.def:" FNR ": does not say how it differs"
        bad = 1
    }
    if (kind == "RULE" || test != "\"-\"")
        wants[test] = FNR
    next
}
/cmocka_unit_test\($/ { broken = 1; next } # a long name stands on a line of its own
match($0, /cmocka_unit_test\(test_[a-z0-9_]+\)/) || (broken && /test_/) {
    test = $0
    sub(/.*cmocka_unit_test\(/, "", test)
    gsub(/[^a-z0-9_]/, "", test)
    broken = 0
    run[test] = 1
    if (FILENAME ~ /^test_semantics_/)
        ruled[test] = FILENAME
}
END {
    for (test in wants)
        if (!(test in run)) {
            print "semantics.def:" wants[test] ": no test " test " is run"
            bad = 1
        }
    for (test in ruled)
        if (!(test in wants)) {
            print ruled[test] ": " test " has no row in semantics.def"
            bad = 1
        }
    print rows " rules, " differs " of them different here"
    exit bad || !rows
}' semantics.def test_*.c
