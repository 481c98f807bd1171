# The testing kit for plugin authors: the worker's own implementation of the SDK, in an archive of one object, of which an
# author's program sees socgi_* alone: whatever else it names its functions, they do not meet ours.
add_library(socgi_testing OBJECT testing/testing.c testing/folder.c)
target_include_directories(socgi_testing PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(socgi_testing PRIVATE socgi_sdk socgi_worker socgi_wire socgi_http socgi_base)
set_target_properties(socgi_testing PROPERTIES C_VISIBILITY_PRESET default)

set(kit ${PROJECT_BINARY_DIR}/socgi-testing.o)
set(kit_objects "$<TARGET_OBJECTS:socgi_testing>;$<TARGET_OBJECTS:socgi_worker>;$<TARGET_OBJECTS:socgi_wire>;$<TARGET_OBJECTS:socgi_http>;$<TARGET_OBJECTS:socgi_base>")
add_custom_command(OUTPUT ${kit}
  COMMAND ${CMAKE_C_COMPILER} -r -nostdlib -o ${kit} ${kit_objects}
  COMMAND ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=socgi_* ${kit}
  DEPENDS socgi_testing socgi_worker socgi_wire socgi_http socgi_base ${kit_objects}
  COMMAND_EXPAND_LISTS)
add_library(socgi-testing STATIC ${kit})
set_target_properties(socgi-testing PROPERTIES LINKER_LANGUAGE C)
target_link_libraries(socgi-testing PUBLIC socgi_sdk INTERFACE ${HTTP_PARSER_LIBRARY})
