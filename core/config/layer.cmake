pkg_check_modules(CONFUSE REQUIRED IMPORTED_TARGET libconfuse)
socgi_layer(config SOURCES access_format.c comment.c complaint.c config.c declared.c file.c form.c held.c number.c place.c pool.c
  reference.c runtime.c schema.c setting.c source.c stranger.c USES socgi_http socgi_base PkgConfig::CONFUSE)
# From the folder of the program, so that an installed tree may lie anywhere.
file(RELATIVE_PATH plugins_from_program ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_PREFIX}/${SOCGI_PLUGINDIR})
target_compile_definitions(socgi_config PRIVATE SOCGI_PLUGINDIR_RELATIVE="${plugins_from_program}"
  SOCGI_PLUGINDIR="${CMAKE_INSTALL_PREFIX}/${SOCGI_PLUGINDIR}")
