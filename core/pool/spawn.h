/* Spawning: how a worker process is started, and what ties it to the master: the only place that decides which
 * descriptors it inherits. */
#ifndef POOL_SPAWN_H
#define POOL_SPAWN_H

#include <stdint.h>

#include "loop/child.h"
#include "wire/mailbox.h"

/* The master's ends; all the caller's. */
struct ties {
    int channel; /* non-blocking */
    int bell;    /* eventfd that the worker rings */
    int output;  /* its stdout and stderr; non-blocking */
    int denials; /* what tells of calls that its sandbox denies; -1: nothing does, or not yet */
    struct mailbox box;
};

/* Starts our own executable as a worker with the other ends. 0, or -errno with nothing left behind. */
int spawn_worker(struct ties *ties, struct children *children, struct child *child, uint32_t slots, uint32_t capacity);

/* Closes everything that is open in it; the process is the caller's business. */
void ties_close(struct ties *ties);

#endif
