socgi_layer(command SOURCES arguments.c control.c enforced.c plugins.c purge.c talk.c USES socgi_sandbox socgi_config socgi_http socgi_base socgi_sdk)
