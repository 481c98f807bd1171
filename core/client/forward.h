/*
 * A request whose plugin wants the answer that another path of ours has: where it has been taken. What its client has
 * sent stays as it was, for logs.
 */
#ifndef CLIENT_FORWARD_H
#define CLIENT_FORWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/method.h"

struct exchange;

enum { FORWARDS_MAX = 10 };

/* Of an exchange, which frees the texts; zeroed: it has not been taken anywhere. */
struct forward {
    uint32_t times;
    uint32_t status; /* of what came of it where it was */
    char *from;      /* the path that its client has sent */
    char *query;     /* now */
};

/* Takes it to the path and query of `target`, "/a?b": from then on it is a GET without a body, or a HEAD. 0; or,
 * after a line in the log, -EINVAL: that is none; -ELOOP: it has been taken along too often; -ENOMEM. */
int exchange_forward(struct exchange *exchange, const char *target, size_t length, uint32_t status);

/* By which method it is to be answered. */
enum method exchange_method(const struct exchange *exchange);

/* Whether a field of that name is about the body that it had. */
bool forward_drops(const char *name);

#endif
