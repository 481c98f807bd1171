# http-parser has no pkg-config file.
find_library(HTTP_PARSER_LIBRARY http_parser REQUIRED)
find_path(HTTP_PARSER_INCLUDE_DIR http_parser.h REQUIRED)

socgi_layer(http SOURCES byte.c chunk.c claim.c coding.c conditional.c date.c head.c method.c multipart.c parse.c range.c reqid.c scan.c status.c target.c
  uri.c USES socgi_base)
target_include_directories(socgi_http PRIVATE ${HTTP_PARSER_INCLUDE_DIR})
target_link_libraries(socgi_http PUBLIC ${HTTP_PARSER_LIBRARY})
