socgi_layer(command SOURCES arguments.c control.c talk.c USES socgi_config socgi_http socgi_base socgi_sdk)
