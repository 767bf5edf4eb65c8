#!/usr/bin/env bash
# tools/compare_builds.sh BUILD BUILD...: `plume logits` of every build folder prints the same SHA-256, for every model of
# $PLUME_TEST_DATA/models/tiny, stories260K and SmolLM2 where they are there, and for every way of rounding activations.
. "$(dirname "$0")/lib.sh"

[ $# -ge 2 ] || { say "usage: tools/compare_builds.sh BUILD BUILD..."; exit 2; }
shopt -s nullglob
models=("${PLUME_TEST_DATA:-/nonexistent}"/models/tiny/*.gguf "${PLUME_TEST_DATA:-/nonexistent}"/models/stories260K/*.gguf)
[ ${#models[@]} -gt 0 ] || echo "SKIPPED: the comparison of builds on small models (PLUME_TEST_DATA is not set)"
models+=("${PLUME_MODELS:-$root/models}"/SmolLM2-135M-Instruct.Q4_1.gguf)

compared=0 differing=0
for model in "${models[@]}"; do
    [ -r "$model" ] || continue
    tokens=1,7,42,300,5,5,81,499,260,17,3,128
    # SmolLM2 in an unoptimised build takes long: fewer tokens, one mode.
    modes="a8 mixed a16"
    case $model in *SmolLM2*) tokens=1,7,42 modes=mixed ;; esac
    for mode in $modes; do
        expected=
        for build in "$@"; do
            found=$("$build/bin/plume" logits "$model" --tokens $tokens --activations "$mode") || { echo "$build: plume logits $model failed"; exit 1; }
            [ -n "$expected" ] || expected=$found
            compared=$((compared + 1))
            if [ "$found" != "$expected" ] || ! [[ $found =~ sha256\ [0-9a-f]{64} ]]; then
                echo "$(basename "$model") $mode: $1 says $expected, $build says $found"
                differing=$((differing + 1))
            fi
        done
    done
done
echo "$compared hashes, $differing differ"
[ $differing -eq 0 ]
