socgi_layer(service SOURCES caching.c failure_answer.c filling.c given.c route.c service.c ticket.c
  USES socgi_generation socgi_cache socgi_client socgi_pool socgi_record socgi_loop socgi_config socgi_wire socgi_http socgi_base)
