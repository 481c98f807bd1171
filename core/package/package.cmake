# What is installed beside the server and its plugins.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/socgi)
file(RELATIVE_PATH SOCGI_PC_TO_PREFIX /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)

foreach(name socgi socgi-testing)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/${name}.pc.in ${name}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)
endforeach()
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/socgiConfig.cmake.in socgiConfig.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR SOCGI_PLUGINDIR)
write_basic_package_version_file(socgiConfigVersion.cmake COMPATIBILITY SameMajorVersion)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/socgi DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev FILES_MATCHING PATTERN *.h)
install(TARGETS socgi-testing ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/socgiConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/socgiConfigVersion.cmake
  DESTINATION ${package_dir} COMPONENT dev)
install(FILES man/socgi.1 man/socgi-calc.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${PROJECT_SOURCE_DIR}/deploy/ISOLATION.md DESTINATION ${CMAKE_INSTALL_DOCDIR}/deploy)
foreach(folder deploy plugins plugins/fastcgi)
  install(FILES ${PROJECT_SOURCE_DIR}/${folder}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR}/${folder})
endforeach()
# The Debian package has these in another form.
install(FILES ${PROJECT_BINARY_DIR}/socgi.conf DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/socgi COMPONENT plain)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT plain)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/www DESTINATION ${CMAKE_INSTALL_DATADIR}/socgi COMPONENT plain)
