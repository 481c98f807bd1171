/*
 * From a scanned head to struct http_request. The only file of the project that uses http_parser.h is parse.c; what
 * http-parser does not check and RFC 9110 and 9112 demand is checked here. Pure.
 */
#ifndef HTTP_PARSE_H
#define HTTP_PARSE_H

#include <stddef.h>

#include "http/request.h"

/*
 * Parses a head that http_scan found complete, from its request line to the empty line. The caller sets out->fields and
 * out->field_capacity; spans are offsets from `head`. Returns 0, or the status to refuse with: 400, 413 (a length that
 * no counter holds), 417, 431, 501, 505; after one of these the framing is in doubt and the connection is to be closed.
 */
int http_parse(const char *head, size_t length, struct http_request *out);

/* The span's text. */
static inline const char *http_text(const char *head, struct http_span span) {
    return head + span.at;
}

/* The first field of that name (compared without case), or NULL. */
const struct http_field *http_field_find(const struct http_request *request, const char *head, const char *name);

/* Whether a list-valued field of that name has that token as a member, compared without case (RFC 9110 5.6.1). */
int http_field_has_token(const struct http_request *request, const char *head, const char *name, const char *token);

#endif
