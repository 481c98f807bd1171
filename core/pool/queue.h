/*
 * The queue of a pool: the jobs for which nobody was free. Each plugin has one of its own, oldest first, so that what
 * waits for one that is slow, or may run only so often at once, closes nobody else's; those that may run take turns.
 */
#ifndef POOL_QUEUE_H
#define POOL_QUEUE_H

#include <stdbool.h>

#include "pool/job.h"

struct account;
struct pool;
struct pools;

/* Behind all that wait for its plugin; before them, for it is older, and its plugin's turn is next; out of it, and
 * others' turns are. */
void queue_append(struct job *job);
void queue_prepend(struct job *job);
void queue_remove(struct job *job);

/* The first one of the plugin whose turn it is, of those that have not as many running as they may; NULL: none. */
struct job *queue_next(const struct pool *pool);

/* Whether as many of that job's plugin are running as may. */
bool queue_plugin_full(const struct job *job);

/* Whether it may wait: so many may for its plugin, and so many in all; but one for each plugin always. */
bool queue_room(const struct job *job);

/* What a worker had and has not begun: it goes into a queue, first of all, unless it is answered. */
void queue_return(struct pools *pools, struct job *job);

/* The pool serves no longer: what waits in its queue goes into that of another, or is answered. */
void queue_move(struct pool *pool);

/* What waits for that plugin is refused. */
void queue_refuse(struct pools *pools, const struct account *account, enum refusal why);

/* The job was answered: if it was the one that a quarantine has let through, that is over. */
void queue_passed(struct job *job);

#endif
