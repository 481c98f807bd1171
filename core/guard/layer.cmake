socgi_layer(guard SOURCES guard.c leavings.c masters.c ward.c USES socgi_loop socgi_base)
