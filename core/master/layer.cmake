socgi_layer(master SOURCES access.c account.c body.c catalog.c census.c connection.c desk.c dispatch.c exchange.c gather.c generation.c incident.c journal.c lifecycle.c listener.c
  loop.c master.c outlet.c output.c pool.c quarantine.c receive.c recover.c renew.c report.c router.c routes.c
  spawn.c store.c timeout.c watch.c worker.c
  USES socgi_config socgi_wire socgi_http socgi_base Threads::Threads)
