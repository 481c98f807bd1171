socgi_layer(wire SOURCES call.c channel.c crash.c forgets.c mailbox.c message.c pack.c request.c ring.c saved.c slot.c USES socgi_http socgi_base)
