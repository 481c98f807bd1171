/*
 * Request targets and authorities: RFC 9112 section 3.2, RFC 3986 section 3.2. http_parser_parse_url is not used: its
 * offsets have 16 bits, and it takes much that is no URL. Pure.
 */
#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "http/request.h"

/* Whether text is "host", "host:port" or "[IPv6]:port", without userinfo; the host is not empty, the port may be. */
bool http_authority_valid(const char *text, size_t length);

/*
 * Finds path and query of r->target: origin-form, absolute-form of http and https, whose authority replaces r->host, or
 * "*" for OPTIONS. 0, or 400: another form, a control byte or space, a fragment, a broken escape in the path.
 */
int http_target_split(struct http_request *r, const char *head);

#endif
