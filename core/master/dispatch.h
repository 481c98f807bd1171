/*
 * The dispatcher: gives each request to an idle worker, else to a mailbox, else keeps it in a bounded queue; collects
 * the answers; takes requests back that wait behind a slow one; answers for workers that die.
 */
#ifndef MASTER_DISPATCH_H
#define MASTER_DISPATCH_H

#include <stdbool.h>
#include <stdint.h>

struct exchange;
struct generation;
struct server;
struct worker;

void dispatch_setup(struct server *server);

/* Takes a complete request; it is answered through connection_* later, with 503 when there is no room. */
void dispatch_submit(struct server *server, struct exchange *exchange);

/* The client has gone: true when no worker has the request, and none will get it; false: its answer will come. */
bool dispatch_cancel(struct exchange *exchange);

/* Collects what workers have done. */
void dispatch_collect(struct server *server);

/* The same, and gives out what waits. */
void dispatch_turn(struct server *server);

/* When dispatch_turn has something to do next, though nothing happens. */
uint64_t dispatch_next(const struct server *server);

/* Before the master waits: asks to be rung. False: there is something to do first. */
bool dispatch_sleep(struct server *server);

/* After it: no ring is needed. */
void dispatch_wake(struct server *server);

/* The trace of that incident is complete: answers the request that waits for it, if one does. */
void dispatch_traced(struct server *server, uint64_t incident);

/* ---- What becomes of workers and generations ---- */

/* It may be given requests. */
void dispatch_worker_ready(struct worker *worker);

/* It is about to be judged by what it runs: what it has finished is taken. */
void dispatch_worker_collect(struct worker *worker);

/* Its handler has outrun its limit: called before it is killed; its deadline is later if it has finished after all. */
void dispatch_worker_overdue(struct worker *worker);

/* It retires: what it has not begun goes to others. */
void dispatch_worker_retires(struct worker *worker);

/* It has died; its mailbox and channel are still there. */
void dispatch_worker_died(struct worker *worker, int wait_status);

/* Requests that wait for a generation that serves no longer go to the one that does now. */
void dispatch_generation_left(struct server *server, struct generation *old);

/* Its first workers may be given requests. */
void dispatch_generation_serves(struct generation *generation);

#endif
