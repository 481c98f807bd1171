/*
 * Heads of responses, for both processes: RFC 9112 section 4, RFC 9110 sections 5 and 6. Pure but for the buffer's
 * memory.
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Whether text is a token, and a field value without bytes that could end its line (RFC 9110 sections 5.1 and 5.5). */
bool http_token_valid(const char *text, size_t length);
bool http_value_valid(const char *text, size_t length);

enum http_body_framing {
    HTTP_BODY_LENGTH,  /* Content-Length: length */
    HTTP_BODY_CHUNKED, /* Transfer-Encoding: chunked */
    HTTP_BODY_CLOSE,   /* until the connection closes */
    HTTP_BODY_NONE     /* no framing field at all: 1xx, 204, 304 without a known length */
};

struct http_head {
    int status;
    int minor;  /* of the request's version; the answer itself says HTTP/1.1 */
    bool close; /* "Connection: close"; else, to an HTTP/1.0 client, "Connection: keep-alive" */
    enum http_body_framing framing;
    uint64_t length;
    int64_t now;            /* seconds since the epoch, for Date */
    const char *request_id; /* for X-Request-Id, at most HTTP_REQID_MAX bytes; NULL: none */
};

/* Appends status line, Date, Server, X-Request-Id, Connection and framing fields; the caller adds its own fields and
 * the empty line. 0 or -ENOMEM. */
int http_head_begin(struct buffer *out, const struct http_head *head);

/* Appends one field "name: value CRLF". 0 or -ENOMEM. */
int http_head_field(struct buffer *out, const char *name, const char *value);

/* Appends the empty line. 0 or -ENOMEM. */
int http_head_end(struct buffer *out);

#endif
