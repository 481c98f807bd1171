/* HTTP status codes: RFC 9110 section 15, RFC 6585. Pure. */
#ifndef HTTP_STATUS_H
#define HTTP_STATUS_H

#include <stdbool.h>

/* The reason phrase, "Not Found"; "Unknown" for a code without one. Never NULL. */
const char *http_reason(int status);

/* Whether a response of this status never has a body: 1xx, 204, 304 (RFC 9110 section 6.4.1). */
bool http_status_bodyless(int status);

#endif
