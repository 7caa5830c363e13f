#!/bin/sh
# SPDX-License-Identifier: MIT
# What weft/typed.h adds to weft/chan.h is the compiler's alone: the code is the same, and
# what is of another size or type is refused.
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

head='#include <weft/weft.h>
struct order { long id; double price; };
struct other { double price; long id; };
struct large { struct order order; char more; };
typedef WEFT_CHAN(struct order) orders;
void use(const void *);
'

# typed, plain: the same program, with and without types.
cat >"$work/typed.c" <<EOF
$head
_Static_assert(sizeof(orders) == sizeof(weft_chan *), "as large as a pointer");
weft_chan *make(orders c) { return WEFT_CHAN_NEW(c, 16); }
int pass(orders c, const struct order *o) { return WEFT_CHAN_SEND(c, o, WEFT_FOREVER); }
int take(orders c, struct order *o, int64_t t) { return WEFT_CHAN_RECV(c, o, t); }
void each(orders c) { struct order o; WEFT_CHAN_EACH(c, &o) use(&o); }
int choose(orders a, orders b, struct order *o)
{
    weft_case cases[] = { WEFT_CASE_SEND(a, o), WEFT_CASE_RECV(b, o) };
    return weft_select(cases, 2, 0);
}
EOF
cat >"$work/plain.c" <<EOF
$head
weft_chan *make(weft_chan *c) { return weft_chan_new(sizeof(struct order), 16); }
int pass(weft_chan *c, const struct order *o) { return weft_chan_send(c, o, WEFT_FOREVER); }
int take(weft_chan *c, struct order *o, int64_t t) { return weft_chan_recv(c, o, t); }
void each(weft_chan *c) { struct order o; while (!weft_chan_recv(c, &o, WEFT_FOREVER)) use(&o); }
int choose(weft_chan *a, weft_chan *b, struct order *o)
{
    weft_case cases[] = { { a, WEFT_SEND, o, 0 }, { b, WEFT_RECV, o, 0 } };
    return weft_select(cases, 2, 0);
}
EOF

# compile NAME COMPILER-WORD...: $work/NAME.c to $work/NAME.s
compile() {
    name=$1
    shift
    "$@" -std=c11 -I"$top_srcdir/include" -Wall -Wextra -Wno-unused-parameter -Werror \
        -S -o "$work/$name.raw" "$work/$name.c" 2>"$work/said" &&
        sed '/\.file/d; /\.ident/d' "$work/$name.raw" >"$work/$name.s"
}

for file in typed plain; do
    compile $file ${CC:-cc} -O2 || {
        echo "$file.c does not compile"
        cat "$work/said"
        failed=1
    }
done
diff "$work/typed.s" "$work/plain.s" || {
    echo "typed calls are other code than plain ones"
    failed=1
}

# refuses WHAT TYPE-OF-O EXPRESSION
refuses() {
    printf '%s\nint try(orders c, %s o) { return %s; }\n' "$head" "$2" "$3" >"$work/wrong.c"
    if compile wrong ${CC:-cc}; then
        echo "compiles, but should not: $1"
        failed=1
    fi
}

# The same frame is good otherwise.
printf '%s\nint try(orders c, struct order *o) { return WEFT_CHAN_RECV(c, o, 0); }\n' "$head" >"$work/right.c"
compile right ${CC:-cc} || {
    echo "refuses what is right"
    cat "$work/said"
    failed=1
}
refuses 'an element of another size sent' 'struct large *' 'WEFT_CHAN_SEND(c, o, 0)'
refuses 'an element of another size received' 'char *' 'WEFT_CHAN_RECV(c, o, 0)'
refuses 'an element of another type sent' 'struct other *' 'WEFT_CHAN_SEND(c, o, 0)'
refuses 'an element of another type received' 'struct other *' 'WEFT_CHAN_RECV(c, o, 0)'
refuses 'a constant received into' 'const struct order *' 'WEFT_CHAN_RECV(c, o, 0)'

# Size is an error without any warning asked for.
printf '%s\nint try(orders c, struct large *o) { return WEFT_CHAN_SEND(c, o, 0); }\n' "$head" >"$work/size.c"
if ${CC:-cc} -std=c11 -w -I"$top_srcdir/include" -fsyntax-only "$work/size.c" 2>/dev/null; then
    echo "another size is only warned of"
    failed=1
fi

# C++ knows the same macros.
sed 's/_Static_assert/static_assert/' "$work/typed.c" >"$work/typed.cc"
${CXX:-c++} -std=c++11 -Wall -Wextra -Wno-unused-parameter -Werror -I"$top_srcdir/include" \
    -fsyntax-only "$work/typed.cc" || failed=1
exit $failed
