/*
 * The head of a request, as the parser gives it to everyone else. Pure data. Text is named by spans into the head
 * that was parsed, so it stays valid when the bytes move.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "http/method.h"

struct http_span {
    uint32_t at;
    uint32_t length;
};

struct http_field {
    struct http_span name;
    struct http_span value; /* without white space around it; behind the name's colon and before the line's CR, so that
                             * the byte behind it is nobody's, also when it is empty */
};

/* How long the body is. */
enum http_framing { HTTP_NO_BODY, HTTP_LENGTH, HTTP_CHUNKED };

struct http_request {
    enum method method;
    struct http_span name; /* the method's, as sent */
    uint8_t minor;         /* HTTP/1.0 or HTTP/1.1 */
    bool keep_alive;       /* what the client wants: RFC 9112 section 9.3 */
    bool expect_continue;  /* Expect: 100-continue on HTTP/1.1 */
    enum http_framing framing;
    uint64_t content_length; /* when framing is HTTP_LENGTH */
    struct http_span target; /* the request target as sent: any bytes but controls, space, DEL and '#' */
    struct http_span path;   /* its raw path, not decoded; at least "/", except for "*" (OPTIONS *) */
    struct http_span query;  /* what follows the first '?'; empty if none */
    struct http_span host;   /* of the absolute-form target, else of the Host field, with its port; may be empty */
    uint32_t field_count;
    uint32_t field_capacity;   /* set by the caller */
    struct http_field *fields; /* the caller's array */
};

#endif
