/*
 * The dispatcher: gives each request to an idle worker, else to a mailbox, else keeps it in a bounded queue; collects
 * the answers; takes requests back that wait behind a slow one; answers for workers that die.
 */
#ifndef MASTER_DISPATCH_H
#define MASTER_DISPATCH_H

#include <stdbool.h>

#include "master/pool.h"

struct server;
struct exchange;

/* What the pool tells us. */
extern const struct pool_hooks dispatch_hooks;

void dispatch_setup(struct server *server);

/* Takes a complete request; it is answered through connection_* later, with 503 when there is no room. */
void dispatch_submit(struct server *server, struct exchange *exchange);

/* The client has gone: true when no worker has the request, and none will get it; false: its answer will come. */
bool dispatch_cancel(struct server *server, struct exchange *exchange);

/* Collects what workers have done, and gives out what waits. */
void dispatch_turn(struct server *server);

/* Before the master waits: asks to be rung. False: there is something to do first. */
bool dispatch_sleep(struct server *server);

/* After it: no ring is needed. */
void dispatch_wake(struct server *server);

#endif
