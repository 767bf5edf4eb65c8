# Rules about the tree and the objects, each with a self-test that plants a violation and must be told of it.

# plume_add_check(name arguments...): tools/check_<name>.py
function(plume_add_check name)
    set(script ${PROJECT_SOURCE_DIR}/tools/check_${name}.py)
    add_test(NAME repository.${name} COMMAND Python3::Interpreter ${script} ${ARGN})
    add_test(NAME repository.${name}.can_fail COMMAND Python3::Interpreter ${script} --self-test --compiler ${CMAKE_CXX_COMPILER})
    set_tests_properties(repository.${name} repository.${name}.can_fail PROPERTIES LABELS repository)
endfunction()

plume_add_check(floors)
plume_add_check(files)
plume_add_check(headers --compiler ${CMAKE_CXX_COMPILER})

# Sanitizers put calls and globals of their own into every object.
if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize" AND NOT BUILD_SHARED_LIBS)
    set(symbol_options --library $<TARGET_FILE:plume>)
    if(PLUME_TOOLS)
        list(APPEND symbol_options --tool $<TARGET_FILE:plume_tool>)
    endif()
    get_property(cpu_targets GLOBAL PROPERTY PLUME_CPU_TARGETS)
    get_property(fast_kernels GLOBAL PROPERTY PLUME_FAST_KERNELS)
    list(APPEND cpu_targets ${fast_kernels})
    list(JOIN cpu_targets "," cpu_targets)
    if(NOT CMAKE_BUILD_TYPE MATCHES "Rel")   # without NDEBUG there are assertions
        list(APPEND symbol_options --debug)
    endif()
    plume_add_check(symbols ${symbol_options} --cpu-targets ${cpu_targets})
endif()
