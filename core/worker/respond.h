/*
 * How a worker sends: as much as the connection takes at once, and the rest as a TAIL for the master. It never waits
 * for the client.
 */
#ifndef WORKER_RESPOND_H
#define WORKER_RESPOND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mounts.h"
#include "wire/mailbox.h"
#include "wire/message.h"
#include "worker/response.h"

/* Where an answer goes. */
struct respond {
    int connection;
    struct mailbox_slot *slot; /* whose `touched` is set before the first byte */
    uint64_t turn;             /* bytes that may still be sent by the worker itself */
    uint64_t sent;
    bool lost; /* the descriptor is no connection any more: the master, which has another, is to send the answer */
};

/* A response_send: sends what is framed, as far as it goes. 0, or -EPIPE. */
int respond_send(void *sink, struct socgi_response *response);

/*
 * Makes the rest a TAIL: `tail` with its descriptors in fds (at most CHANNEL_FDS_MAX), all of them the response's, or
 * *made (else -1), which the caller closes after it has sent the message. What the master would not take, for it might
 * wait for it, is copied. *left is how many bytes it is. 0, or -errno.
 */
int respond_tail(struct socgi_response *response, const char *spool, struct mounts *mounts, struct wire_tail *tail,
                 int *fds, size_t *count, int *made, uint64_t *left);

#endif
