/* Giving out: a job to the worker that is best for it. */
#ifndef POOL_GIVE_H
#define POOL_GIVE_H

#include <stdbool.h>

struct job;
struct pool;

/* To the best of those who take it. 0; -EAGAIN: nobody does; -EMSGSIZE: it is too long for anybody. */
int job_offer(struct pool *pool, struct job *job);

/* The same with one that was queued, or taken back. True: it was posted, or refused; else it waits, first of all. */
bool job_give(struct pool *pool, struct job *job);

#endif
