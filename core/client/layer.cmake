socgi_layer(client SOURCES accept.c address.c advance.c body.c census.c clients.c connection.c deadlines.c exchange.c forward.c holding.c host.c inherit.c listener.c
  listeners.c outlet.c receive.c send.c share.c
  USES socgi_record socgi_loop socgi_config socgi_wire socgi_http socgi_base)
