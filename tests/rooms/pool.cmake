# The pool and what lies below it, with a thread in place of each worker and a clock that the test sets. In an archive,
# so that a test links no more than the room calls.
add_library(pool_alone STATIC pool_alone.c fake_worker.c fake_steps.c fake_child.c fake_denial.c
  $<FILTER:$<TARGET_OBJECTS:socgi_pool>,EXCLUDE,/spawn[.]c>
  $<FILTER:$<TARGET_OBJECTS:socgi_loop>,EXCLUDE,/child[.]c>
  $<FILTER:$<TARGET_OBJECTS:socgi_base>,EXCLUDE,/clock[.]c>
  $<TARGET_OBJECTS:socgi_record> $<TARGET_OBJECTS:socgi_wire> $<TARGET_OBJECTS:socgi_http>)
target_include_directories(pool_alone PUBLIC ${PROJECT_SOURCE_DIR}/core)
target_link_libraries(pool_alone PUBLIC socgi_flags PkgConfig::CMOCKA Threads::Threads)

socgi_room_test(pool_start pool_alone)
socgi_room_test(pool pool_alone)
socgi_room_test(pool_wait pool_alone)
socgi_room_test(pool_death pool_alone)
socgi_room_test(pool_denials pool_alone)
socgi_room_test(pool_quarantine pool_alone)
socgi_room_test(pool_hostile pool_alone)
socgi_room_test(pool_size pool_alone)
socgi_room_test(pool_sticky pool_alone)
