/* What a request says to a cache: its key, its directives and conditions, and the fields that Vary may name. Pure but
 * for the memory of keys. */
#ifndef CACHE_ASK_H
#define CACHE_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "cache/directives.h"
#include "http/request.h"

/* It borrows the request, whose texts each end with a NUL; valid as long as they are. */
struct ask {
    const struct http_request *request;
    const char *head; /* that the request's spans are of */
    struct directives said;
    bool authorization, cookie, body;
    const char *range; /* NULL: none, as the conditions */
    const char *if_match, *if_none_match, *if_modified_since, *if_unmodified_since, *if_range;
};

/* `body`: the request has one. */
void ask_read(struct ask *ask, const struct http_request *request, const char *head, bool body);

/* Whether it may be answered from a kept answer at all: GET or HEAD without a body. */
bool ask_fits(const struct ask *ask);

/* Appends the key: the host in lower case, and the target as it was sent. 0, or -ENOMEM. */
int ask_key(const struct ask *ask, struct buffer *key);

/* The same for another target of that host; "" unless it is of that host: a path, or with the host before it. */
int ask_key_of(const struct ask *ask, const char *target, size_t length, struct buffer *key);

/* Appends what it has of the fields that a Vary lists: "name: value" lines. 0, or -ENOMEM. */
int ask_select(const struct ask *ask, const char *vary, size_t length, struct buffer *out);

/* Whether that, as another request has given it, is what this one has. */
bool ask_matches(const struct ask *ask, const char *selected, size_t length);

#endif
