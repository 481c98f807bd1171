socgi_layer(base SOURCES buffer.c clock.c closer.c fd.c json.c log.c mounts.c needs.c self.c utf8.c)
