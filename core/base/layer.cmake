socgi_layer(base SOURCES buffer.c clock.c fd.c json.c log.c self.c utf8.c)
