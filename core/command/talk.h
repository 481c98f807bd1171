/* Talking to a running server: finding its admin socket, and one request over it. */
#ifndef COMMAND_TALK_H
#define COMMAND_TALK_H

#include <stddef.h>

#include "base/buffer.h"

/*
 * Connects to an admin listener: `address` as in the configuration, "unix:/path", a bare path, or "HOST:PORT"; NULL:
 * the one server that runs, by the runtime folder. A descriptor, or -1 with the reason told by complaint().
 */
int talk_open(const char *address);

/* Sends one request and reads its answer into *body, without its head; closes the descriptor. `accept` is a media type.
 * The status, or -1 with the reason told. */
int talk(int fd, const char *method, const char *path, const char *accept, struct buffer *body);

#endif
