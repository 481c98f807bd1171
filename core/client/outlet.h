/*
 * What is still to be sent on a connection: text first, then what is lent, then parts of files, without blocking and
 * fairly, a bounded number of bytes a turn. It owns its text and its descriptors; a zeroed struct is an empty one.
 */
#ifndef CLIENT_OUTLET_H
#define CLIENT_OUTLET_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "wire/message.h"

/* Memory that is somebody else's, and stays as it is until `end` gives it back. */
struct outlet_loan {
    const char *data;
    size_t length;
    void *owner;
    void (*end)(void *owner); /* NULL: there is none */
};

struct outlet {
    struct buffer text;
    struct outlet_loan loan; /* sent behind it */
    struct wire_tail *tail;  /* allocated when there is one: fewer connections have than not */
    uint32_t segment;        /* the one being sent */
    size_t fd_count;
    int fds[CHANNEL_FDS_MAX];
    int failed; /* OUTLET_UNREADABLE: the descriptor, */
    int error;  /* and -errno; -ENODATA: it is shorter than was said */
};

enum outlet_result { OUTLET_DONE, OUTLET_BLOCKED, OUTLET_AGAIN, OUTLET_BROKEN, OUTLET_UNREADABLE };

/* Takes a tail and its descriptors over, files that can be read without waiting (base/mounts.h), also when it fails:
 * they are closed then. 0; -EPROTO: the segments are not `left` bytes; -ENOMEM. */
int outlet_take(struct outlet *outlet, const struct wire_tail *tail, uint64_t left, const int *fds, size_t count);

/*
 * Sends at most `turn` bytes; adds what was sent to *sent. OUTLET_DONE: nothing is left; OUTLET_BLOCKED: the socket
 * takes no more now; OUTLET_AGAIN: the turn is used up; OUTLET_BROKEN: the client is gone; OUTLET_UNREADABLE: a
 * file cannot be read.
 */
enum outlet_result outlet_send(struct outlet *outlet, int socket, size_t turn, uint64_t *sent);

void outlet_free(struct outlet *outlet);

#endif
