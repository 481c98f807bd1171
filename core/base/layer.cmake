socgi_layer(base SOURCES buffer.c clock.c closer.c fd.c json.c log.c self.c utf8.c)
