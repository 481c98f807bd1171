/* The queue of a pool: the jobs for which nobody was free, oldest first. */
#ifndef POOL_QUEUE_H
#define POOL_QUEUE_H

#include <stdbool.h>

#include "pool/job.h"

struct account;
struct pool;
struct pools;

/* Behind all that wait in its pool's queue; before them, for it is older; out of it. */
void queue_append(struct job *job);
void queue_prepend(struct job *job);
void queue_remove(struct job *job);

/* The first one whose plugin has not as many running as it may; NULL: none. */
struct job *queue_next(const struct pool *pool);

/* Whether as many of that job's plugin are running as may. */
bool queue_plugin_full(const struct job *job);

/* What a worker had and has not begun: it goes into a queue, first of all, unless it is answered. */
void queue_return(struct pools *pools, struct job *job);

/* The pool serves no longer: what waits in its queue goes into that of another, or is answered. */
void queue_move(struct pool *pool);

/* What waits for that plugin is refused. */
void queue_refuse(struct pools *pools, const struct account *account, enum refusal why);

#endif
