socgi_layer(record SOURCES access_log.c counters.c histogram.c incident.c journal.c logs.c pidfile.c record.c save.c
  USES socgi_config socgi_wire socgi_http socgi_base Threads::Threads)
