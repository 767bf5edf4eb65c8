#!/usr/bin/env bash
# tools/fuzz.sh [SECONDS] [TARGET...]: builds the fuzz targets and runs each for that many seconds (20), with the words of tests/fuzz/TARGET.dict and
# seeds from tests/fuzz/corpus; for templates also from $PLUME_TEST_DATA/chat-templates. What it learns stays in build/fuzz/corpus/. Prints runs and findings of each; exits 1 at a finding.
. "$(dirname "$0")/lib.sh"

seconds=${1:-20}
[ $# -gt 0 ] && shift
# shellcheck disable=SC2086  # a list of words
need_packages $build_packages $extra_packages
[ -f build/fuzz/build.ninja ] || step "Configuring (preset fuzz)" cmake --preset fuzz
step "Building the fuzz targets" cmake --build build/fuzz --target fuzz_targets

run_target() {
    local name=$1 seeds=tests/fuzz/corpus/$1 words=
    mkdir -p "build/fuzz/corpus/$name" "build/fuzz/findings"
    [ -d "$seeds" ] || seeds=
    [ -f "tests/fuzz/$name.dict" ] && words=-dict=tests/fuzz/$name.dict
    [ "$name" = template ] && [ -d "${PLUME_TEST_DATA:-}/chat-templates" ] && seeds="$seeds $PLUME_TEST_DATA/chat-templates"
    # shellcheck disable=SC2086  # empty, or lists of words
    build/fuzz/bin/fuzz_$name -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=1024 -print_final_stats=1 -verbosity=0 $words \
        -artifact_prefix="build/fuzz/findings/$name-" "build/fuzz/corpus/$name" $seeds
}

targets=${*:-$(cd tests/fuzz && ls ./*.cpp 2>/dev/null | sed 's,^\./,,; s,\.cpp$,,')}
[ -n "$targets" ] || die "there is no fuzz target in tests/fuzz"
failed=0
for name in $targets; do
    try_step "Fuzzing $name" run_target "$name" || failed=1
    say "    $(sed -n 's/^stat::number_of_executed_units: *\([0-9]*\)/\1 runs/p' "build/logs/Fuzzing-${name//_/-}.log")"
done
[ $failed -eq 0 ] || die "there are findings: see build/fuzz/findings/"
