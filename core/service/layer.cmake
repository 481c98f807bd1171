socgi_layer(service SOURCES failure_answer.c route.c service.c ticket.c
  USES socgi_generation socgi_client socgi_pool socgi_record socgi_loop socgi_config socgi_wire socgi_http socgi_base)
