socgi_layer(master SOURCES master.c notify.c reload.c upgrade.c
  USES socgi_inside socgi_service socgi_generation socgi_client socgi_pool socgi_record socgi_guard socgi_loop socgi_sandbox socgi_config socgi_http socgi_base)
