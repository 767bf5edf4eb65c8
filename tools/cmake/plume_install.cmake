# Install rules: headers, the library, its CMake package, its pkg-config file, and the plume command where it is built.
include(CMakePackageConfigHelpers)

set(plume_package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/plume)

install(TARGETS plume EXPORT plumeTargets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY include/plume DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(EXPORT plumeTargets NAMESPACE plume:: DESTINATION ${plume_package_folder})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

configure_package_config_file(tools/cmake/plumeConfig.cmake.in plumeConfig.cmake
    INSTALL_DESTINATION ${plume_package_folder} NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# Before 1.0 a minor version may change the API, as semantic versioning has it.
if(PROJECT_VERSION_MAJOR EQUAL 0)
    set(plume_compatibility SameMinorVersion)
else()
    set(plume_compatibility SameMajorVersion)
endif()
write_basic_package_version_file(plumeConfigVersion.cmake COMPATIBILITY ${plume_compatibility})
install(FILES ${PROJECT_BINARY_DIR}/plumeConfig.cmake ${PROJECT_BINARY_DIR}/plumeConfigVersion.cmake DESTINATION ${plume_package_folder})

# The .pc file finds its prefix from its own place, so an installed tree can be moved.
file(RELATIVE_PATH plume_pc_to_prefix /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(tools/cmake/plume.pc.in plume.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/plume.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
