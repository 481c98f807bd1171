/* From a kept answer to what a request gets of it: RFC 9110 sections 13 and 14, RFC 9111 section 4.3, RFC 9211. Pure
 * but for the memory of what it makes. */
#ifndef CACHE_REPLY_H
#define CACHE_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct ask;
struct kept;

/* How the request was answered, for Cache-Status. */
struct cache_told {
    const char *forward; /* why the handler was asked; NULL: it was not */
    int forward_status;  /* what it answered, where that is not what the client gets; 0 */
    bool stored, collapsed;
    const char *detail; /* a token; NULL: none */
};

/* How the answer is to be framed for its connection. */
struct reply_frame {
    bool close;
    const char *request_id;
    uint64_t now;
};

struct reply {
    int status;
    struct buffer head; /* the caller's */
    const char *body;   /* the kept answer's */
    size_t length;
};

/* 0, or -ENOMEM. */
int reply_make(struct reply *reply, const struct kept *kept, const struct ask *ask, const struct cache_told *told,
               const struct reply_frame *frame);

/* Appends the field line. `kept` (NULL: none) is what is given. 0, or -ENOMEM. */
int cache_status_line(struct buffer *out, const struct cache_told *told, const struct kept *kept, uint64_t now);

#endif
