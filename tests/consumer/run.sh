#!/usr/bin/env bash
# tests/consumer/run.sh WHAT SOURCE BUILD WORK: plume as a program that embeds it meets it. WHAT: installed, pkg_config, source, fetched.
# BUILD is a built plume; everything new goes to WORK. CXX and PLUME_COMPILER_LAUNCHER say what compiles.
set -eu

what=$1 source=$2 build=$3 work=$4
here=$source/tests/consumer
prefix=$work/prefix

fail() {
    echo "$*"
    exit 1
}

install_plume() {
    rm -rf "$prefix"
    cmake --install "$build" --prefix "$prefix" >/dev/null
    [ -f "$prefix/include/plume/plume.hpp" ] || fail "the umbrella header is not installed"
}

configure() {   # folder options...
    local folder=$1
    shift
    rm -rf "${work:?}/$folder"
    cmake -S "$here/$folder" -B "$work/$folder" -G Ninja -DCMAKE_CXX_COMPILER_LAUNCHER="${PLUME_COMPILER_LAUNCHER:-}" "$@"
}

case $what in
    installed)
        install_plume
        # The package must work after the tree has moved.
        rm -rf "$work/moved" && mv "$prefix" "$work/moved"
        configure installed -DCMAKE_PREFIX_PATH="$work/moved"
        cmake --build "$work/installed"
        "$work/installed/consumer"
        if cmake -S "$here/installed" -B "$work/installed-without" -G Ninja >/dev/null 2>&1; then
            fail "find_package found a plume that is not the one under test"
        fi
        if grep -rlE "$source|$build" "$work/moved" --include='*.cmake' --include='*.pc' --include='*.hpp'; then
            fail "an installed file names the folder it was built in"
        fi
        ;;
    pkg_config)
        install_plume
        pc=$(find "$prefix" -name plume.pc)
        export PKG_CONFIG_PATH=${pc%/plume.pc}
        # shellcheck disable=SC2046  # words
        "${CXX:-g++}" -std=c++20 -c -fno-exceptions "$here/without_exceptions.cpp" $(pkg-config --cflags plume) -o "$work/without_exceptions.o"
        # shellcheck disable=SC2046  # words
        "${CXX:-g++}" -std=c++20 "$here/first.cpp" "$here/second.cpp" "$work/without_exceptions.o" $(pkg-config --cflags --libs plume) -o "$work/pkg_config_consumer"
        "$work/pkg_config_consumer"
        ;;
    fetched)
        configure fetched -DFETCHCONTENT_SOURCE_DIR_PLUME="$source"
        ;;
    source)
        # One build shows it all: add_subdirectory from another folder, files compiled together, a shared library, no exceptions anywhere, hidden
        # visibility, and a host's -Ofast -march=native that must reach neither the numbers nor the baseline objects.
        configure source -DPLUME_FOLDER="$source" -DBUILD_SHARED_LIBS=ON -DCMAKE_CXX_VISIBILITY_PRESET=hidden \
            -DPLUME_CPU_TARGETS=scalar -DCMAKE_UNITY_BUILD=ON \
            -DCMAKE_CXX_FLAGS="-Ofast -march=native -fno-exceptions"
        cmake --build "$work/source"
        "$work/source/consumer"

        objects=$(find "$work/source/plume/CMakeFiles/plume.dir" -name '*.o')
        [ -n "$objects" ] || fail "found no baseline objects"
        # shellcheck disable=SC2086  # words
        if objdump -d --no-show-raw-insn --no-addresses $objects | grep -m 3 -P '^\t(v(?!err|erw)|.*%[yz]mm)'; then
            fail "-march=native of the host has put AVX into baseline objects"
        fi
        exported=$(nm -DC --defined-only "$work"/source/plume/libplume.so | grep -vE ' [ARVTWBDu] ((typeinfo|typeinfo name|vtable) for )?plume::' || true)
        [ -z "$exported" ] || fail "the shared library exports names that are not plume's: $exported"

        tool=$build/bin/plume
        models=$(ls "${PLUME_TEST_DATA:-/nonexistent}"/models/tiny/tiny-{f32,f16,q4_0,q4_k_s,q6_k,iq1_m}.gguf 2>/dev/null || true)
        [ -n "$models" ] || models=$(ls "${PLUME_MODELS:-$source/models}/SmolLM2-135M-Instruct.Q4_1.gguf" 2>/dev/null || true)
        if [ -z "$models" ] || [ ! -x "$tool" ]; then
            echo "SKIPPED: the hashes of an -Ofast host (there is no model: set PLUME_TEST_DATA or run tools/get_model.sh smollm2; or no tool)"
            exit 0
        fi
        for model in $models; do
            "$work/source/consumer_logits" "$model" "$work/logits.f32" 1 7 42 300 5 5 81 499
            ours="sha256 $(sha256sum "$work/logits.f32" | cut -d ' ' -f 1)"
            theirs=$("$tool" logits "$model" --tokens 1,7,42,300,5,5,81,499)
            echo "$(basename "$model"): $ours"
            [ "$ours" = "$theirs" ] || fail "plume logits prints $theirs"
        done
        ;;
    *) fail "what is $what?" ;;
esac
