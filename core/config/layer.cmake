pkg_check_modules(CONFUSE REQUIRED IMPORTED_TARGET libconfuse)
socgi_layer(config SOURCES access_format.c comment.c complaint.c config.c file.c form.c pool.c runtime.c schema.c USES socgi_http socgi_base PkgConfig::CONFUSE)
target_compile_definitions(socgi_config PRIVATE
  SOCGI_PLUGINDIR="${CMAKE_INSTALL_FULL_LIBDIR}/socgi/plugins")
