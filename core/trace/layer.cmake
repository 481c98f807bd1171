pkg_check_modules(DW REQUIRED IMPORTED_TARGET libdw)
socgi_layer(trace SOURCES trace.c USES socgi_wire socgi_base PkgConfig::DW)
