#!/bin/sh
# SPDX-License-Identifier: MIT
# Each model (*.pml) is searched whole in each variant that its head names: a sound one has
# no error, a broken one (a rule left out) must have one, or the model could not find it.
# With arguments, only these models: test_models.sh retake wake
. "${top_srcdir:-.}/tests/lib.sh"
command -v spin >/dev/null || skip "no spin here (Debian: spin)"
cc=${CC:-cc}
cp "$top_srcdir"/tests/models/*.pml "$top_srcdir"/tests/models/*.inc "$work"
cd "$work" || exit 99
explored=0

# search MODEL LOGSIZE SWITCH...: prints "ok" or what was violated, and the number of states.
# Most of the time goes to the compiler: a search that it made faster would gain less.
search() {
    model=$1 logsize=$2
    shift 2
    rm -f pan pan.* "$model.pml.trail"
    # shellcheck disable=SC2046 # one option for each switch
    spin -a $(printf -- '-D%s ' "$@") "$model.pml" >spin.out 2>&1 || { cat spin.out; return; }
    $cc -O0 -w -DSAFETY -DNOFAIR -DNOBOUNDCHECK -DMEMLIM=2048 -o pan pan.c 2>&1 || return
    timeout 100 ./pan -m1000000 -w"$logsize" >pan.out 2>&1
    if grep -q 'errors: [1-9]' pan.out; then
        sed -n 's/^pan:1: \(.*\) (at depth.*/\1/p' pan.out
    elif grep -q 'errors: 0' pan.out && ! grep -qi 'not completed\|too small' pan.out; then
        echo ok
    else
        echo "search broken off: $(head -n 1 pan.out)"
    fi
    sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' pan.out
}

# judge MODEL KIND SWITCH...
judge() {
    model=$1 kind=$2
    shift 2
    [ $# -gt 0 ] || set -- SOUND
    # Where nothing is to be found there are more states, and a larger table for them.
    search "$model" $([ "$kind" = sound ] && echo 22 || echo 20) "$@" >found
    said=$(head -n 1 found) states=$(tail -n 1 found)
    checks=$((checks + 1)) explored=$((explored + ${states:-0}))
    case $kind:$said in
    sound:ok) printf '%-8s %-28s sound, %s states\n' "$model" "$*" "$states" ;;
    sound:*) fail "$model $*: $said" ;;
    broken:ok) fail "$model $*: nothing wrong found in $states states" ;;
    broken:"search broken off"*) fail "$model $*: $said" ;;
    broken:?*) printf '%-8s %-28s refuted in %s states: %s\n' "$model" "$*" \
        "$states" "$said" ;;
    *) fail "$model $*: nothing said" ;;
    esac
}

[ $# -gt 0 ] || set -- $(ls -- *.pml | sed 's/\.pml$//')
for name; do
    variants=$(sed -n 's/^ \* \(sound\|broken\):/\1/p' "$name.pml" | sed 's/  .*//')
    for kind in sound broken; do
        echo "$variants" | grep -q "^$kind" || fail "$name.pml names no $kind variant"
    done
    while read -r kind switches; do
        # shellcheck disable=SC2086 # several switches
        judge "$name" $kind $switches
    done <<VARIANTS
$variants
VARIANTS
done
echo "$explored states explored"
finish
