# Compiling plugins from their sources: for authors, on the command line alone. Nothing that serves links it.
socgi_layer(dev SOURCES build.c dev.c lookout.c program.c toolchain.c unit.c words.c USES socgi_command socgi_config socgi_base socgi_sdk)

# Where the SDK's headers lie, seen from the program: installed, and in the build tree, where a link stands for them.
file(RELATIVE_PATH include_relative ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
file(CREATE_LINK ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include SYMBOLIC)
target_compile_definitions(socgi_dev PRIVATE SOCGI_INCLUDEDIR_RELATIVE="${include_relative}")
