socgi_layer(master SOURCES access.c account.c admin.c backtrace.c body.c catalog.c census.c choose.c connection.c desk.c dispatch.c errorlog.c exchange.c gather.c generation.c histogram.c hold.c incident.c inherit.c journal.c keep.c lifecycle.c listener.c
  loop.c master.c metrics.c notify.c orphans.c outlet.c output.c pidfile.c pool.c quarantine.c receive.c recover.c renew.c report.c router.c routes.c
  spawn.c status.c status_text.c store.c tally.c timeout.c upgrade.c watch.c worker.c
  USES socgi_config socgi_wire socgi_http socgi_base Threads::Threads)

# The page of the view inside is a part of the program.
set(page ${CMAKE_CURRENT_SOURCE_DIR}/master/page.html)
add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/page.c
  COMMAND ${CMAKE_COMMAND} -DPAGE=${page} -DOUT=${PROJECT_BINARY_DIR}/page.c -P ${CMAKE_CURRENT_SOURCE_DIR}/master/page.cmake
  DEPENDS ${page} ${CMAKE_CURRENT_SOURCE_DIR}/master/page.cmake)
target_sources(socgi_master PRIVATE ${PROJECT_BINARY_DIR}/page.c)
