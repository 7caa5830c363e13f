#!/bin/sh
# SPDX-License-Identifier: MIT
# A room of src/ includes only what its line in src/LAYERS names.
cd "${top_srcdir:-.}/src" && awk -F'[":/ \t]+' '
FILENAME == "LAYERS" { for (i = 1; i <= NF; i++) may[$1, $i]; rooms++; next }
/^#[ \t]*include "/ {
    split(FILENAME, at, "/")
    if ($2 != "config.h" && !((at[1], $2) in may)) {
        print "src/" FILENAME ":" FNR ": " at[1] " may not see " $2
        bad = 1
    }
    seen++
}
/^#[ \t]*include <weft\// {
    split(FILENAME, at, "/")
    if (!((at[1], "weft") in may)) {
        print "src/" FILENAME ":" FNR ": " at[1] " may not see weft"
        bad = 1
    }
}
END {
    if (!rooms || !seen) {
        print "check-layers.sh: nothing to check"
        bad = 1
    }
    exit bad
}' LAYERS */*.[ch]
