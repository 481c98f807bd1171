# The testing kit for plugin authors: the worker's own implementation of the SDK, in an archive.
add_library(socgi-testing STATIC testing/testing.c testing/folder.c)
target_include_directories(socgi-testing PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(socgi-testing PUBLIC socgi_sdk PRIVATE socgi_worker socgi_wire socgi_http socgi_base)
set_target_properties(socgi-testing PROPERTIES C_VISIBILITY_PRESET default)
