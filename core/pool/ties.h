/* What ties a worker process to the master, and how both ends of it are made: the only place that decides which
 * descriptors a worker inherits. */
#ifndef POOL_TIES_H
#define POOL_TIES_H

#include <stdint.h>

#include "loop/child.h"
#include "wire/mailbox.h"

/* The master's ends; all the caller's. */
struct ties {
    int channel; /* non-blocking */
    int bell;    /* eventfd that the worker rings */
    int output;  /* its stdout and stderr; non-blocking */
    struct mailbox box;
};

/* Starts our own executable as a worker with the other ends. 0, or -errno with nothing left behind. */
int ties_start(struct ties *ties, struct children *children, struct child *child, uint32_t slots, uint32_t capacity);

/* Closes everything that is open in it; the process is the caller's business. */
void ties_close(struct ties *ties);

#endif
