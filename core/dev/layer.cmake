# What authors have: new, dev, build, on the command line alone. Nothing that serves links it.
socgi_layer(dev SOURCES build.c dev.c lookout.c made.c new.c program.c template.c toolchain.c trial.c unit.c words.c USES socgi_worker socgi_command socgi_config socgi_base socgi_sdk)

# Where the SDK's headers lie, seen from the program: installed, and in the build tree, where a link stands for them.
file(RELATIVE_PATH include_relative ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
file(CREATE_LINK ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include SYMBOLIC)
target_compile_definitions(socgi_dev PRIVATE SOCGI_INCLUDEDIR_RELATIVE="${include_relative}")

# The templates of 'socgi new' are a part of the program.
set(templates ${CMAKE_CURRENT_SOURCE_DIR}/dev/templates)
set(templates_maker ${CMAKE_CURRENT_SOURCE_DIR}/dev/template.cmake)
file(GLOB_RECURSE templates_files CONFIGURE_DEPENDS ${templates}/*)
add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/templates.c
  COMMAND ${CMAKE_COMMAND} -DFOLDER=${templates} -DOUT=${PROJECT_BINARY_DIR}/templates.c -P ${templates_maker}
  DEPENDS ${templates_files} ${templates_maker})
target_sources(socgi_dev PRIVATE ${PROJECT_BINARY_DIR}/templates.c)
