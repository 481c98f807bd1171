/*
 * Compression of an answer: whether it is done, by which coding, what that changes in the head; and the body's bytes.
 * Used by the worker, where the plugin's section says `compress = on`.
 */
#ifndef WORKER_ENCODE_H
#define WORKER_ENCODE_H

#include <stdbool.h>

#include "worker/response.h"

/* Before the head is made: decides, and sets fields. `last`: the whole body is there. 0, or -ENOMEM. */
int encode_begin(struct socgi_response *res, bool last);

/* Puts what becomes of it in the place of the body that is not framed yet. Nothing, unless the answer is encoded. 0, or
 * -errno. */
int encode_body(struct socgi_response *res, bool last);

#endif
