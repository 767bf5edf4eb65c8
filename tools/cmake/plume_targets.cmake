# What every target of plume is built with; nothing of it reaches an embedder.
function(plume_private_options target)
    set_target_properties(${target} PROPERTIES
        CXX_EXTENSIONS OFF CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON)
    target_compile_options(${target} PRIVATE
        -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
        $<$<BOOL:${PLUME_WARNINGS_AS_ERRORS}>:-Werror>
        # The numbers contract: whatever the host's flags say, no contraction, no fast-math, and no instruction of the build machine.
        -ffp-contract=off -fno-fast-math -march=x86-64 -mno-avx)
endfunction()

# One CPU target: kernels/cpu/targets/<name>.cpp with its own flags. The order of the calls is the priority.
function(plume_cpu_target library name)
    add_library(plume_kernels_${name} OBJECT ${PROJECT_SOURCE_DIR}/kernels/cpu/targets/${name}.cpp)
    plume_private_options(plume_kernels_${name})
    target_compile_features(plume_kernels_${name} PRIVATE cxx_std_20)
    target_include_directories(plume_kernels_${name} PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR})
    # -O2 in every configuration: an unoptimised copy of an inline function must not be emitted where a linker could keep it for everyone.
    target_compile_options(plume_kernels_${name} PRIVATE -O2 ${ARGN})
    target_sources(${library} PRIVATE $<TARGET_OBJECTS:plume_kernels_${name}>)
    set_property(GLOBAL APPEND PROPERTY PLUME_CPU_TARGETS ${name})
endfunction()

# Writes the list of targets that src/dispatch.cpp includes.
function(plume_finish_cpu_targets library)
    get_property(names GLOBAL PROPERTY PLUME_CPU_TARGETS)
    set(text "")
    foreach(name IN LISTS names)
        string(APPEND text "PLUME_CPU_TARGET(${name})\n")
    endforeach()
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/plume_cpu_targets.inc CONTENT "${text}")
    target_include_directories(${library} PRIVATE ${PROJECT_BINARY_DIR}/generated)
endfunction()

# plume_add_tests(folder): one test program of all tests/<folder>/*.cpp.
function(plume_add_tests folder)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*.cpp)
    if(NOT sources)
        return()
    endif()
    set(target test_${folder})
    add_executable(${target} ${PROJECT_SOURCE_DIR}/tests/main.cpp ${sources})
    plume_private_options(${target})
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${target} PRIVATE plume::plume doctest::doctest ${ARGN})
    target_compile_definitions(${target} PRIVATE PLUME_GOLDEN="${PROJECT_SOURCE_DIR}/tests/golden")
    add_test(NAME ${folder} COMMAND ${target})
endfunction()
