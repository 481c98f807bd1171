socgi_layer(base SOURCES buffer.c clock.c fd.c log.c)
