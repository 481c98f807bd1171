socgi_layer(cache SOURCES ask.c cache.c directives.c field.c flight.c kept.c policy.c reply.c shelf.c
  USES socgi_config socgi_http socgi_base)
