/*
 * Where a request is between its connection and its answer: on the desk of a worker, oldest first, or in the queue of
 * its plugin's pool. For the dispatcher alone.
 */
#ifndef MASTER_DESK_H
#define MASTER_DESK_H

#include <stdbool.h>

struct exchange;
struct job;
struct list;
struct server;
struct worker;

struct exchange *exchange_of(struct job *job);
struct job *job_at(struct list *link);

/* The oldest, which the worker runs; NULL: none. */
struct job *desk_head(struct worker *worker);

/* The job's slot is taken, or free again. */
void desk_add(struct worker *worker, struct job *job);
void desk_remove(struct worker *worker, struct job *job);

/* Takes a request back. False: the worker has begun it. */
bool desk_reclaim(struct worker *worker, struct job *job);

/* Takes back the first request that waits behind another there; NULL: none, or it has just been begun. */
struct job *desk_take_back(struct worker *worker);

/* Behind all that wait in its pool's queue; before them, for it is older; out of it. */
void queue_append(struct job *job);
void queue_prepend(struct job *job);
void queue_remove(struct job *job);

/* A request whose generation serves no longer goes to the plugin that has its path now. False: it was answered. */
bool job_renew(struct server *server, struct job *job);

/* What a worker had and has not begun goes into the queue, or is answered. */
void job_return(struct server *server, struct job *job);

#endif
