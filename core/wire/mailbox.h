/*
 * The mailbox: memory shared by the master and one worker: slots with a request and the summary of its answer each, the
 * order in which they were posted, and which connections the worker is to forget. The memfd is sealed against resizing,
 * so that no worker can make the master fault on it.
 *
 * The descriptor of a request's connection comes by a message on the channel, and so does that of its body. The worker
 * may be told to keep the connection's under a handle, a place in a table of its own; later requests of that connection
 * name the handle, and need no message. What was kept under a handle before is closed when another is; and when the
 * handle is to be forgotten, which is done before the next request is looked at.
 */
#ifndef WIRE_MAILBOX_H
#define WIRE_MAILBOX_H

#include <stddef.h>
#include <stdint.h>

#include "wire/crash.h"
#include "wire/farewell.h"
#include "wire/forgets.h"
#include "wire/mark.h"
#include "wire/ring.h"
#include "wire/slot.h"

/* What became of a request. Written by the worker, hence checked by the master before it is believed. */
enum {
    ANSWER_KEEP = 1u << 0,    /* the connection may carry another request */
    ANSWER_TAIL = 1u << 1,    /* a TAIL message with the rest was sent before this */
    ANSWER_GONE = 1u << 2,    /* the client has closed or reset the connection */
    ANSWER_BROKEN = 1u << 3,  /* the answer could not be completed: the connection must be closed */
    ANSWER_OUTPUT = 1u << 4,  /* the handler has printed: the output pipe is not empty */
    ANSWER_LIES = 1u << 5,    /* its first bytes, the whole head among them, lie in the place of the request */
    ANSWER_FORWARD = 1u << 6, /* there is none: in the place of the request lies the path of another plugin's */
    ANSWER_FLAGS = (1u << 7) - 1
};

enum { MAILBOX_FORWARD_MAX = 8192 }; /* bytes of such a path */

struct mailbox_answer {
    uint32_t status; /* 200 to 599 */
    uint32_t flags;
    uint64_t head; /* bytes of the response head */
    uint64_t sent; /* bytes written on the connection, head included */
    uint64_t left; /* bytes in the tail */
    uint64_t lying;
};

struct mailbox_slot {
    _Alignas(64) struct slot slot;
    _Atomic uint32_t touched; /* worker: set before the first byte is written on the connection */
    uint32_t length;          /* master: bytes of the packed request */
    uint32_t handle;          /* master: where the connection is to be kept or is; HANDLE_NONE: it is closed afterwards;
                                 HANDLE_APART: the worker gets none, and leaves its answer to the master */
    struct mailbox_answer answer;
};

struct mailbox_shared {
    _Alignas(64) struct doorbell bell;      /* of the master: it sleeps, the worker rings its eventfd */
    _Atomic uint32_t leaving;               /* of the worker: it ends by itself, and takes nothing more */
    _Alignas(64) struct doorbell call;      /* of the worker: it sleeps, the master wakes it, see wire/call.h */
    _Atomic uint32_t ending;                /* of the master: nothing follows what the ring holds */
    struct ring ring;                       /* the order of requests */
    struct forgets forgets;                 /* of the master */
    _Alignas(64) _Atomic uint32_t draining; /* of the master: connections end with the answer that is being made */
    uint32_t count;                         /* slots */
    uint32_t capacity;                      /* bytes of a packed request */
    struct crash_report crash;              /* of the worker */
    struct farewell farewell;               /* of the worker */
    struct mark_board marks;                /* of both */
};

/* One side's view; a zeroed struct is none. */
struct mailbox {
    struct mailbox_shared *shared;
    size_t size;
    uint32_t count; /* this side's own copies, never read again from the shared memory */
    uint32_t capacity;
};

/* Master: a new sealed memfd with `count` slots of `capacity` bytes, mapped. *fd is the caller's. 0, or -errno. */
int mailbox_create(struct mailbox *box, uint32_t count, uint32_t capacity, int *fd);

/* Worker: maps the memfd that it was given. 0, or -errno; -EPROTO when it is not a mailbox. */
int mailbox_open(struct mailbox *box, int fd);

void mailbox_close(struct mailbox *box);

struct mailbox_slot *mailbox_slot(const struct mailbox *box, uint32_t index);

/* The packed request of a slot: box->capacity bytes. */
unsigned char *mailbox_request(const struct mailbox *box, uint32_t index);

#endif
