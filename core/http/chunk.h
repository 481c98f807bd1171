/*
 * A strict decoder of the chunked transfer coding (RFC 9112 section 7.1), resumable at every byte. Trailer fields are
 * checked and dropped. Pure.
 */
#ifndef HTTP_CHUNK_H
#define HTTP_CHUNK_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed to begin a new body. */
struct http_chunk {
    uint64_t left;     /* bytes left of the current chunk */
    uint64_t overhead; /* framing bytes so far: sizes, extensions, trailers */
    uint8_t state;
    uint8_t digits;
};

enum { HTTP_CHUNK_MORE = 0, HTTP_CHUNK_DATA = 1, HTTP_CHUNK_DONE = 2 };

/*
 * Decodes from data[0..length). *used is how many bytes were consumed. Returns HTTP_CHUNK_DATA when
 * data[*at .. *at + *count) is body (call again with what is behind *used), HTTP_CHUNK_MORE when all was consumed and
 * more is needed, HTTP_CHUNK_DONE when the body with its trailers has ended right before data[*used], or the status to
 * refuse with: 400, also when the framing alone exceeds `overhead_limit` bytes. A chunk size that 64 bits do not hold
 * is 413.
 */
int http_chunk_decode(struct http_chunk *chunk, uint64_t overhead_limit, const char *data, size_t length, size_t *used,
                      size_t *at, size_t *count);

#endif
