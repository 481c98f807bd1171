socgi_layer(master SOURCES access.c body.c census.c connection.c dispatch.c exchange.c incident.c journal.c lifecycle.c listener.c
  loop.c master.c outlet.c output.c pool.c receive.c report.c router.c spawn.c store.c timeout.c
  USES socgi_config socgi_wire socgi_http socgi_base Threads::Threads)
