/*
 * How requests come to a worker: their order from the mailbox's ring, their descriptors by messages of the channel or
 * from those that are kept between requests. It sleeps only when there is nothing to do.
 *
 * A request whose descriptors cannot be received, or have come where something of the worker's was, is not begun: it is
 * for another worker then.
 */
#ifndef WORKER_INBOX_H
#define WORKER_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/mailbox.h"
#include "wire/message.h"
#include "worker/custody.h"

struct inbox {
    const struct mailbox *box;
    struct custody *custody;
    uint32_t read;         /* entries of the ring so far */
    bool rested;           /* INBOX_IDLE was told since the last request */
    int kept[HANDLES_MAX]; /* connections; -1: none */

    /* Asked before it sleeps: for how many milliseconds at most; 0: the worker is to end. */
    uint32_t (*idle)(void *data);
    void *data;
};

/* A request that was taken. */
struct delivery {
    struct wire_post post;
    struct mailbox_slot *slot;
    int connection; /* -1: it is not for this worker to have */
    int body;       /* -1: it has no descriptor */
    bool kept;      /* the connection stays when the request is done */
};

enum inbox_result {
    INBOX_REQUEST,
    INBOX_IDLE,    /* nothing has come for a while: there is time to look whether all is well */
    INBOX_SPOILED, /* it was taken, and is to be given back: see the custody's fault */
    INBOX_ENDED,   /* there will be none */
    INBOX_BROKEN   /* the master has broken the protocol, told in the log */
};

/* All are the caller's, for as long as this lives. */
void inbox_begin(struct inbox *inbox, const struct mailbox *box, struct custody *custody, uint32_t (*idle)(void *data),
                 void *data);

/* Waits for the next request and takes it. */
enum inbox_result inbox_next(struct inbox *inbox, struct delivery *delivery);

/* It is done: closes what is not kept. Before its slot is finished. */
void inbox_done(struct delivery *delivery);

void inbox_end(struct inbox *inbox);

#endif
