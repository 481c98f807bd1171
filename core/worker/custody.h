/*
 * The descriptors that a worker has and its plugins must leave alone: its heritage, and those of its clients'
 * connections. A handler that closes what it has not opened would have a client's connection take that number, and what
 * any plugin prints, or another client's answer, would go there; one that opens without closing would have the requests
 * of others fail. Both are found before a request that has come by a message is begun, which then goes to another
 * worker, and this one ends.
 *
 * What it costs: two fstat(2) for a request that comes by message, nothing for one whose connection is kept. The number
 * of what is received tells the rest: the kernel gives the lowest that is free.
 */
#ifndef WORKER_CUSTODY_H
#define WORKER_CUSTODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire/heritage.h"
#include "worker/registry.h"

enum { CUSTODY_NUMBERS = 1 << 16, CUSTODY_SUSPECTS = 8 };

enum custody_fault {
    CUSTODY_WHOLE,
    CUSTODY_CLOSED,     /* a descriptor of the heritage is closed, or has become another */
    CUSTODY_CONNECTION, /* a client's was closed */
    CUSTODY_FULL        /* so many are open that none can be received */
};

/* What a plugin's handler has done here. */
struct custody_tally {
    uint64_t runs;
    uint64_t counted; /* of them, when descriptors were counted last */
    int64_t left;     /* descriptors that it has opened and not closed, as far as it is known to be its doing */
    bool suspect;     /* it has run since it was last known that all is well */
};

struct custody {
    const struct registry *registry;
    struct custody_tally *tallies; /* one a plugin */
    size_t suspects[CUSTODY_SUSPECTS];
    size_t suspect_count; /* of plugins; those beyond CUSTODY_SUSPECTS have no place */
    struct {
        dev_t device;
        ino_t inode;
    } was[HERITAGE_COUNT];
    uint64_t held[CUSTODY_NUMBERS / 64]; /* numbers under which connections are kept, a bit each */
    int64_t kept;                        /* how many */
    int64_t foreign;   /* descriptors that are open beside those, when they were counted last; -1: never */
    uint32_t messages; /* so many have come */
    int64_t shared;    /* what was left open by one of several, and nobody knows which */
    enum custody_fault fault;
    int number; /* of the descriptor that it is about */
};

/* Remembers what the heritage is, and fills what is missing already. 0, or -ENOMEM. The registry is the caller's, and
 * loaded. */
int custody_begin(struct custody *custody, const struct registry *registry);
void custody_end(struct custody *custody);

/* A handler of that plugin begins. */
void custody_run(struct custody *custody, size_t plugin);

/* Before a message is received: stdout and stderr are what they were. */
bool custody_ready(struct custody *custody);

/* What was received by that number is where nothing was. False: it must be closed, and nothing else be done with it. */
bool custody_receive(struct custody *custody, int number);

/* A connection is kept by that number; it is closed. */
void custody_keep(struct custody *custody, int number);
void custody_release(struct custody *custody, int number);

/* When there is time, or something is strange: the whole heritage is what it was, and there are descriptors left. */
bool custody_look(struct custody *custody);

/* Notes what somebody else has found. */
void custody_blame(struct custody *custody, enum custody_fault fault, int number);

/* So many are open now; what has grown since the last count is noted as of those who have run since. */
void custody_count(struct custody *custody, int64_t open);

#endif
