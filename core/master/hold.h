/*
 * Holds: which connections' descriptors a worker keeps between their requests, so that most requests are handed over in
 * shared memory alone. A connection has one place in each worker's table, by its number; from its second request on it
 * takes it, unless another connection there is in use. Nothing is believed to be kept before the request that brought
 * it is done, and nobody else is given a place while a request that needs it waits: that request could find it empty.
 */
#ifndef MASTER_HOLD_H
#define MASTER_HOLD_H

#include <stdbool.h>
#include <stdint.h>

struct connection;
struct exchange;
struct job;
struct mailbox_slot;
struct server;
struct worker;

/* The place in a worker's table with that handle. */
struct hold {
    uint64_t number; /* of the connection; 0: none */
    bool busy;       /* a request that brings its descriptor, or needs it, is with the worker */
    bool used;       /* since another one wanted the place */
};

/* How many places a worker of that many open files has, if so many are wanted; `files` 0: no limit. */
uint32_t holds_allowed(uint32_t wanted, uint32_t files);

/* Decides how the worker gets the connection, and writes it into the slot. True: its descriptor goes by a message. */
bool hold_plan(struct worker *worker, struct exchange *exchange, struct mailbox_slot *slot);

/* The worker has done the request: it keeps what it was told to. */
void hold_settle(struct worker *worker, struct job *job);

/* The request was taken back. */
void hold_lose(struct worker *worker, struct job *job);

/* The connection is closed: every worker that keeps it is told to forget it. */
void holds_forget(struct server *server, const struct connection *connection);

#endif
