/*
 * Requests that have come to a worker, one after the other: the plugin's handler is run, of its answer as much as the
 * connection takes is sent and the rest given back to the master, which learns from the slot what became of it.
 */
#ifndef WORKER_HANDLING_H
#define WORKER_HANDLING_H

#include <stdbool.h>

#include "wire/mailbox.h"
#include "wire/message.h"
#include "wire/request.h"
#include "worker/inbox.h"
#include "worker/registry.h"
#include "worker/request.h"
#include "worker/response.h"

/* Memory is used again from one request to the next. */
struct handling {
    const struct wire_start *start;
    const struct mailbox *box;
    const struct registry *registry;
    struct request_cache cache;
    struct socgi_response response;
    struct wire_field *fields;
};

/* The three are the caller's, for as long as this lives; they may be filled in later, before the first request. 0, or
 * -ENOMEM. */
int handling_begin(struct handling *handling, const struct wire_start *start, const struct mailbox *box,
                   const struct registry *registry);

/* Handles one, and is done with it. False: the master has broken the protocol, told in the log. */
bool handling_run(struct handling *handling, struct delivery *delivery);

/* After the registry's end; also when it could not begin. */
void handling_end(struct handling *handling);

#endif
