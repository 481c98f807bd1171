/* Preconditions: RFC 9110 section 13. Pure. */
#ifndef HTTP_CONDITIONAL_H
#define HTTP_CONDITIONAL_H

#include <stdbool.h>
#include <stdint.h>

/* The request's fields, NULL where absent, and what we know of the representation. */
struct http_conditional {
    const char *if_match, *if_none_match, *if_modified_since, *if_unmodified_since, *if_range;
    bool get_or_head;
    const char *etag; /* NULL: none */
    int64_t modified; /* 0: unknown */
    int64_t now;
};

/* 0: go on; 304; or 412. Precedence as in RFC 9110 section 13.2.2, but for If-Range. */
int http_precondition(const struct http_conditional *c);

/* Whether a Range field is to be honoured: no If-Range, or one that matches by strong comparison. */
bool http_if_range(const struct http_conditional *c);

#endif
