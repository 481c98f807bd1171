/*
 * How requests come to a worker: their order from the mailbox's ring, their descriptors by messages of the channel or
 * from those that are kept between requests. It sleeps only when there is nothing to do.
 */
#ifndef WORKER_INBOX_H
#define WORKER_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/mailbox.h"
#include "wire/message.h"

struct inbox {
    const struct mailbox *box;
    uint32_t read;         /* entries of the ring so far */
    int kept[HANDLES_MAX]; /* connections; -1: none */
};

/* A request that was taken. */
struct delivery {
    struct wire_post post;
    struct mailbox_slot *slot;
    int connection;
    int body;  /* -1: it has no descriptor */
    bool kept; /* the connection stays when the request is done */
};

enum inbox_result { INBOX_REQUEST, INBOX_ENDED, INBOX_BROKEN };

void inbox_begin(struct inbox *inbox, const struct mailbox *box);

/* Waits for the next request and takes it. INBOX_ENDED: there will be none; INBOX_BROKEN: the master has broken the
 * protocol, told in the log. */
enum inbox_result inbox_next(struct inbox *inbox, struct delivery *delivery);

/* It is done: closes what is not kept. Before its slot is finished. */
void inbox_done(struct delivery *delivery);

void inbox_end(struct inbox *inbox);

#endif
