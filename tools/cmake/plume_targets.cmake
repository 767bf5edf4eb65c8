# What every target of plume is built with; nothing of it reaches an embedder.
function(plume_private_options target)
    set_target_properties(${target} PROPERTIES
        CXX_EXTENSIONS OFF CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON)
    target_compile_options(${target} PRIVATE
        -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
        $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>   # g++ 12 sees overlaps in std::string's operator+ that are not there
        # Files that are compiled together are no headers, and may give a local name what is another file's.
        $<$<BOOL:${CMAKE_UNITY_BUILD}>:-Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>>
        $<$<BOOL:${PLUME_WARNINGS_AS_ERRORS}>:-Werror>
        # The numbers contract: whatever the host's flags say, no contraction, no fast-math and none of its parts,
        # and no instruction of the build machine. These come after CMAKE_CXX_FLAGS on the command line, and the last one counts.
        -ffp-contract=off -fno-fast-math -fno-unsafe-math-optimizations -fno-associative-math -fno-reciprocal-math -fno-finite-math-only
        -fsigned-zeros -march=x86-64 -mno-avx
        $<$<CXX_COMPILER_ID:GNU>:-fno-allow-store-data-races>)   # a part of -Ofast
endfunction()

# A shared library exports the public names by a linker script: no macro stands before every declaration, and no copy of
# standard library code leaves the library. A static one hides everything, so that a program or a library around it exports nothing of plume.
function(plume_visibility target)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "SHARED_LIBRARY")
        set(script ${PROJECT_SOURCE_DIR}/tools/cmake/plume.map)
        set_target_properties(${target} PROPERTIES CXX_VISIBILITY_PRESET default LINK_DEPENDS ${script})
        target_link_options(${target} PRIVATE LINKER:--version-script=${script} LINKER:--no-undefined)
    endif()
endfunction()

# One object of kernels, kernels/cpu/<folder>/<name>.cpp, with its own flags.
function(plume_kernel_object library name folder)
    add_library(plume_kernels_${name} OBJECT ${PROJECT_SOURCE_DIR}/kernels/cpu/${folder}/${name}.cpp)
    plume_private_options(plume_kernels_${name})
    set_target_properties(plume_kernels_${name} PROPERTIES UNITY_BUILD OFF)
    target_compile_features(plume_kernels_${name} PRIVATE cxx_std_20)
    target_include_directories(plume_kernels_${name} PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR})
    # -O2 in every configuration: an unoptimised copy of an inline function must not be emitted where a linker could keep it for everyone.
    # For the same reason no link-time optimisation: it may merge functions of different targets.
    # Line numbers are all that a debugger gets of kernels: variables are hard to follow at -O2, and describing them takes g++ 40 % longer.
    target_compile_options(plume_kernels_${name} PRIVATE -O2 $<$<CONFIG:Debug>:-g1> -fno-lto ${ARGN}
        # Infinities and NaN keep their meaning: kernels ask for them.
        $<$<BOOL:${PLUME_RELAXED_KERNELS}>:-ffp-contract=fast -funsafe-math-optimizations -fassociative-math -freciprocal-math -fno-signed-zeros
            -fno-trapping-math -fno-math-errno>)
    target_sources(${library} PRIVATE $<TARGET_OBJECTS:plume_kernels_${name}>)
endfunction()

# Writes the names in a global property as macro(name), one a line, for a source to include.
function(plume_write_list library property macro file)
    get_property(names GLOBAL PROPERTY ${property})
    set(text "")
    foreach(name IN LISTS names)
        string(APPEND text "${macro}(${name})\n")
    endforeach()
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/${file} CONTENT "${text}")
    target_include_directories(${library} PRIVATE ${PROJECT_BINARY_DIR}/generated)
endfunction()

