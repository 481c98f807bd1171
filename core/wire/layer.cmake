socgi_layer(wire SOURCES call.c channel.c crash.c farewell.c forgets.c mailbox.c mark.c message.c pack.c request.c ring.c rules.c saved.c slot.c USES socgi_http socgi_base)
