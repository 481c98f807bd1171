/*
 * An answer that is left to the master: its head, and all of it if there is room, goes into the slot that its request
 * came in; of what does not, a tail is made as of any other answer. For workers that have no connection.
 */
#ifndef WORKER_DEPOSIT_H
#define WORKER_DEPOSIT_H

#include <stddef.h>

#include "worker/response.h"

/* Lays it at `to`, and takes that from what is pending. Bytes; or -errno: it cannot be completed. */
long deposit_lay(struct socgi_response *response, unsigned char *to, size_t capacity);

/* Lays the path of the answer that is to be in its place there. Bytes; or -errno. */
long deposit_forward(const struct socgi_response *response, unsigned char *to, size_t capacity);

#endif
