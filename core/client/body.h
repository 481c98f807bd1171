/*
 * The body of a request while the master collects it: in memory while it is short, in an unlinked file beyond. It owns
 * both from body_begin to body_free.
 */
#ifndef CLIENT_BODY_H
#define CLIENT_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "http/chunk.h"
#include "http/request.h"

struct census_share;

struct body_limits {
    uint64_t length;         /* beyond it: 413 */
    size_t in_memory;        /* beyond it: in a file */
    uint64_t chunk_overhead; /* beyond it and an eighth of the data: 400 */
    const char *spool;       /* folder of the file */
    uint64_t *spooled;       /* bytes in the files of all bodies together; counted here */
    uint64_t spool_limit;    /* beyond it: 503, unless there is room made */

    struct census_share *share; /* of its client's address, counted here; NULL: it has none */
    uint64_t share_limit;       /* of those bytes; beyond it likewise, unless it is that address's only one */

    /* So many bytes are too many, of all or `of_address`: true when somebody has given way who held them. NULL: nobody
     * does. */
    bool (*room)(void *data, bool of_address, uint64_t bytes);
    void *data;
};

struct body {
    enum http_framing framing;
    uint64_t expected; /* of HTTP_LENGTH */
    uint64_t begun;    /* nanoseconds: when the first byte was awaited; the receiver's */
    uint32_t blocks;   /* received in this turn; the receiver's */
    uint32_t block;    /* bytes that are received at once; the receiver's */
    uint64_t length;   /* so far */
    struct http_chunk chunk;
    struct buffer memory;
    int fd;            /* -1: in memory */
    uint64_t *spooled; /* as in the limits, while it is in a file; NULL */
    uint64_t counted;  /* how much of that is ours */
    struct census_share *share;
};

enum { BODY_MORE = 0, BODY_DONE = 1 };

/* Begins the body of a request. BODY_DONE when it has none, BODY_MORE, or 413. */
int body_begin(struct body *body, const struct http_request *request, const struct body_limits *limits);

/* Takes from data[0..length), which is spoilt as far as it is taken; *used is how much. BODY_MORE, BODY_DONE, or the
 * status to refuse with: 400, 413, 503, or 507 (told in the log) where the file system is full. */
int body_feed(struct body *body, const struct body_limits *limits, char *data, size_t length, size_t *used);

/* The body is whole: whoever is given it can only read it. 0, or 500 (told in the log). */
int body_end(struct body *body);

void body_free(struct body *body);

#endif
