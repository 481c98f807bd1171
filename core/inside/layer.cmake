socgi_layer(inside SOURCES accept.c admit.c caller.c inside.c metrics.c orders.c purge.c running.c stage.c status_cache.c status_json.c status_text.c views.c
  USES socgi_service socgi_generation socgi_cache socgi_client socgi_pool socgi_record socgi_loop socgi_sandbox socgi_config socgi_wire socgi_http socgi_base)

# The page of the view inside is a part of the program.
set(page ${CMAKE_CURRENT_SOURCE_DIR}/inside/page.html)
add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/page.c
  COMMAND ${CMAKE_COMMAND} -DPAGE=${page} -DOUT=${PROJECT_BINARY_DIR}/page.c -P ${CMAKE_CURRENT_SOURCE_DIR}/inside/page.cmake
  DEPENDS ${page} ${CMAKE_CURRENT_SOURCE_DIR}/inside/page.cmake)
target_sources(socgi_inside PRIVATE ${PROJECT_BINARY_DIR}/page.c)
