#!/bin/sh
# SPDX-License-Identifier: MIT
# What no formatter sees: each file names its licence and has at most 800 lines, and no
# test leaves a row of the scale table unused.
cd "$top_srcdir" || exit 1
failed=0
files=$(find src include workloads examples man tests scripts .ci m4 -type f \
    '(' -name '*.[chS]' -o -name '*.def' -o -name '*.mk' -o -name '*.sh' -o -name '*.py' \
    -o -path 'scripts/*' -o -path '.ci/run' -o -name 'weft.m4' ')' \
    ! -path '*__pycache__*' 2>/dev/null | sort)
[ "$(echo "$files" | wc -l)" -gt 20 ] || failed=1
for file in $files; do
    head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || {
        echo "$file: no SPDX-License-Identifier: MIT in its first lines"
        failed=1
    }
    lines=$(wc -l <"$file")
    [ "$lines" -le 800 ] || {
        echo "$file: $lines lines: more than 800 make two files"
        failed=1
    }
done
for row in $(sed -n 's/^SCALE(\([a-z0-9_]*\),.*/\1/p' tests/scale.def); do
    grep -rqE --include='*.[ch]' --include='*.sh' --include='*.py' \
        "SCALE_$row\b|\"\\\$scale\" (--done )?$row\b" tests || {
        echo "tests/scale.def: no test reads $row"
        failed=1
    }
done
exit $failed
