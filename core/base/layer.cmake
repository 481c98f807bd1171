socgi_layer(base SOURCES buffer.c calls.c clock.c closer.c elf.c fd.c json.c log.c mounts.c nearest.c needs.c needs_set.c reason.c said.c self.c start.c utf8.c
  USES socgi_sdk)
