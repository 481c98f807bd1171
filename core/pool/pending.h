/* The jobs that a worker was given: the oldest is the one that it runs, the others wait behind it. */
#ifndef POOL_PENDING_H
#define POOL_PENDING_H

#include <stdbool.h>
#include <stdint.h>

struct job;
struct list;
struct worker;

/* The worker that is in its pool's list of idle ones, or in the room's of busy ones, by that link. */
struct worker *worker_of_idle(struct list *link);
struct worker *worker_of_busy(struct list *link);

/* The oldest, which the worker runs; NULL: none. */
struct job *pending_head(const struct worker *worker);

/* The job's slot is taken, or free again. */
void pending_add(struct worker *worker, struct job *job);
void pending_remove(struct worker *worker, struct job *job);

/* Takes a job back. False: the worker has begun it. */
bool pending_reclaim(struct worker *worker, struct job *job);

/* Takes back the first job that waits behind another there; NULL: none, or it has just been begun. */
struct job *pending_take_back(struct worker *worker);

/* The worker may be given jobs. */
void pending_idle(struct worker *worker);

#endif
