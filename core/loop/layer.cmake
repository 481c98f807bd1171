socgi_layer(loop SOURCES child.c loop.c orphans.c process.c signals.c threads.c timeout.c tool.c watchdog.c USES socgi_base)
