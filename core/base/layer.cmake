socgi_layer(base SOURCES buffer.c clock.c fd.c json.c log.c utf8.c)
