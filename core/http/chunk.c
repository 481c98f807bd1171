/* A strict decoder of the chunked transfer coding. */
#include "http/chunk.h"

#include "http/byte.h"

enum { DIGITS_MAX = 16 };

enum state {
    SIZE,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER_FIRST,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    END_LF
};

static int size_step(struct http_chunk *chunk, char c) {
    int digit = http_hex_value(c);
    if (digit >= 0) {
        if (chunk->digits > 0 && chunk->left > UINT64_MAX >> 4) {
            return 413;
        }
        if (chunk->digits == DIGITS_MAX) {
            return 400;
        }
        chunk->left = chunk->left << 4 | (uint64_t)digit;
        chunk->digits++;
        return SIZE;
    }
    if (chunk->digits == 0) {
        return 400;
    }
    return c == '\r' ? SIZE_LF : c == ';' ? EXTENSION : 400;
}

/* One byte of framing: the next state, or a status. */
static int step(struct http_chunk *chunk, char c) {
    switch ((enum state)chunk->state) {
    case SIZE:
        return size_step(chunk, c);
    case EXTENSION:
        return c == '\r' ? SIZE_LF : http_byte_is(c, HTTP_BYTE_TEXT) ? EXTENSION : 400;
    case SIZE_LF:
        return c != '\n' ? 400 : chunk->left > 0 ? DATA : TRAILER_FIRST;
    case DATA_CR:
        return c == '\r' ? DATA_LF : 400;
    case DATA_LF:
        chunk->digits = 0;
        return c == '\n' ? SIZE : 400;
    case TRAILER_FIRST:
        return c == '\r' ? END_LF : http_byte_is(c, HTTP_BYTE_TOKEN) ? TRAILER_NAME : 400;
    case TRAILER_NAME:
        return c == ':' ? TRAILER_VALUE : http_byte_is(c, HTTP_BYTE_TOKEN) ? TRAILER_NAME : 400;
    case TRAILER_VALUE:
        return c == '\r' ? TRAILER_LF : http_byte_is(c, HTTP_BYTE_TEXT) ? TRAILER_VALUE : 400;
    case TRAILER_LF:
        return c == '\n' ? TRAILER_FIRST : 400;
    case DATA:
    case END_LF:
        break;
    }
    return 400;
}

int http_chunk_decode(struct http_chunk *chunk, uint64_t overhead_limit, const char *data, size_t length, size_t *used,
                      size_t *at, size_t *count) {
    *used = *at = *count = 0;
    while (*used < length) {
        if (chunk->state == DATA) {
            size_t have = length - *used;
            *at = *used;
            *count = have < chunk->left ? have : (size_t)chunk->left;
            *used += *count;
            chunk->left -= *count;
            chunk->state = chunk->left > 0 ? DATA : DATA_CR;
            return HTTP_CHUNK_DATA;
        }
        if (chunk->overhead >= overhead_limit) {
            return 400;
        }
        chunk->overhead++;
        char c = data[*used];
        if (chunk->state == END_LF) {
            (*used)++;
            return c == '\n' ? HTTP_CHUNK_DONE : 400;
        }
        int next = step(chunk, c);
        if (next >= 400) {
            return next;
        }
        (*used)++;
        chunk->state = (uint8_t)next;
    }
    return HTTP_CHUNK_MORE;
}
