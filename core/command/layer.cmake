socgi_layer(command SOURCES arguments.c control.c new.c talk.c template.c USES socgi_config socgi_http socgi_base socgi_sdk)

# The templates of 'socgi new' are a part of the program.
set(templates ${CMAKE_CURRENT_SOURCE_DIR}/command/templates)
set(templates_maker ${CMAKE_CURRENT_SOURCE_DIR}/command/template.cmake)
file(GLOB_RECURSE templates_files CONFIGURE_DEPENDS ${templates}/*)
add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/templates.c
  COMMAND ${CMAKE_COMMAND} -DFOLDER=${templates} -DOUT=${PROJECT_BINARY_DIR}/templates.c -P ${templates_maker}
  DEPENDS ${templates_files} ${templates_maker})
target_sources(socgi_command PRIVATE ${PROJECT_BINARY_DIR}/templates.c)
