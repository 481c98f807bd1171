# http-parser has no pkg-config file.
find_library(HTTP_PARSER_LIBRARY http_parser REQUIRED)
find_path(HTTP_PARSER_INCLUDE_DIR http_parser.h REQUIRED)

socgi_layer(http SOURCES method.c status.c USES socgi_base)
