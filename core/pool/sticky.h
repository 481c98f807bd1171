/*
 * Sticky connections: whose descriptors a worker keeps between their requests, so that most requests are handed over in
 * shared memory alone. A connection has one place in each worker's table, by its number; from its second request on it
 * takes it, unless another connection there is in use. Nothing is believed to be kept before the request that brought
 * it is done, and nobody else is given a place while a request that needs it waits: that request could find it empty.
 */
#ifndef POOL_STICKY_H
#define POOL_STICKY_H

#include <stdbool.h>
#include <stdint.h>

struct job;
struct mailbox_slot;
struct pools;
struct worker;

/* The place in a worker's table with that handle. */
struct place {
    uint64_t number; /* of the connection; 0: none */
    bool busy;       /* a request that brings its descriptor, or needs it, is with the worker */
    bool used;       /* since another one wanted the place */
};

/* Gives a worker its table, of as many places as are wanted and its limit of open files allows; 0: no limit. 0, or
 * -ENOMEM. */
int sticky_open(struct worker *worker, uint32_t wanted, uint32_t files);

/* Decides how the worker gets the job's connection, and writes it into the slot. True: its descriptor goes by a
 * message.
 */
bool sticky_plan(struct worker *worker, struct job *job, struct mailbox_slot *slot);

/* The worker has done the job: it keeps what it was told to. */
void sticky_settle(struct worker *worker, struct job *job);

/* The job was taken back. */
void sticky_lose(struct worker *worker, struct job *job);

/* The connection of that number is closed: every worker that keeps it is told to forget it. */
void sticky_forget(struct pools *pools, uint64_t connection);

#endif
