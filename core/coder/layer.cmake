pkg_check_modules(BROTLI REQUIRED IMPORTED_TARGET libbrotlienc)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
socgi_layer(coder SOURCES coder.c USES socgi_http PkgConfig::BROTLI PkgConfig::ZLIB PkgConfig::ZSTD)