# One CPU target: kernels/cpu/targets/<name>.cpp with its own flags. The order of the calls is the priority.
function(plume_cpu_target library name)
    if(PLUME_CPU_TARGETS AND NOT name IN_LIST PLUME_CPU_TARGETS)
        return()
    endif()
    plume_kernel_object(${library} ${name} targets ${ARGN})
    # The kernels are one template: the sanitizers look at its scalar instance, and at none where fuzz targets alone are built, which do not compute.
    # Instrumented SIMD code takes minutes to compile.
    if(NOT name STREQUAL "scalar" OR PLUME_FUZZ)
        target_compile_options(plume_kernels_${name} PRIVATE -fno-sanitize=all)
    elseif(CMAKE_CXX_FLAGS MATCHES "-fsanitize")
        target_compile_options(plume_kernels_${name} PRIVATE -O1)  # g++ 12 takes 7 minutes for them on a slow core, and 16 at -O2
    endif()
    set_property(GLOBAL APPEND PROPERTY PLUME_CPU_TARGETS ${name})
endfunction()

# Writes the list of targets that src/dispatch.cpp includes.
function(plume_finish_cpu_targets library)
    plume_write_list(${library} PLUME_CPU_TARGETS PLUME_CPU_TARGET plume_cpu_targets.inc)
endfunction()

# A kernel outside the numbers contract, kernels/cpu/special/<name>.cpp with its own flags, where the CPU target that it stands beside is built. The order of
# the calls is the priority.
function(plume_fast_kernel library name beside)
    get_property(targets GLOBAL PROPERTY PLUME_CPU_TARGETS)
    if(NOT beside IN_LIST targets)
        return()
    endif()
    plume_kernel_object(${library} ${name} special ${ARGN})
    target_compile_options(plume_kernels_${name} PRIVATE -fno-sanitize=all)
    set_property(GLOBAL APPEND PROPERTY PLUME_FAST_KERNELS ${name})
endfunction()

# Writes the list of them that src/fast.cpp includes.
function(plume_finish_fast_kernels library)
    plume_write_list(${library} PLUME_FAST_KERNELS PLUME_FAST_KERNEL plume_fast_kernels.inc)
endfunction()

# plume_add_tests(folder libraries...): one test program, test_<folder>, of all tests/<folder>/*.cpp.
# Its cases run as one ctest, <folder>. Those of a doctest suite named below run as a ctest of their own, <folder>.<suite>, labelled with
# the suite's name, so that a configuration can choose: long (minutes to hours), models (need a real model), determinism (the hashes), threads.
function(plume_add_tests folder)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*.cpp)
    if(NOT sources)
        return()
    endif()
    string(REPLACE "/" "_" target test_${folder})
    add_executable(${target} ${PROJECT_SOURCE_DIR}/tests/main.cpp ${sources})
    plume_private_options(${target})
    set_target_properties(${target} PROPERTIES UNITY_BUILD_BATCH_SIZE 6)   # test_models, all in one, would be what a build waits for
    # At -O3 g++ 12 sees these in inlined standard containers where they are not.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-stringop-overflow>)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${target} PRIVATE plume::plume doctest::doctest ${ARGN})
    target_compile_definitions(${target} PRIVATE
        PLUME_GOLDEN="${PROJECT_SOURCE_DIR}/tests/golden"
        PLUME_MODELS_FOLDER="${PROJECT_SOURCE_DIR}/models")   # where tools/get_model.sh puts them; the variable PLUME_MODELS overrides it
    set_property(GLOBAL APPEND PROPERTY PLUME_TEST_PROGRAMS ${target})

    set(suites long models determinism threads)
    list(JOIN suites "," named_suites)
    add_test(NAME ${folder} COMMAND ${target} --test-suite-exclude=${named_suites})
    foreach(suite IN LISTS suites)
        set(has_suite FALSE)
        foreach(source IN LISTS sources)
            file(STRINGS ${source} lines REGEX "(test_suite|TEST_SUITE)\\(\"${suite}\"\\)")
            if(lines)
                set(has_suite TRUE)
            endif()
        endforeach()
        if(has_suite)
            add_test(NAME ${folder}.${suite} COMMAND ${target} --test-suite=${suite})
            set_tests_properties(${folder}.${suite} PROPERTIES LABELS ${suite})
        endif()
    endforeach()
endfunction()
