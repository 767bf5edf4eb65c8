#!/usr/bin/env bash
# tools/test.sh [--quick]: installs what is needed, builds everything and runs all tests but the long ones. Debian 12, as root or with sudo.
# --quick stops after the tests of the release build. The long tests: ctest --preset long
. "$(dirname "$0")/lib.sh"

quick=no
case ${1:-} in
    "") ;;
    --quick) quick=yes ;;
    *) say "usage: tools/test.sh [--quick]"; exit 2 ;;
esac
began=$EPOCHREALTIME
failures=()
skips=()
jobs=$(nproc)

# check WHAT COMMAND...: a step whose failure is kept for the end.
check() { try_step "$@" || failures+=("$1"); }

# configure PRESET OPTIONS...: again only where the options or the presets have changed; the build system sees all else itself.
configure() {
    local preset=$1 stamp=build/$1/configured-with wanted
    shift
    command -v ccache >/dev/null && set -- "$@" -DCMAKE_CXX_COMPILER_LAUNCHER=ccache
    wanted="$* $(cksum CMakePresets.json)"
    [ -f "build/$preset/build.ninja" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
    check "Configuring $preset" cmake --preset "$preset" "$@"
    printf '%s\n' "$wanted" >"$stamp"
}

# run_sanitized PRESET TARGET...: builds the targets and runs the tests that the preset chooses.
run_sanitized() {
    local preset=$1
    shift
    configure "$preset" -DPLUME_TOOLS=OFF
    check "Building the tests of $preset" cmake --build "build/$preset" --target "$@"
    check "Tests of $preset" ctest --preset "$preset" -j "$jobs" --timeout 1800
    note_skips "$preset"
}

# What the tests of a build folder say that they left out, said once more at the end.
note_skips() {
    local line
    while read -r line; do skips+=("$line"); done < <(grep -ahoiE '(MESSAGE: .*skip|SKIPPED: ).*' "build/$1/Testing/Temporary/LastTest.log" 2>/dev/null |
        sed -E 's/^((MESSAGE|SKIPPED|skipped): )+//' | sort -u | head -20)
}

# shellcheck disable=SC2086  # lists of words
if [ $quick = yes ]; then need_packages $build_packages $test_packages; else need_packages $build_packages $test_packages $extra_packages; fi

# A real model for the tests labelled models. They skip themselves where it is not there.
tools/get_model.sh smollm2 >/dev/null || skips+=("all tests labelled models: SmolLM2 could not be fetched")
[ -d "${PLUME_TEST_DATA:-}" ] || skips+=("tests on files of other programs: PLUME_TEST_DATA is not set to a folder")

configure release -DPLUME_TESTS=ON -DPLUME_BENCH=ON
check "Building release" cmake --build build/release
[ ${#failures[@]} -eq 0 ] && check "Tests of release" ctest --preset release -j "$jobs" --timeout 900
note_skips release

if [ $quick = no ] && [ ${#failures[@]} -eq 0 ]; then
    # The same bits from another compiler, for the targets that this machine can run, and without optimisation.
    targets="avx2;scalar"
    grep -q avx512_vnni /proc/cpuinfo && targets="amx;avx512vnni;avx512;$targets"
    configure release-clang -DPLUME_TESTS=OFF "-DPLUME_CPU_TARGETS=$targets"
    check "Building bin/plume with clang" cmake --build build/release-clang --target bin/plume
    # Kernels are compiled with the same options in every configuration, so a debug build needs no more than one target. It is the build that compiles every
    # file by itself: the others put sixteen together.
    configure dev -DPLUME_TESTS=OFF -DPLUME_CPU_TARGETS=scalar
    check "Building bin/plume for debugging" cmake --build build/dev --target bin/plume
    check "One hash from g++, clang and debug builds" tools/compare_builds.sh build/release build/release-clang build/dev
    run_sanitized asan all
    run_sanitized tsan test_models
    if compgen -G 'tests/fuzz/*.cpp' >/dev/null; then
        tools/fuzz.sh 10 || failures+=("fuzzing")
    fi
fi

say
for line in "${skips[@]}"; do say "SKIPPED: $line"; done
for line in "${failures[@]}"; do say "FAILED: $line"; done
[ ${#failures[@]} -eq 0 ] || exit 1
say "All tests passed, $(seconds_since "$began") s."
