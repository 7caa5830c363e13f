#!/bin/sh
# SPDX-License-Identifier: MIT
# What scripts see of one small trace, whose names try to control the terminal.
. "$top_srcdir/tests/lib.sh"
scripts=$top_srcdir/tests/tui
assemble=$(cd "${top_builddir:-.}" && pwd)/tests/model/trace_asm
case $weft in /*) ;; *) weft=$PWD/$weft ;; esac

cd "$work" || exit 99
"$assemble" "$top_srcdir/tests/cli/golden/trace.txt" golden.weft ||
    fail "cannot assemble the trace"

for script in "$scripts"/*.script; do
    run "$weft" view golden.weft --script "$script"
    [ $status -eq 0 ] || fail "$script: status $status: $(cat err)"
    same "${script%.script}.expected" out
    cp out wide
    run "$weft" view golden.weft --script "$script" --ascii
    [ "$(LC_ALL=C tr -d '\012\040-\176' <out | wc -c)" -eq 0 ] ||
        fail "$script: not ASCII with --ascii"
    [ "$(wc -l <out)" -eq "$(wc -l <wide)" ] || fail "$script: other rows with --ascii"
done

# A shot into a file is what - prints; a picture is SVG; a pipe stays a pipe.
printf 'shot a.txt\nshot a.svg\nshot -\n' >shots
run "$weft" view golden.weft --script shots
cmp -s a.txt out || fail "shot a.txt is not what shot - prints"
case $(head -c 5 a.svg):$(tail -n 1 a.svg) in
"<svg :</svg>") ;;
*) fail "a.svg is no picture" ;;
esac
mkfifo pipe
cat pipe >piped &
echo 'shot pipe' | timeout 60 "$weft" view golden.weft --script - || fail "shot pipe: $?"
wait
[ -p pipe ] || fail "a pipe was replaced by the shot"
cmp -s a.txt piped || fail "another screen came through the pipe"
[ "$(ls)" = "$(printf '%s\n' a.svg a.txt err golden.weft out pipe piped shots wide)" ] ||
    fail "files were left: $(ls)"

# The picture in README.md is what its command prints.
printf 'key Enter s\nshot -\n' >picture
run "$weft" view "$top_srcdir/traces/good/hog.weft" --script picture
sed -n '/^ *weft hog.weft /,/q quit$/p' "$top_srcdir/README.md" | sed 's/^    //' >readme
checks=$((checks + 1))
if [ -n "${WEFT_BLESS:-}" ] && ! cmp -s readme out; then
    awk 'FNR == NR { picture = picture ($0 == "" ? "" : "    ") $0 "\n"; next }
        /^ *weft hog.weft / { printf "%s", picture; skip = 1 }
        !skip { print }
        /q quit$/ { skip = 0 }' out "$top_srcdir/README.md" >blessed &&
        cat blessed >"$top_srcdir/README.md" && echo "blessed: README.md"
elif ! diff readme out; then
    fail "README.md shows another picture (make bless takes the new one)"
fi

# Marked are the coroutines that go over the thresholds which the user has set.
printf 'screen coroutines\nshot -\n' >coroutines
marked() {
    run "$weft" view "$top_srcdir/traces/good/hog.weft" --script coroutines "$@"
    grep -c '^!' out
}
checks=$((checks + 1))
[ "$(marked --threshold hog=1s --threshold starved=1s)" -eq 0 ] &&
    [ "$(marked --threshold starved=1us)" -gt 5 ] ||
    fail "the marks of coroutines do not follow --threshold"

# What is wrong is said with its line, and nothing after it is done.
printf 'screen info\nscreen moon\nshot never\n' >wrong
expect_error 2 'wrong:2: ' view golden.weft --script wrong
[ ! -e never ] || fail "a script went on after a mistake"
expect_error 4 '^weft: nothing.weft: No such file' view nothing.weft --script shots
echo 'shot no/such/place' >unwritable
expect_error 4 'unwritable:1: ' view golden.weft --script unwritable
finish
