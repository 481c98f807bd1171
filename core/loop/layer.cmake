socgi_layer(loop SOURCES child.c loop.c orphans.c signals.c timeout.c tool.c USES socgi_base)
