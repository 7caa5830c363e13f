#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public header compiles alone, as C11 and as C++11, and weft.h includes them all.
cd "$top_srcdir/include" || exit 1
failed=0 n=0

# alone HEADER COMPILER-WORD...
alone() {
    header=$1
    shift
    echo "#include <$header>" | "$@" -I. -fsyntax-only -Wall -Wextra -Wpedantic -Werror - || {
        echo "$header: does not compile alone with $*"
        failed=1
    }
}

for header in weft/*.h; do
    n=$((n + 1))
    alone "$header" ${CC:-cc} -std=c11 -x c
    alone "$header" ${CXX:-c++} -std=c++11 -x c++
    if [ "$header" != weft/weft.h ] && ! grep -q "^#include <$header>" weft/weft.h; then
        echo "weft/weft.h: does not include <$header>"
        failed=1
    fi
done
[ $n -gt 1 ] && exit $failed
