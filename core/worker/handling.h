/*
 * Requests that have come to a worker, one after the other: the plugin's handler is run, of its answer as much as the
 * connection takes is sent and the rest given back to the master, which learns from the slot what became of it.
 */
#ifndef WORKER_HANDLING_H
#define WORKER_HANDLING_H

#include <stdbool.h>

#include "base/mounts.h"
#include "wire/mailbox.h"
#include "wire/message.h"
#include "wire/request.h"
#include "worker/custody.h"
#include "worker/inbox.h"
#include "worker/registry.h"
#include "worker/request.h"
#include "worker/response.h"
#include "worker/turn.h"

/* Memory is used again from one request to the next. */
struct handling {
    const struct wire_start *start;
    const struct mailbox *box;
    const struct registry *registry;
    const struct coder *coder;
    struct custody *custody;
    struct turn *turn;
    struct request_cache cache;
    struct socgi_response response;
    struct wire_field *fields;
    uint32_t plugin;      /* place of the one that has run last */
    struct mounts mounts; /* which files the master takes */
};

/* Memory of its own. What it works with is the caller's, for as long as this lives, and to be there before the first
 * request. 0, or -ENOMEM. */
int handling_begin(struct handling *handling);

enum handling_result {
    HANDLING_DONE,
    HANDLING_LEAVE, /* that too, but the worker cannot go on, and the master knows */
    HANDLING_BROKEN /* the master has broken the protocol, told in the log */
};

/* Handles one, and is done with it. */
enum handling_result handling_run(struct handling *handling, struct delivery *delivery);

/* Gives one back that was not begun, and leaves. */
void handling_return(struct handling *handling, const struct delivery *delivery);

/* The same where the process is about to end: see worker/departure.h. */
void handling_decline(struct handling *handling, const struct delivery *delivery);

/* There is time: false when something is found for which the worker leaves. */
bool handling_look(struct handling *handling);

/* After the registry's end; also when it could not begin. */
void handling_end(struct handling *handling);

#endif
