# The Debian packages: `cmake --build BUILD --target package`. socgi is the server with its plugins, socgi-dev what authors
# compile against. Components: "runtime" (the default) and "dev" are in the packages and in `cmake --install`; "plain" is in
# `cmake --install` alone, "system" in the package alone; "examples", where there is one, goes with the server.
set(debian ${CMAKE_CURRENT_LIST_DIR})

install(FILES ${debian}/socgi.conf DESTINATION /etc/socgi COMPONENT system EXCLUDE_FROM_ALL)
install(FILES ${debian}/logrotate DESTINATION /etc/logrotate.d RENAME socgi COMPONENT system EXCLUDE_FROM_ALL)
# /lib is a link to it: Debian 13 wants the place itself, and 12 reads it, too.
install(FILES ${debian}/socgi.service ${debian}/socgi.socket DESTINATION /usr/lib/systemd/system COMPONENT system EXCLUDE_FROM_ALL)
install(FILES ${debian}/index.html DESTINATION share/socgi/www COMPONENT system EXCLUDE_FROM_ALL)
install(FILES ${PROJECT_BINARY_DIR}/socgi.conf DESTINATION share/doc/socgi/examples COMPONENT system EXCLUDE_FROM_ALL)

# Packages of one version that were built on two Debians are not the same: what they are called tells which is newer.
# Testing has a name and no number.
set(system_name unstable)
set(system_number)
if(EXISTS /etc/os-release)
  file(STRINGS /etc/os-release release)
  foreach(line IN LISTS release)
    if(line MATCHES "^VERSION_CODENAME=\"?([a-z]+)")
      set(system_name ${CMAKE_MATCH_1})
    elseif(line MATCHES "^VERSION_ID=\"?([0-9]+)")
      set(system_number ${CMAKE_MATCH_1})
    endif()
  endforeach()
endif()
if(system_number)
  set(debian_version ${PROJECT_VERSION}~deb${system_number}u1)
else()
  set(debian_version ${PROJECT_VERSION})
endif()
set(CPACK_DEBIAN_PACKAGE_VERSION ${debian_version})
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/debian-version "${debian_version}\n")

set(CPACK_PACKAGE_CONTACT "socgi developers <socgi@localhost>")
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(${debian}/changelog.in changelog @ONLY)
function(package_documents name component)
  set(folder share/doc/${name})
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${folder} RENAME copyright COMPONENT ${component} EXCLUDE_FROM_ALL)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/changelog DESTINATION ${folder} COMPONENT ${component} EXCLUDE_FROM_ALL)
endfunction()
package_documents(socgi system)
package_documents(socgi-dev dev)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR socgi)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "HTTP server whose handlers are plugins")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${debian}/compress.cmake)
set(CPACK_VERBATIM_VARIABLES ON)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_SERVER_PACKAGE_NAME socgi)
set(CPACK_DEBIAN_SERVER_PACKAGE_SECTION httpd)
set(CPACK_DEBIAN_SERVER_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS "adduser, init-system-helpers (>= 1.54~)")
set(CPACK_DEBIAN_SERVER_PACKAGE_RECOMMENDS media-types)
set(CPACK_DEBIAN_SERVER_PACKAGE_SUGGESTS "logrotate, socgi-dev")
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA ${debian}/conffiles ${debian}/postinst ${debian}/prerm ${debian}/postrm)
set(CPACK_DEBIAN_SERVER_DEBUGINFO_PACKAGE ON) # socgi-dbgsym: its lines in the traces of crashes
set(CPACK_COMPONENT_SERVER_DESCRIPTION "socgi serves HTTP/1.1 from plugins: shared objects with one C function.
A handler is plain blocking C in a worker process, so that a crash, an
endless loop or a slow client costs one request and never the service.
Plugins put into /usr/lib/socgi/plugins answer from the next request on.")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME socgi-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "socgi (= ${debian_version}), libc6-dev, libhttp-parser-dev")
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "pkg-config, cmake")
set(CPACK_COMPONENT_DEV_DESCRIPTION "The header that plugins of socgi compile against, the library that tests
handlers without a server, and what pkg-config and CMake need to find them.")

get_cmake_property(components COMPONENTS)
set(server_components runtime system)
if(examples IN_LIST components)
  list(APPEND server_components examples)
endif()
set(CPACK_COMPONENTS_ALL ${server_components} dev)

include(CPack)
cpack_add_component_group(server)
cpack_add_component_group(dev)
foreach(component ${server_components})
  cpack_add_component(${component} GROUP server)
endforeach()
cpack_add_component(dev GROUP dev)
