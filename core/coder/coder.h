/*
 * Compression by zlib, brotli and zstd: bytes in, bytes out, in a bounded amount of memory however much that is. Runs
 * in the worker; the testing kit does without, so who makes answers is given these functions and does not name them.
 */
#ifndef CODER_CODER_H
#define CODER_CODER_H

#include <stddef.h>

#include "http/coding.h"

/* What is behind the bytes: more; nothing for now, so that what was given can be decoded; nothing ever. */
enum coder_step { CODER_MORE, CODER_FLUSH, CODER_END };

/* Takes what was made of them. 0, or an error, which ends it. */
typedef int coder_take(void *to, const void *data, size_t length);

struct coder {
    /* A stream of that coding, which is not HTTP_IDENTITY; NULL: no memory. */
    void *(*open)(enum http_coding coding);
    /* 0, -ENOMEM, or the taker's error. */
    int (*feed)(void *stream, const void *data, size_t length, enum coder_step step, coder_take *take, void *to);
    void (*close)(void *stream);
};

extern const struct coder coder_libraries;

#endif
